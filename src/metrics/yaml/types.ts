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

/** What `type` reads, made into something else; `convert` throws an error for what cannot be. */
export function converted<T, U>(type: YamlType<T>, convert: (value: T) => U): YamlType<U> {
  return {
    read(node, report) {
      const value = type.read(node, report)
      if (value === undefined) return undefined
      try {
        return convert(value)
      } catch (failure) {
        report(node.line, failure instanceof Error ? failure.message : String(failure))
        return undefined
      }
    },
  }
}

/** The same with the place where it stands. */
export function placed<T>(
  type: YamlType<T>,
): YamlType<{ readonly value: T; readonly line: number; readonly column: number }> {
  return {
    read(node, report) {
      const value = type.read(node, report)
      return value === undefined ? undefined : { value, line: node.line, column: node.column }
    },
  }
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
