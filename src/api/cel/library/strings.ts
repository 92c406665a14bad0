import {
  actualSize,
  CHARACTER_COST,
  type EstimatedCall,
  type EstimatedCost,
  ONE,
  product,
  type Range,
  scaled,
  sum,
  UNBOUNDED,
} from '../cost.ts'
import type { FunctionDeclaration, Implementation, Library, Overload } from '../declarations.ts'
import { type CelType, DYN, INT, listType, STRING } from '../types.ts'
import { CelError, errorOr, List, listOf, printValue, type Value } from '../values.ts'
import { estimateSearch, searchCost } from './search-cost.ts'
import { formatText } from './text-format.ts'

function member(id: string, args: readonly CelType[], result: CelType, run: Implementation): Overload {
  return { id, member: true, args: [STRING, ...args], result, run }
}

/** The text, and whole numbers as JavaScript has them; types were checked before. */
function text(value: Value | undefined): string {
  return typeof value === 'string' ? value : ''
}

function whole(value: Value | undefined): number {
  return typeof value === 'bigint' ? Number(value) : 0
}

function outOfRange(index: number): CelError {
  return new CelError(`index out of range: ${index}`)
}

function charAt(source: string, index: number): Value {
  const characters = Array.from(source)
  if (index < 0 || index > characters.length) return outOfRange(index)
  return characters[index] ?? ''
}

function indexOf(source: string, part: string, from: number): Value {
  if (from < 0) return outOfRange(from)
  const characters = Array.from(source)
  if (part === '') return BigInt(Math.min(from, characters.length))
  if (from >= characters.length) return -1n
  const skipped = characters.slice(0, from).join('').length
  return positionOf(source, source.indexOf(part, skipped))
}

/** `from` absent: from the end. */
function lastIndexOf(source: string, part: string, from?: number): Value {
  const characters = Array.from(source)
  if (part === '') return BigInt(Math.min(from ?? characters.length, characters.length))
  if (from === undefined && Buffer.byteLength(source) < Buffer.byteLength(part)) return -1n
  const start = from ?? characters.length - 1
  if (start < 0) return outOfRange(start)
  if (start >= characters.length) return -1n
  return positionOf(source, source.lastIndexOf(part, characters.slice(0, start).join('').length))
}

/** From UTF-16 units to characters. */
function positionOf(source: string, unit: number): Value {
  return unit < 0 ? -1n : BigInt(Array.from(source.slice(0, unit)).length)
}

function substring(source: string, start: number, end?: number): Value {
  const characters = Array.from(source)
  const stop = end ?? characters.length
  if (end !== undefined && start > end) {
    return new CelError(`invalid substring range. start: ${start}, end: ${end}`)
  }
  if (start < 0 || start > characters.length) return outOfRange(start)
  if (stop < 0 || stop > characters.length) return outOfRange(stop)
  return characters.slice(start, stop).join('')
}

/** Go's `strings.Replace`: a negative count replaces all; an empty `old` stands before, between and behind all characters. */
function replace(source: string, old: string, replacement: string, countMax: number): string {
  if (countMax < 0) return replaceUpTo(source, old, replacement, Infinity)
  return replaceUpTo(source, old, replacement, countMax)
}

function replaceUpTo(source: string, old: string, replacement: string, countMax: number): string {
  const parts = old === '' ? ['', ...Array.from(source), ''] : source.split(old)
  if (old === '' && source === '') return countMax > 0 ? replacement : ''
  const [first = '', ...rest] = parts
  return rest.reduce((joined, part, index) => joined + (index < countMax ? replacement : old) + part, first)
}

/** Go's `strings.SplitN`: a negative count splits all, 0 gives nothing, and the last part keeps the rest. */
function split(source: string, separator: string, countMax: number): List {
  if (countMax === 0) return listOf([])
  const parts = separator === '' ? Array.from(source) : source.split(separator)
  if (countMax < 0 || parts.length <= countMax) return listOf(parts)
  return listOf([...parts.slice(0, countMax - 1), parts.slice(countMax - 1).join(separator)])
}

function changeAscii(source: string, pattern: RegExp, change: (match: string) => string): string {
  return source.replace(pattern, change)
}

/** What Go's `unicode.IsSpace` names, which is not what JavaScript's `trim` cuts. */
const SPACE = '[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+'
const SPACE_AROUND = new RegExp(`^${SPACE}|${SPACE}$`, 'g')

function join(list: Value | undefined, separator: string): Value {
  if (!(list instanceof List)) return errorOr(list ?? null)
  const parts: string[] = []
  for (const value of list.toArray()) {
    if (value instanceof CelError) return value
    if (typeof value !== 'string') return new CelError(`join: invalid input: ${printValue(value)}`)
    parts.push(value)
  }
  return parts.join(separator)
}

const QUOTED: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
}

function quote(source: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is to be quoted
  return `"${source.toWellFormed().replace(/[\x07\b\f\n\r\t\v\\"]/g, (character) => QUOTED[character] ?? character)}"`
}

/** A text of about the receiver's size comes out: k8s.io/apiserver pkg/cel/library/cost.go. */
function estimateTransform({ target, sizeOf }: EstimatedCall): EstimatedCost | undefined {
  if (target === undefined) return undefined
  const size = sizeOf(target)
  return { cost: scaled(size, CHARACTER_COST), size }
}

function transformCost([source]: readonly Value[]): number {
  return Math.ceil(actualSize(source ?? null) * CHARACTER_COST)
}

function rebuildCost([source]: readonly Value[]): number {
  return Math.ceil(actualSize(source ?? null) * 2 * CHARACTER_COST)
}

const TRANSFORM = { cost: transformCost, estimate: estimateTransform }

function estimateReplace({ target, args, sizeOf }: EstimatedCall): EstimatedCost | undefined {
  const [old, replacement] = args
  if (target === undefined || old === undefined || replacement === undefined) return undefined
  const size = sizeOf(target)
  const replaced = sizeOf(old)
  const by = sizeOf(replacement)
  const longest = longestReplacement(size.max, replaced.min, by.max)
  const shortest = shortestReplacement(size.min, replaced.max, by.min)
  const count: Range = { min: shortest.count, max: longest.count }
  const retained: Range = { min: shortest.retained, max: longest.retained }
  return { cost: scaled(size, 2 * CHARACTER_COST), size: sum(product(count, by), retained) }
}

function longestReplacement(size: number, oldMin: number, byMax: number): { count: number; retained: number } {
  if (oldMin === 0) return { count: Math.min(size + 1, UNBOUNDED), retained: size }
  return byMax <= oldMin ? { count: 0, retained: size } : { count: Math.ceil(size / oldMin), retained: 0 }
}

function shortestReplacement(size: number, oldMax: number, byMin: number): { count: number; retained: number } {
  if (oldMax === 0) return { count: Math.min(size + 1, UNBOUNDED), retained: size }
  return oldMax <= byMin ? { count: 0, retained: size } : { count: Math.ceil(size / oldMax), retained: 0 }
}

function estimateSplit({ target, args, sizeOf }: EstimatedCall): EstimatedCost | undefined {
  if (target === undefined) return undefined
  const size = sizeOf(target)
  const limit = args[1]?.expr
  const max = limit?.kind === 'literal' && typeof limit.value === 'bigint' ? Number(limit.value) : size.max
  return { cost: scaled(size, 2 * CHARACTER_COST), size: { min: 0, max: max < 0 ? UNBOUNDED : max } }
}

function estimateJoin({ target, args, sizeOf }: EstimatedCall): EstimatedCost | undefined {
  if (target === undefined) return undefined
  const count = sizeOf(target)
  const [element] = target.type.parameters
  const path = target.path.length === 0 ? [] : [...target.path, '@items']
  const items = element === undefined ? ONE : sizeOf({ path, type: element, expr: undefined, size: undefined })
  const [separator] = args
  const gaps: Range = { min: Math.max(count.min - 1, 0), max: Math.max(count.max - 1, 0) }
  const separators = separator === undefined ? { min: 0, max: 0 } : product(sizeOf(separator), gaps)
  const size = sum(element === undefined ? { min: 0, max: 0 } : product(count, items), separators)
  return { cost: scaled(size, CHARACTER_COST), size }
}

const FUNCTIONS: readonly FunctionDeclaration[] = [
  { name: 'charAt', overloads: [member('string_char_at_int', [INT], STRING, (s, at) => charAt(text(s), whole(at)))] },
  {
    name: 'indexOf',
    cost: searchCost,
    estimate: estimateSearch,
    overloads: [
      member('string_index_of_string', [STRING], INT, (s, part) => indexOf(text(s), text(part), 0)),
      member('string_index_of_string_int', [STRING, INT], INT, (s, part, from) =>
        indexOf(text(s), text(part), whole(from)),
      ),
    ],
  },
  {
    name: 'lastIndexOf',
    cost: searchCost,
    estimate: estimateSearch,
    overloads: [
      member('string_last_index_of_string', [STRING], INT, (s, part) => lastIndexOf(text(s), text(part))),
      member('string_last_index_of_string_int', [STRING, INT], INT, (s, part, from) =>
        lastIndexOf(text(s), text(part), whole(from)),
      ),
    ],
  },
  {
    ...TRANSFORM,
    name: 'lowerAscii',
    overloads: [
      member('string_lower_ascii', [], STRING, (s) => changeAscii(text(s), /[A-Z]+/g, (part) => part.toLowerCase())),
    ],
  },
  {
    ...TRANSFORM,
    name: 'upperAscii',
    overloads: [
      member('string_upper_ascii', [], STRING, (s) => changeAscii(text(s), /[a-z]+/g, (part) => part.toUpperCase())),
    ],
  },
  {
    ...TRANSFORM,
    name: 'trim',
    overloads: [member('string_trim', [], STRING, (s) => text(s).replace(SPACE_AROUND, ''))],
  },
  {
    ...TRANSFORM,
    name: 'substring',
    overloads: [
      member('string_substring_int', [INT], STRING, (s, start) => substring(text(s), whole(start))),
      member('string_substring_int_int', [INT, INT], STRING, (s, start, end) =>
        substring(text(s), whole(start), whole(end)),
      ),
    ],
  },
  {
    name: 'replace',
    cost: rebuildCost,
    estimate: estimateReplace,
    overloads: [
      member('string_replace_string_string', [STRING, STRING], STRING, (s, old, by) =>
        replace(text(s), text(old), text(by), -1),
      ),
      member('string_replace_string_string_int', [STRING, STRING, INT], STRING, (s, old, by, count) =>
        replace(text(s), text(old), text(by), whole(count)),
      ),
    ],
  },
  {
    name: 'split',
    cost: rebuildCost,
    estimate: estimateSplit,
    overloads: [
      member('string_split_string', [STRING], listType(STRING), (s, separator) => split(text(s), text(separator), -1)),
      member('string_split_string_int', [STRING, INT], listType(STRING), (s, separator, count) =>
        split(text(s), text(separator), whole(count)),
      ),
    ],
  },
  {
    name: 'join',
    cost: (_args, result) => Math.ceil(actualSize(result) * 2 * CHARACTER_COST),
    estimate: estimateJoin,
    overloads: [
      { id: 'list_join', member: true, args: [listType(STRING)], result: STRING, run: (list) => join(list, '') },
      {
        id: 'list_join_string',
        member: true,
        args: [listType(STRING), STRING],
        result: STRING,
        run: (list, separator) => join(list, text(separator)),
      },
    ],
  },
  {
    name: 'format',
    overloads: [
      member('string_format', [listType(DYN)], STRING, (s, args) =>
        args instanceof List ? formatText(text(s), args.toArray()) : errorOr(args ?? null),
      ),
    ],
  },
  {
    name: 'strings.quote',
    overloads: [{ id: 'strings_quote', args: [STRING], result: STRING, run: (s) => quote(text(s)) }],
  },
]

/** google/cel-go ext/strings.go, version 2. */
export const STRING_LIBRARY: Library = { functions: FUNCTIONS }
