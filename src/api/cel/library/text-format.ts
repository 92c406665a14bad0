import { toDouble, toText } from '../conversion.ts'
import { compareTexts } from '../equality.ts'
import { fixedDigits } from '../numbers.ts'
import { printDuration, printTimestamp } from '../time.ts'
import { CelError, Dictionary, Duration, List, Timestamp, typeOf, Uint, type Value } from '../values.ts'

/** What one clause of a format wants: `%s`, `%.3f`, `%X`, … */
export interface Clause {
  readonly verb: 's' | 'd' | 'f' | 'e' | 'b' | 'x' | 'X' | 'o'
  readonly precision: number | undefined
}

/** Texts and clauses in turn; an error when the format is malformed. Clauses count arguments by their order. */
export function parseFormat(format: string, argCount: number): readonly (string | Clause)[] | CelError {
  const parts: (string | Clause)[] = []
  let index = 0
  let used = 0
  while (index < format.length) {
    const percent = format.indexOf('%', index)
    if (percent < 0) break
    if (percent > index) parts.push(format.slice(index, percent))
    if (format[percent + 1] === '%') {
      parts.push('%')
      index = percent + 2
      continue
    }
    if (used >= argCount) return new CelError(`index ${used} out of range`)
    if (percent + 1 >= format.length) return new CelError('unexpected end of string')
    const clause = parseClause(format.slice(percent + 1))
    if (clause instanceof CelError) return clause
    parts.push(clause.clause)
    index = percent + 1 + clause.length
    used++
  }
  parts.push(format.slice(index))
  return parts
}

function parseClause(text: string): { clause: Clause; length: number } | CelError {
  const malformed = (why: string): CelError => new CelError(`could not parse formatting clause: ${why}`)
  const precision = /^\.(\d*)/.exec(text)
  const skipped = precision?.[0].length ?? 0
  const verb = text[skipped]
  if (verb === undefined) {
    return malformed('error while parsing precision: could not find end of precision specifier')
  }
  if (precision?.[1] === '') {
    const why = 'error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax'
    return malformed(`error while parsing precision: ${why}`)
  }
  if (!isVerb(verb)) return malformed(`unrecognized formatting clause "${verb}"`)
  const digits = precision === null ? undefined : Number(precision[1])
  return { clause: { verb, precision: digits }, length: skipped + 1 }
}

function isVerb(text: string): text is Clause['verb'] {
  return text.length === 1 && 'sdfebxXo'.includes(text)
}

/** `'%s is %d'.format([…])` */
export function formatText(format: string, args: readonly Value[]): Value {
  const parts = parseFormat(format, args.length)
  if (parts instanceof CelError) return parts
  let text = ''
  let used = 0
  for (const part of parts) {
    if (typeof part === 'string') {
      text += part
      continue
    }
    const formatted = formatClause(part, args[used++] ?? null)
    if (formatted instanceof CelError) return new CelError(`error during formatting: ${formatted.message}`)
    text += formatted
  }
  return text
}

/** The words for an argument that a clause cannot print. */
export const CLAUSE_RULES: Readonly<Record<Clause['verb'], string>> = {
  s: 'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps',
  d: 'decimal clause can only be used on integers',
  f: 'fixed-point clause can only be used on doubles',
  e: 'scientific clause can only be used on doubles',
  b: 'only integers and bools can be formatted as binary',
  x: 'only integers, byte buffers, and strings can be formatted as hex',
  X: 'only integers, byte buffers, and strings can be formatted as hex',
  o: 'octal clause can only be used on integers',
}

function formatClause({ verb, precision = 6 }: Clause, value: Value): string | CelError {
  const refused = new CelError(`${CLAUSE_RULES[verb]}, was given ${typeOf(value).name}`)
  switch (verb) {
    case 's':
      return formatAny(value) ?? refused
    case 'd':
      return formatInteger(value, 10) ?? refused
    case 'o':
      return formatInteger(value, 8) ?? refused
    case 'b':
      return typeof value === 'boolean' ? String(Number(value)) : (formatInteger(value, 2) ?? refused)
    case 'f':
      return formatDouble(value, (number) => grouped(fixedDigits(number, precision))) ?? refused
    case 'e':
      return formatDouble(value, (number) => scientific(number, precision)) ?? refused
    case 'x':
      return formatHex(value) ?? refused
    case 'X':
      return formatHex(value)?.toUpperCase() ?? refused
  }
}

function formatInteger(value: Value, radix: number): string | undefined {
  if (typeof value === 'bigint') return value.toString(radix)
  return value instanceof Uint ? value.value.toString(radix) : undefined
}

function formatHex(value: Value): string | undefined {
  if (typeof value === 'string') return Buffer.from(value, 'utf8').toString('hex')
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : formatInteger(value, 16)
}

function formatDouble(value: Value, format: (number: number) => string): string | undefined {
  const isName = value === 'NaN' || value === 'Infinity' || value === '-Infinity'
  if (typeof value !== 'number' && !isName) return undefined
  const number = toDouble(value)
  if (typeof number !== 'number') return undefined
  if (Number.isFinite(number)) return format(number)
  if (Number.isNaN(number)) return 'NaN'
  return number > 0 ? '∞' : '-∞'
}

/** As an American reads numbers. */
function grouped(digits: string): string {
  const [whole = '', fraction] = digits.split('.')
  const separated = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? separated : `${separated}.${fraction}`
}

const SUPERSCRIPTS: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from('⁰¹²³⁴⁵⁶⁷⁸⁹', (superscript, digit) => [String(digit), superscript]),
)

function scientific(value: number, precision: number): string {
  const [mantissa = '', exponent = '0'] = value.toExponential(Math.min(precision, 100)).split('e')
  const digits = exponent.replace(/^[+-]/, '').padStart(2, '0')
  const raised = Array.from(digits, (digit) => SUPERSCRIPTS[digit] ?? '').join('')
  return `${mantissa}×10${exponent.startsWith('-') ? '⁻' : ''}${raised}`
}

/** `%s`; undefined for values that have no text, such as those of libraries. */
function formatAny(value: Value): string | undefined {
  if (value === null) return 'null'
  if (value instanceof List) return formatList(value)
  if (value instanceof Dictionary) return formatDictionary(value)
  const kind = typeOf(value)
  if (kind.kind === 'type') return 'name' in Object(value) ? String(Object(value).name) : undefined
  const text = toText(value)
  return typeof text === 'string' ? text : undefined
}

/** Within a list or map: texts in quotes, doubles with six digits, times as the calls that make them. */
function formatElement(value: Value): string | undefined {
  if (typeof value === 'string') return JSON.stringify(value)
  if (value instanceof Uint8Array) return `b${JSON.stringify(Buffer.from(value).toString('utf8'))}`
  if (value instanceof Timestamp) return `timestamp(${JSON.stringify(printTimestamp(value))})`
  if (value instanceof Duration) return `duration(${JSON.stringify(printDuration(value))})`
  if (typeof value !== 'number') return formatAny(value)
  if (Number.isFinite(value)) return fixedDigits(value, 6)
  return Number.isNaN(value) ? '"NaN"' : value > 0 ? '"+Inf"' : '"-Inf"'
}

function formatList(list: List): string | undefined {
  const parts = list.toArray().map(formatElement)
  return parts.includes(undefined) ? undefined : `[${parts.join(', ')}]`
}

function formatDictionary(dictionary: Dictionary): string | undefined {
  const entries = dictionary.keys().map((key) => ({
    key: formatElement(key),
    value: formatElement(dictionary.find(key) ?? null),
  }))
  if (entries.some(({ key, value }) => key === undefined || value === undefined)) return undefined
  entries.sort((a, b) => compareTexts(a.key ?? '', b.key ?? ''))
  return `{${entries.map(({ key, value }) => `${key}:${value}`).join(', ')}}`
}
