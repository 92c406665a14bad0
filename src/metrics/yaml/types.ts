import { DurationError, parseDuration } from '../model/duration.ts'
import { isNull, type ScalarNode, YamlError, type YamlNode } from './nodes.ts'

/**
 * What a piece of configuration is read as. Problems are collected, so that a reader is told of all of them at once, in the
 * words of Go's yaml packages.
 */
export interface YamlType<T> {
  /** Undefined when it could not be read: a problem was reported then. */
  read(node: YamlNode, report: Report): T | undefined
}

/** Takes note of a problem in some line. */
export type Report = (line: number, message: string) => void

export type TypeOf<Type> = Type extends YamlType<infer T> ? T : never

/** Reads `node` as `type`. Throws a `YamlError` with all problems. */
export function readAs<T>(node: YamlNode, type: YamlType<T>): T {
  const problems: string[] = []
  const value = type.read(node, (line, message) =>
    problems.push(line === 0 ? `  ${message}` : `  line ${line}: ${message}`),
  )
  if (problems.length > 0 || value === undefined) throw new YamlError(`yaml: unmarshal errors:\n${problems.join('\n')}`)
  return value
}

/** Any scalar, as it is written. */
export const text: YamlType<string> = {
  read(node, report) {
    if (node.kind === 'scalar') return isNull(node) ? '' : node.text
    return mismatch(node, 'string', report)
  },
}

export const bool: YamlType<boolean> = {
  read(node, report) {
    if (node.kind === 'scalar' && /^(?:true|yes|on|y)$/i.test(node.text)) return true
    if (node.kind === 'scalar' && /^(?:false|no|off|n)$/i.test(node.text)) return false
    return mismatch(node, 'bool', report)
  },
}

export const int: YamlType<number> = {
  read(node, report) {
    if (node.kind === 'scalar' && node.isPlain && /^[+-]?(?:0x[0-9a-f]+|0o[0-7]+|[0-9][0-9_]*)$/i.test(node.text)) {
      return Number(node.text.replaceAll('_', ''))
    }
    return mismatch(node, 'int', report)
  },
}

export const float: YamlType<number> = {
  read(node, report) {
    if (node.kind === 'scalar' && node.isPlain && node.text !== '' && !Number.isNaN(Number(node.text)))
      return Number(node.text)
    return mismatch(node, 'float64', report)
  },
}

/** Milliseconds, in Prometheus' notation. */
export const duration: YamlType<number> = {
  read(node, report) {
    if (node.kind !== 'scalar') return mismatch(node, 'string', report)
    try {
      return parseDuration(node.text)
    } catch (failure) {
      if (!(failure instanceof DurationError)) throw failure
      // Upstream's decoder stops at it, and names no line; ours does.
      report(node.line, failure.message)
      return undefined
    }
  },
}

export function list<T>(item: YamlType<T>): YamlType<readonly T[]> {
  return {
    read(node, report) {
      if (isNull(node)) return []
      if (node.kind !== 'list') return mismatch(node, '[]', report)
      return node.items.flatMap((each) => {
        const value = item.read(each, report)
        return value === undefined ? [] : [value]
      })
    },
  }
}

/** Texts by name. */
export function mapOf<T>(value: YamlType<T>): YamlType<Readonly<Record<string, T>>> {
  return {
    read(node, report) {
      if (isNull(node)) return {}
      if (node.kind !== 'map') return mismatch(node, 'map[string]string', report)
      reportDoubles(node.entries, report)
      const entries = node.entries.flatMap((entry) => {
        const read = value.read(entry.value, report)
        return read === undefined ? [] : [[entry.key.text, read] as const]
      })
      return Object.fromEntries(entries)
    },
  }
}

type Fields = Readonly<Record<string, YamlType<unknown>>>
type ObjectOf<F extends Fields> = { readonly [Name in keyof F]?: TypeOf<F[Name]> }

/** A mapping of these fields and no others. `type` is Go's name for it, for messages. */
export function object<F extends Fields>(
  type: string,
  fields: F,
  options: { ignoreUnknown?: boolean } = {},
): YamlType<ObjectOf<F>> {
  return {
    read(node, report) {
      if (isNull(node)) return {}
      if (node.kind !== 'map') return mismatch(node, type, report)
      reportDoubles(node.entries, report)
      const read: Record<string, unknown> = {}
      for (const { key, value } of node.entries) {
        const field = Object.hasOwn(fields, key.text) ? fields[key.text] : undefined
        if (field === undefined) {
          if (options.ignoreUnknown !== true) report(key.line, `field ${key.text} not found in type ${type}`)
        } else if (!isNull(value)) read[key.text] = field.read(value, report)
      }
      return read as ObjectOf<F>
    },
  }
}

/**
 * What `type` reads, made into something else. What `convert` throws ends the reading, with its words alone: that is how
 * Go's types check themselves.
 */
export function converted<T, U>(type: YamlType<T>, convert: (value: T) => U): YamlType<U> {
  return {
    read(node, report) {
      let isSound = true
      const value = type.read(node, (line, message) => {
        isSound = false
        report(line, message)
      })
      if (value === undefined || !isSound) return undefined
      try {
        return convert(value)
      } catch (failure) {
        if (failure instanceof YamlError && failure.line !== undefined) throw failure
        const message = failure instanceof Error ? failure.message : String(failure)
        throw new YamlError(message, { line: node.line, cause: failure })
      }
    },
  }
}

/** What `type` reads, if nothing is wrong with it; `problemOf` tells what is. */
export function checked<T>(type: YamlType<T>, problemOf: (value: T) => string | undefined): YamlType<T> {
  return converted(type, (value) => {
    const problem = problemOf(value)
    if (problem !== undefined) throw new Error(problem)
    return value
  })
}

/** As `list`; an item of which nothing is written is `undefined`. */
export function sparseList<T>(item: YamlType<T>): YamlType<readonly (T | undefined)[]> {
  return {
    read(node, report) {
      if (isNull(node)) return []
      if (node.kind !== 'list') return mismatch(node, '[]', report)
      return node.items.map((each) => (isNull(each) ? undefined : item.read(each, report)))
    },
  }
}

/** Whatever is written, as plain values; scalars stay texts where they are no numbers or booleans. */
export const anything: YamlType<unknown> = {
  read: plainOf,
}

function plainOf(node: YamlNode): unknown {
  if (isNull(node)) return null
  if (node.kind === 'list') return node.items.map(plainOf)
  if (node.kind === 'map') return Object.fromEntries(node.entries.map(({ key, value }) => [key.text, plainOf(value)]))
  if (!node.isPlain) return node.text
  if (/^(?:true|false)$/i.test(node.text)) return node.text.toLowerCase() === 'true'
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(node.text) ? Number(node.text) : node.text
}

function reportDoubles(entries: readonly { readonly key: ScalarNode }[], report: Report): void {
  const lines = new Map<string, number>()
  for (const { key } of entries) {
    const first = lines.get(key.text)
    if (first === undefined) lines.set(key.text, key.line)
    else report(key.line, `mapping key ${JSON.stringify(key.text)} already defined at line ${first}`)
  }
}

export function mismatch(node: YamlNode, wanted: string, report: Report): undefined {
  const tag = { map: '!!map', list: '!!seq', scalar: '!!str' }[node.kind]
  const shown =
    node.kind === 'scalar' ? ` \`${node.text.length > 10 ? `${node.text.slice(0, 7)}...` : node.text}\`` : ''
  report(node.line, `cannot unmarshal ${tag}${shown} into ${wanted}`)
  return undefined
}
