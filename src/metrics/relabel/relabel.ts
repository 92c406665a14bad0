import { hash } from 'node:crypto'
import { unreachable } from '../../base/assert.ts'
import { LabelBuilder } from '../model/label-builder.ts'
import type { Labels } from '../model/labels.ts'
import { isValidLabelName, type NameValidationScheme } from '../model/names.ts'
import { expandTemplate } from './anchored-pattern.ts'
import { DEFAULT_RELABEL_CONFIG, type RelabelConfig } from './relabel-config.ts'

/** The labels after all rules, in order; undefined when one of them drops the target or series. */
export function relabel(
  labels: Labels,
  configs: readonly RelabelConfig[],
  scheme: NameValidationScheme = 'utf8',
): Labels | undefined {
  if (configs.length === 0) return labels
  const builder = new LabelBuilder(labels)
  return relabelBuilder(builder, configs, scheme) ? builder.build() : undefined
}

/** Applies the rules to labels under change; false when one of them drops the target or series. */
export function relabelBuilder(
  builder: LabelBuilder,
  configs: readonly RelabelConfig[],
  scheme: NameValidationScheme = 'utf8',
): boolean {
  return configs.every((config) => apply(config, builder, scheme))
}

function apply(config: RelabelConfig, labels: LabelBuilder, scheme: NameValidationScheme): boolean {
  const { action, regex, target_label: target = '' } = config
  const value = (config.source_labels ?? []).map((name) => labels.get(name)).join(config.separator)
  switch (action) {
    case 'drop':
      return !regex.test(value)
    case 'keep':
      return regex.test(value)
    case 'dropequal':
      return labels.get(target) !== value
    case 'keepequal':
      return labels.get(target) === value
    case 'replace':
      replace(config, { value, labels, scheme })
      return true
    case 'lowercase':
      labels.set(target, value.toLowerCase())
      return true
    case 'uppercase':
      labels.set(target, value.toUpperCase())
      return true
    case 'hashmod':
      labels.set(target, String(hashOf(value) % (config.modulus ?? 1n)))
      return true
    case 'labelmap':
      for (const [name, present] of labels.entries()) {
        const captures = regex.match(name)
        if (captures !== undefined) labels.set(expandTemplate(config.replacement, captures), present)
      }
      return true
    case 'labeldrop':
    case 'labelkeep':
      for (const [name] of labels.entries()) {
        if (regex.test(name) === (action === 'labeldrop')) labels.delete(name)
      }
      return true
    default:
      return unreachable(action)
  }
}

function replace(
  { regex, target_label: target = '', replacement }: RelabelConfig,
  { value, labels, scheme }: { value: string; labels: LabelBuilder; scheme: NameValidationScheme },
): void {
  // A rule without a pattern sets a label outright: the name was validated with the configuration.
  const isPlain = value === '' && regex === DEFAULT_RELABEL_CONFIG.regex
  if (isPlain && !target.includes('$') && !replacement.includes('$')) {
    labels.set(target, replacement)
    return
  }
  const captures = regex.match(value)
  if (captures === undefined) return
  const name = expandTemplate(target, captures)
  if (isValidLabelName(name, scheme)) labels.set(name, expandTemplate(replacement, captures))
}

/** The last eight bytes of the MD5 of a text: what `hashmod` has always taken. */
function hashOf(text: string): bigint {
  return BigInt(`0x${hash('md5', text, 'hex').slice(16)}`)
}
