import type { MapNode } from '../yaml/nodes.ts'
import { mismatch } from '../yaml/types.ts'
import { isValidLabelName, type NameValidationScheme } from '../model/names.ts'
import { anchoredPattern } from '../relabel/anchored-pattern.ts'
import {
  DEFAULT_RELABEL_CONFIG,
  RELABEL_ACTIONS,
  type RelabelAction,
  type RelabelConfig,
  relabelProblem,
} from '../relabel/relabel-config.ts'
import { always, ConfigError, type ConfigType, list, mapOf, parsed, quoted, struct, text } from './schema.ts'
import { parseSize, printSize } from './sizes.ts'

export function size(): ConfigType<number> {
  return parsed(0, { parse: parseSize, print: printSize })
}

/** An address; a password in it is not told. */
export const url: ConfigType<string> = {
  ...text(),
  print: (value) => value.replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#:@]*):[^/?#@]*@/i, '$1:xxxxx@'),
}

/** The scheme and host of an address, `''` for what it lacks. */
export function urlParts(value: string): { scheme: string; host: string } {
  const [, scheme = '', host = ''] = /^(?:([a-z][a-z0-9+.-]*):)?(?:\/\/([^/?#]*))?/i.exec(value) ?? []
  return { scheme, host }
}

export const labelSet: ConfigType<Readonly<Record<string, string>>> = mapOf(text())

export function checkLabels(labels: Readonly<Record<string, string>>, scheme: NameValidationScheme): void {
  for (const [name, value] of Object.entries(labels)) {
    if (!isValidLabelName(name, scheme)) throw new ConfigError(`${quoted(name)} is not a valid label name`)
    if (!value.isWellFormed()) throw new ConfigError(`${quoted(value)} is not a valid label value`)
  }
}

const modulus: ConfigType<bigint> = {
  absent: 0n,
  zero: 0n,
  isZero: (value) => value === 0n,
  print: Number,
  read(node, report) {
    if (node.kind !== 'scalar' || !/^\d+$/.test(node.text)) return mismatch(node, 'uint64', report)
    return BigInt(node.text)
  },
}

const pattern = {
  ...parsed(DEFAULT_RELABEL_CONFIG.regex, {
    parse(source) {
      try {
        return anchoredPattern(source)
      } catch (failure) {
        throw new ConfigError(failure instanceof Error ? failure.message : String(failure), { cause: failure })
      }
    },
    print: (value) => value.source,
  }),
  // A pattern that is there without text matches only texts without text.
  zero: anchoredPattern(''),
}

const action: ConfigType<RelabelAction | ''> = {
  absent: DEFAULT_RELABEL_CONFIG.action,
  zero: '',
  isZero: (value) => value === '',
  print: (value) => value,
  read(node, report) {
    if (node.kind !== 'scalar') return mismatch(node, 'string', report)
    const known = RELABEL_ACTIONS.find((each) => each === node.text.toLowerCase())
    if (known === undefined) throw new ConfigError(`unknown relabel action ${quoted(node.text)}`)
    return known
  },
}

const sourceLabels: ConfigType<readonly string[]> = {
  ...list(text(), { flow: true }),
  read(node, report) {
    const names = list(text()).read(node, report)
    const invalid = names?.find((name) => !isValidLabelName(name, 'utf8'))
    if (invalid !== undefined) throw new ConfigError(`${quoted(invalid)} is not a valid label name`)
    return names
  },
}

const RELABEL_FIELDS = struct('relabel.plain', {
  source_labels: sourceLabels,
  separator: always(text(DEFAULT_RELABEL_CONFIG.separator)),
  regex: pattern,
  modulus,
  target_label: text(),
  replacement: always(text(DEFAULT_RELABEL_CONFIG.replacement)),
  action,
})

/** A rule of relabeling. */
export const RELABEL_CONFIG: ConfigType<RelabelConfig> = {
  absent: DEFAULT_RELABEL_CONFIG,
  zero: DEFAULT_RELABEL_CONFIG,
  isZero: () => false,
  print: (config) => RELABEL_FIELDS.print({ source_labels: [], modulus: 0n, target_label: '', ...config }),
  read(node, report) {
    const read = RELABEL_FIELDS.read(node, report)
    if (read === undefined) return undefined
    if (read.action === '') throw new ConfigError('relabel action cannot be empty')
    const { source_labels, ...rest } = read
    const hasSource = source_labels.length > 0 || hasKey(node as MapNode, 'source_labels')
    return { ...rest, action: read.action, ...(hasSource && { source_labels }) }
  },
}

/**
 * The same, refused where it stands when it is wrong under any rules for names. What only stricter rules refuse is told later,
 * when it is known which rules hold.
 */
export const RELABEL_RULE: ConfigType<RelabelConfig> = {
  ...RELABEL_CONFIG,
  read(node, report) {
    const config = RELABEL_CONFIG.read(node, report)
    if (config !== undefined) checkRelabeling([config], 'utf8')
    return config
  },
}

function hasKey(node: MapNode, name: string): boolean {
  return node.entries.some(({ key }) => key.text === name)
}

export function checkRelabeling(configs: readonly RelabelConfig[], scheme: NameValidationScheme): void {
  for (const config of configs) {
    const problem = relabelProblem(config, scheme)
    if (problem !== undefined) throw new ConfigError(problem)
  }
}
