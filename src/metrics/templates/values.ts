import { assert } from '../../base/assert.ts'

/**
 * The values that templates work on, as Go types them, because the type decides what is printed, what is equal and which
 * argument is refused:
 *
 *     undefined  nil            bigint    int                Struct      a struct, by fields and methods
 *     boolean    bool           Unsigned  uint               List        a slice
 *     string     string         number    float64            Dictionary  a map with text keys
 */
export type Value = undefined | boolean | string | bigint | number | Unsigned | Struct | List | Dictionary

export interface Unsigned {
  readonly kind: 'uint'
  readonly value: bigint
}

/** What structs, lists and maps may have besides their contents. */
interface Described {
  /** Go's name of the type, for messages: `template.queryResult`. */
  readonly type: string
  readonly methods?: Readonly<Record<string, GoFunction>>
  /** How it prints itself, if it has a way of its own. */
  readonly print?: () => string
  /** How it writes itself as JSON, if it has a way of its own. */
  readonly json?: () => string
}

export interface Struct extends Described {
  readonly kind: 'struct'
  readonly fields: Readonly<Record<string, Value>>
  /** Names in JSON, where they are not those of the fields. */
  readonly jsonNames?: Readonly<Record<string, string>>
}

export interface List extends Described {
  readonly kind: 'list'
  readonly items: readonly Value[]
}

export interface Dictionary extends Described {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, Value>
  /** What a key that is not there gives: the zero value of the element's type. */
  readonly zero: Value
  /** A map that was never made: empty, but `null` as JSON. */
  readonly isNil?: boolean
}

/** A function of Go's: what it takes decides how literals are read and which values are refused. */
export interface GoFunction {
  /** Types of the parameters; a literal is read as the type says. `any` takes everything. */
  readonly parameters: readonly string[]
  /** The type of further arguments, any number of them. */
  readonly variadic?: string
  /** What it throws as a `GoError` is the error that it returns. */
  call(args: readonly Value[]): Value
}

/** An error as a function of Go's returns it; the template ends with it. */
export class GoError extends Error {
  override readonly name = 'GoError'
}

/** Content that says of itself what it is: escaping leaves it as it stands where such content belongs. */
export interface SafeContent extends Struct {
  readonly type: SafeContentType
  readonly fields: { readonly text: string }
}
export type SafeContentType = 'template.HTML' | 'template.URL'

export function safeContent(type: SafeContentType, text: string): SafeContent {
  return { kind: 'struct', type, fields: { text }, print: () => text, json: () => JSON.stringify(text) }
}

export function isSafeContent(value: Value): value is SafeContent {
  return (
    typeof value === 'object' &&
    value.kind === 'struct' &&
    (value.type === 'template.HTML' || value.type === 'template.URL')
  )
}

export function unsigned(value: bigint): Unsigned {
  return { kind: 'uint', value }
}

/** A `map[string]string`. */
export function textMap(entries: Readonly<Record<string, string>>): Dictionary {
  return { kind: 'map', type: 'map[string]string', entries: new Map(Object.entries(entries)), zero: '' }
}

/** A `map[string]interface {}`. */
export function anyMap(entries: Iterable<readonly [string, Value]>): Dictionary {
  return { kind: 'map', type: 'map[string]interface {}', entries: new Map(entries), zero: undefined }
}

/** A `[]string`. */
export function textList(items: readonly string[]): List {
  return { kind: 'list', type: '[]string', items }
}

/** An argument that its parameter's type has checked to be text. */
export function textOf(value: Value): string {
  assert(typeof value === 'string', 'a parameter of type string is given text')
  return value
}

/** Go's name of a value's type, as messages have it. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case 'undefined':
      return '<nil>'
    case 'boolean':
      return 'bool'
    case 'string':
      return 'string'
    case 'bigint':
      return 'int'
    case 'number':
      return 'float64'
    default:
      return value.kind === 'uint' ? 'uint' : value.type
  }
}

/** Whether `if` takes its first branch: not the zero value of its type. A struct is always true. */
export function isTrue(value: Value): boolean {
  if (typeof value !== 'object') {
    if (typeof value === 'number') return value !== 0
    return Boolean(value)
  }
  if (value.kind === 'uint') return value.value !== 0n
  if (value.kind === 'list') return value.items.length > 0
  if (value.kind === 'map') return value.entries.size > 0
  return isSafeContent(value) ? value.fields.text !== '' : true
}
