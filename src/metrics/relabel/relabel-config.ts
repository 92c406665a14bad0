import { isValidLabelName, type NameValidationScheme } from '../model/names.ts'
import { anchoredPattern, type AnchoredPattern } from './anchored-pattern.ts'

export const RELABEL_ACTIONS = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
] as const

export type RelabelAction = (typeof RELABEL_ACTIONS)[number]

/** One rule, in the words of the configuration. */
export interface RelabelConfig {
  readonly source_labels?: readonly string[]
  readonly separator: string
  readonly regex: AnchoredPattern
  readonly modulus?: bigint
  readonly target_label?: string
  readonly replacement: string
  readonly action: RelabelAction
}

/** What a rule is that says nothing (prometheus: model/relabel/relabel.go DefaultRelabelConfig). */
export const DEFAULT_RELABEL_CONFIG: RelabelConfig = {
  separator: ';',
  regex: anchoredPattern('(.*)'),
  replacement: '$1',
  action: 'replace',
}

/** A rule with the defaults for what is left out. */
export function relabelConfig(config: Partial<RelabelConfig>): RelabelConfig {
  return { ...DEFAULT_RELABEL_CONFIG, ...config }
}

/** Letters as the old names have them, with `$1` and `${name}` in any place. */
const LEGACY_TEMPLATE = /^(?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+$/

/** Is the text a label name under the old rules, once its placeholders are filled in? */
export function isLegacyTemplate(template: string): boolean {
  return LEGACY_TEMPLATE.test(template)
}

/** What is wrong with a rule, in Prometheus' words. */
export function relabelProblem(config: RelabelConfig, scheme: NameValidationScheme): string | undefined {
  const { action, modulus = 0n, target_label: target = '', replacement } = config
  if (action === 'hashmod' && modulus === 0n) return 'relabel configuration for hashmod requires non-zero modulus'
  if (WITH_TARGET.has(action)) {
    if (target === '') return `relabel configuration for ${action} action requires 'target_label' value`
    const isTemplate = action === 'replace' && target.includes('$')
    const isValid = isTemplate ? isValidTemplate(target, scheme) : isValidLabelName(target, scheme)
    if (!isValid) return `${JSON.stringify(target)} is invalid 'target_label' for ${action} action`
  }
  if (WITHOUT_REPLACEMENT.has(action) && replacement !== DEFAULT_RELABEL_CONFIG.replacement) {
    return `'replacement' can not be set for ${action} action`
  }
  if (action === 'labelmap' && !isValidTemplate(replacement, scheme)) {
    return `${JSON.stringify(replacement)} is invalid 'replacement' for ${action} action`
  }
  return surplusProblem(config)
}

/** Some actions take nothing but what they work on. */
function surplusProblem({ action, source_labels, target_label, ...config }: RelabelConfig): string | undefined {
  const fallback = DEFAULT_RELABEL_CONFIG
  const isPlain =
    (config.modulus ?? 0n) === 0n &&
    config.separator === fallback.separator &&
    config.replacement === fallback.replacement
  if ((action === 'dropequal' || action === 'keepequal') && !(isPlain && config.regex === fallback.regex)) {
    return `${action} action requires only 'source_labels' and \`target_label\`, and no other fields`
  }
  const isBare = source_labels === undefined && (target_label ?? '') === ''
  if ((action === 'labeldrop' || action === 'labelkeep') && !(isPlain && isBare)) {
    return `${action} action requires only 'regex', and no other fields`
  }
  return undefined
}

function isValidTemplate(template: string, scheme: NameValidationScheme): boolean {
  return scheme === 'utf8' ? isValidLabelName(template, scheme) : isLegacyTemplate(template)
}

const WITH_TARGET: ReadonlySet<RelabelAction> = new Set([
  'replace',
  'hashmod',
  'lowercase',
  'uppercase',
  'keepequal',
  'dropequal',
])
const WITHOUT_REPLACEMENT: ReadonlySet<RelabelAction> = new Set(['lowercase', 'uppercase', 'keepequal', 'dropequal'])
