import { YAMLSeq } from 'yaml'
import { goQuote } from '../../base/go-quote.ts'
import { DurationError, parseDuration, printDuration } from '../model/duration.ts'
import { isNull, type ScalarNode, type YamlNode } from '../yaml/nodes.ts'
import { bool as yamlBool, float as yamlFloat, int as yamlInt, mismatch, type Report } from '../yaml/types.ts'

/** What a configuration must not say, in Prometheus' words. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  /** Where it is said; undefined for what contradicts another part of the configuration. */
  readonly line: number | undefined

  constructor(message: string, options: ErrorOptions & { line?: number } = {}) {
    super(message, options)
    this.line = options.line
  }
}

/** Reads something that begins at `line`: what is wrong in it is wrong there, unless it is known more exactly. */
function located<T>(line: number, read: () => T): T {
  try {
    return read()
  } catch (failure) {
    if (!(failure instanceof ConfigError) || failure.line !== undefined) throw failure
    throw new ConfigError(failure.message, { cause: failure, line })
  }
}

/**
 * A piece of the configuration, as data: how it is read, what stands for it when it is left out, and how it is printed back.
 * A value keeps the names that it has in the file; durations are milliseconds and sizes bytes.
 */
export interface ConfigType<T> {
  /** Undefined when it could not be read: a problem was reported then. Throws a `ConfigError` for what is read but wrong. */
  read(node: YamlNode, report: Report): T | undefined
  /** What a field is that is not written. */
  readonly absent: T
  /** What a field is that is written without a value. */
  readonly zero: T
  /** Such values are not printed. */
  isZero(value: T): boolean
  /** A plain value, for the YAML printer. Secrets are not told. */
  print(value: T): unknown
  /** The same with relative paths joined to a directory. */
  inDirectory?(value: T, directory: string): T
}

export type ConfigOf<Type> = Type extends ConfigType<infer T> ? T : never

/** Any scalar, as it is written. */
export function text(absent = ''): ConfigType<string> {
  return {
    absent,
    zero: '',
    read: (node, report) => (node.kind === 'scalar' ? scalarText(node) : mismatch(node, 'string', report)),
    isZero: (value) => value === '',
    print: (value) => value,
  }
}

/** A text that is never printed. */
export const secret: ConfigType<string> = { ...text(), print: () => '<secret>' }

/** A path; a relative one begins where the configuration file is. */
export const path: ConfigType<string> = { ...text(), inDirectory: (value, directory) => joined(directory, value) }

export function joined(directory: string, name: string): string {
  return name === '' || name.startsWith('/') || directory === '' ? name : normalized(`${directory}/${name}`)
}

function normalized(name: string): string {
  const parts: string[] = []
  for (const part of name.split('/')) {
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..' && parts.at(-1) !== '') parts.pop()
    else if (part !== '.' && (part !== '' || parts.length === 0)) parts.push(part)
  }
  return parts.join('/')
}

export function bool(absent = false): ConfigType<boolean> {
  return {
    absent,
    zero: false,
    read: (node, report) => yamlBool.read(node, report),
    isZero: (value) => !value,
    print: (value) => value,
  }
}

export function int(absent = 0): ConfigType<number> {
  return numeric(absent, (node, report) => yamlInt.read(node, report))
}

/** A whole number that is not negative. */
export function count(absent = 0): ConfigType<number> {
  return numeric(absent, (node, report) => {
    if (node.kind === 'scalar' && node.text.startsWith('-')) return mismatch(node, 'uint', report)
    return yamlInt.read(node, report)
  })
}

export function float(absent = 0): ConfigType<number> {
  return numeric(absent, (node, report) => yamlFloat.read(node, report))
}

function numeric(absent: number, read: ConfigType<number>['read']): ConfigType<number> {
  return { absent, zero: 0, read, isZero: (value) => value === 0, print: (value) => value }
}

/** Milliseconds, written `1h30m`. */
export function duration(absentMs = 0): ConfigType<number> {
  return {
    absent: absentMs,
    zero: 0,
    isZero: (value) => value === 0,
    print: printDuration,
    read(node, report) {
      if (node.kind !== 'scalar') return mismatch(node, 'string', report)
      try {
        return parseDuration(node.text)
      } catch (failure) {
        if (failure instanceof DurationError) throw new ConfigError(failure.message, { cause: failure })
        throw failure
      }
    },
  }
}

/** One of a few words. `problem` says what is wrong with another one. */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  options: { absent?: Word | ''; problem: (given: string) => string },
): ConfigType<Word | ''> {
  return {
    absent: options.absent ?? '',
    zero: '',
    isZero: (value) => value === '',
    print: (value) => value,
    read(node, report) {
      if (node.kind !== 'scalar') return mismatch(node, 'string', report)
      const word = words.find((each) => each === node.text)
      if (word === undefined) throw new ConfigError(options.problem(node.text))
      return word
    },
  }
}

/** A text that is made into something else. `parse` throws a `ConfigError`. */
export function parsed<T>(
  zero: T,
  options: { parse: (text: string) => T; print: (value: T) => unknown; absent?: T },
): ConfigType<T> {
  return {
    absent: options.absent ?? zero,
    zero,
    isZero: (value) => value === zero,
    print: options.print,
    read: (node, report) =>
      node.kind === 'scalar' ? options.parse(scalarText(node)) : mismatch(node, 'string', report),
  }
}

/** `nullProblem`: what is wrong with an item without content, where there must not be one. */
export function list<T>(
  item: ConfigType<T>,
  options: { nullProblem?: string; flow?: boolean } = {},
): ConfigType<readonly T[]> {
  return {
    absent: [],
    zero: [],
    isZero: (values) => values.length === 0,
    print(values) {
      const printed = values.map((value) => item.print(value))
      return options.flow === true ? flowing(printed) : printed
    },
    inDirectory: (values, directory) => values.map((value) => item.inDirectory?.(value, directory) ?? value),
    read(node, report) {
      if (node.kind !== 'list') return mismatch(node, '[]', report)
      const values: T[] = []
      for (const each of node.items) {
        if (isNull(each) && options.nullProblem !== undefined) {
          throw new ConfigError(options.nullProblem, { line: each.line })
        }
        const value = isNull(each) ? item.zero : located(each.line, () => item.read(each, report))
        if (value !== undefined) values.push(value)
      }
      return values
    },
  }
}

/** Written on one line: `[a, b]`. */
function flowing(values: readonly unknown[]): YAMLSeq {
  const sequence = new YAMLSeq()
  sequence.flow = true
  sequence.items = [...values]
  return sequence
}

/** Values by name, printed in the order of the names. */
export function mapOf<T>(item: ConfigType<T>): ConfigType<Readonly<Record<string, T>>> {
  return {
    absent: {},
    zero: {},
    isZero: (values) => Object.keys(values).length === 0,
    print: (values) =>
      Object.fromEntries(
        Object.entries(values)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, value]) => [name, item.print(value)]),
      ),
    read(node, report) {
      if (node.kind !== 'map') return mismatch(node, 'map[string]string', report)
      const values: Record<string, T> = {}
      for (const { key, value } of node.entries) {
        const name = scalarText(key)
        if (Object.hasOwn(values, name)) report(key.line, `key ${goQuote(name)} already set in map`)
        const read = isNull(value) ? item.zero : item.read(value, report)
        if (read !== undefined) values[name] = read
      }
      return values
    },
  }
}

/** Printed even if it has no value. */
export function always<T>(type: ConfigType<T>): ConfigType<T> {
  return { ...type, isZero: () => false }
}

/** May be left out altogether. */
export function optional<T>(type: ConfigType<T>): ConfigType<T | undefined> {
  return {
    absent: undefined,
    zero: undefined,
    isZero: (value) => value === undefined,
    print: (value) => (value === undefined ? undefined : type.print(value)),
    inDirectory: (value, directory) =>
      value === undefined ? undefined : (type.inDirectory?.(value, directory) ?? value),
    read: (node, report) => type.read(node, report),
  }
}

type Fields = Readonly<Record<string, ConfigType<unknown>>>
type StructOf<F extends Fields> = { readonly [Name in keyof F]: ConfigOf<F[Name]> }

/**
 * A mapping of these fields and no others. `goName` is what upstream's messages call it. `check` completes the value, or
 * throws a `ConfigError`; it does not see values with fields that could not be read.
 */
export function struct<F extends Fields>(
  goName: string,
  fields: F,
  check: (value: StructOf<F>) => StructOf<F> = (value) => value,
): ConfigType<StructOf<F>> {
  const entries = Object.entries<ConfigType<unknown>>(fields)
  const all = (pick: (type: ConfigType<unknown>, name: string) => unknown): StructOf<F> =>
    Object.fromEntries(entries.map(([name, type]) => [name, pick(type, name)])) as StructOf<F>
  return {
    absent: all((type) => type.absent),
    zero: all((type) => type.zero),
    isZero: (value) => entries.every(([name, type]) => type.isZero(value[name])),
    print: (value) =>
      Object.fromEntries(
        entries.flatMap(([name, type]) => (type.isZero(value[name]) ? [] : [[name, type.print(value[name])]])),
      ),
    inDirectory: (value, directory) =>
      all((type, name) => (type.inDirectory === undefined ? value[name] : type.inDirectory(value[name], directory))),
    read(node, report) {
      if (node.kind !== 'map') return mismatch(node, goName, report)
      let problems = 0
      const counting: Report = (line, message) => {
        problems++
        report(line, message)
      }
      const given: Record<string, unknown> = {}
      for (const { key, value } of node.entries) {
        const type = Object.hasOwn(fields, key.text) ? fields[key.text] : undefined
        if (type === undefined) counting(key.line, `field ${key.text} not found in type ${goName}`)
        else if (Object.hasOwn(given, key.text)) counting(key.line, `field ${key.text} already set in type ${goName}`)
        else given[key.text] = isNull(value) ? type.zero : located(key.line, () => type.read(value, counting))
      }
      if (problems > 0) return undefined
      return check(all((type, name) => (Object.hasOwn(given, name) ? given[name] : type.absent)))
    },
  }
}

/** What a scalar says. Bytes that are no text become halves of surrogate pairs, which no name or value may hold. */
function scalarText(node: ScalarNode): string {
  if (node.tag === undefined || !node.tag.endsWith('binary')) return isNull(node) ? '' : node.text
  const encoded = node.text.replaceAll(/\s/g, '')
  if (!/^(?:[\w+/]{4})*(?:[\w+/]{2}==|[\w+/]{3}=)?$/.test(encoded)) {
    throw new ConfigError('yaml: !!binary value contains invalid base64 data')
  }
  const bytes = Buffer.from(encoded, 'base64')
  const decoded = bytes.toString('utf8')
  if (Buffer.from(decoded).equals(bytes)) return decoded
  return [...bytes].map((byte) => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)).join('')
}

/** As Go's `%q` would show the bytes that a text was read from. */
export function quoted(value: string): string {
  return value.isWellFormed()
    ? goQuote(value)
    : `"${value.replace(/[\udc80-\udcff]/g, (half) => `\\x${(half.charCodeAt(0) - 0xdc00).toString(16)}`)}"`
}
