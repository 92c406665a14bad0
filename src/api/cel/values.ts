import {
  BOOL,
  BYTES,
  type CelType,
  CelType as TypeClass,
  DOUBLE,
  DURATION,
  ERROR,
  INT,
  LIST,
  MAP,
  NULL,
  OPTIONAL,
  STRING,
  TIMESTAMP,
  TYPE,
  UINT,
} from './types.ts'

/**
 * A value of CEL. The JavaScript type tells which: int is bigint, double is number, and the rest are themselves or classes.
 * Failures are values too, because `false && failure` is false.
 */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | Uint
  | Duration
  | Timestamp
  | CelType
  | List
  | Dictionary
  | Optional
  | Opaque
  | CelError

/** What went wrong while evaluating; the words are those of cel-go, for they end up in API responses. */
export class CelError {
  readonly message: string

  constructor(message: string) {
    this.message = message
  }
}

export const NO_SUCH_OVERLOAD = new CelError('no such overload')

/** An unsigned integer of 64 bits. */
export class Uint {
  readonly value: bigint

  constructor(value: bigint) {
    this.value = value
  }
}

/** A span of time in nanoseconds, within 64 bits. */
export class Duration {
  readonly nanoseconds: bigint

  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds
  }
}

/** An instant in nanoseconds since the Unix epoch, and the offset in which it was written and will be printed. */
export class Timestamp {
  readonly nanoseconds: bigint
  readonly offsetSeconds: number

  constructor(nanoseconds: bigint, offsetSeconds = 0) {
    this.nanoseconds = nanoseconds
    this.offsetSeconds = offsetSeconds
  }
}

export class Optional {
  readonly value: Value | undefined

  constructor(value: Value | undefined) {
    this.value = value
  }
}

export const NONE = new Optional(undefined)

/** A value of a library's own type, such as a URL or a quantity. */
export interface OpaqueBehaviour<T> {
  readonly type: CelType
  /** Absent: two values of this type are equal when they are the same. */
  equal?(left: T, right: T): boolean
  /** Absent: it has no size, and counts as 1 in costs. */
  size?(value: T): number
}

export class Opaque {
  readonly behaviour: OpaqueBehaviour<unknown>
  readonly content: unknown

  constructor(behaviour: OpaqueBehaviour<unknown>, content: unknown) {
    this.behaviour = behaviour
    this.content = content
  }
}

/** Makes the constructor and the reader of one opaque type. */
export function opaque<T>(behaviour: OpaqueBehaviour<T>): {
  of(content: T): Opaque
  read(value: Value): T | undefined
} {
  const erased: OpaqueBehaviour<unknown> = {
    type: behaviour.type,
    // `read` below is the only way to a content, and it looks at the behaviour first.
    ...(behaviour.equal === undefined
      ? {}
      : { equal: (left: unknown, right: unknown) => behaviour.equal?.(left as T, right as T) ?? false }),
    ...(behaviour.size === undefined ? {} : { size: (value: unknown) => behaviour.size?.(value as T) ?? 1 }),
  }
  return {
    of: (content) => new Opaque(erased, content),
    read: (value) => (value instanceof Opaque && value.behaviour === erased ? (value.content as T) : undefined),
  }
}

/** Where the elements of a list come from. Data with a schema is read through one, so that it is converted only where looked at. */
export interface ListSource {
  readonly size: number
  at(index: number): Value
  /** Absent: equal when elements are equal in order. */
  equal?(other: List): Value
  /** Absent: concatenation. */
  add?(other: List): Value
}

export class List {
  readonly source: ListSource

  constructor(source: ListSource) {
    this.source = source
  }

  get size(): number {
    return this.source.size
  }

  at(index: number): Value {
    return this.source.at(index)
  }

  toArray(): Value[] {
    const { source } = this
    const values: Value[] = []
    for (let index = 0; index < source.size; index++) values.push(source.at(index))
    return values
  }
}

class ArraySource implements ListSource {
  readonly #values: readonly Value[]

  constructor(values: readonly Value[]) {
    this.#values = values
  }

  get size(): number {
    return this.#values.length
  }

  at(index: number): Value {
    return this.#values[index] ?? null
  }
}

export function listOf(values: readonly Value[]): List {
  return new List(new ArraySource(values))
}

/** Where the entries of a map come from. */
export interface DictionarySource {
  readonly size: number
  /** Undefined when the key is absent; an error when it is of a wrong type. */
  find(key: Value): Value | undefined
  keys(): readonly Value[]
  equal?(other: Dictionary): Value
  /** The data behind, for comparing what has no schema. */
  readonly raw?: unknown
}

export class Dictionary {
  readonly source: DictionarySource

  constructor(source: DictionarySource) {
    this.source = source
  }

  get size(): number {
    return this.source.size
  }

  find(key: Value): Value | undefined {
    return this.source.find(key)
  }

  keys(): readonly Value[] {
    return this.source.keys()
  }
}

class MapSource implements DictionarySource {
  readonly #entries: ReadonlyMap<unknown, readonly [Value, Value]>

  constructor(entries: ReadonlyMap<unknown, readonly [Value, Value]>) {
    this.#entries = entries
  }

  get size(): number {
    return this.#entries.size
  }

  find(key: Value): Value | undefined {
    return this.#entries.get(identityOf(key))?.[1]
  }

  keys(): readonly Value[] {
    return [...this.#entries.values()].map(([key]) => key)
  }
}

/** A later entry replaces an earlier one with an equal key. */
export function dictionaryOf(entries: Iterable<readonly [Value, Value]>): Dictionary {
  const byIdentity = new Map<unknown, readonly [Value, Value]>()
  for (const entry of entries) byIdentity.set(identityOf(entry[0]), entry)
  return new Dictionary(new MapSource(byIdentity))
}

/** Something by which JavaScript's own Map finds a key: numbers of different types that are equal are the same key. */
export function identityOf(key: Value): unknown {
  if (key instanceof Uint) return key.value
  if (typeof key === 'number' && Number.isInteger(key)) return BigInt(key)
  return key
}

/** `type(value)` at run time. */
export function typeOf(value: Value): CelType {
  switch (typeof value) {
    case 'boolean':
      return BOOL
    case 'bigint':
      return INT
    case 'number':
      return DOUBLE
    case 'string':
      return STRING
    default:
      return value === null ? NULL : typeOfObject(value)
  }
}

function typeOfObject(value: Exclude<Value, null | boolean | bigint | number | string>): CelType {
  if (value instanceof List) return LIST
  if (value instanceof Dictionary) return MAP
  if (value instanceof Uint8Array) return BYTES
  if (value instanceof Uint) return UINT
  if (value instanceof Duration) return DURATION
  if (value instanceof Timestamp) return TIMESTAMP
  if (value instanceof Optional) return OPTIONAL
  if (value instanceof Opaque) return value.behaviour.type
  if (value instanceof TypeClass) return TYPE
  return ERROR
}

/** The number of characters that Go counts: code points, not UTF-16 units. */
export function characterCount(text: string): number {
  let count = 0
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit >= 0xd800 && unit <= 0xdbff && index + 1 < text.length) index++
    count++
  }
  return count
}

/** What `size()` and costs see; undefined for values that have no size. */
export function sizeOf(value: Value): number | undefined {
  if (typeof value === 'string') return characterCount(value)
  if (value instanceof List || value instanceof Dictionary) return value.size
  if (value instanceof Uint8Array) return value.length
  if (value instanceof Opaque) return value.behaviour.size?.(value.content)
  return undefined
}

/** Whether values of its type have an order. */
export function isComparable(value: Value): boolean {
  if (typeof value !== 'object') return true
  return value instanceof Uint || value instanceof Duration || value instanceof Timestamp || value instanceof Uint8Array
}

/** An error as it is, anything else as a mismatch of types. */
export function errorOr(value: Value): CelError {
  return value instanceof CelError ? value : NO_SUCH_OVERLOAD
}

/** As Go's `%v` prints a value inside an error message. */
export function printValue(value: Value): string {
  if (value === null) return 'null'
  if (value instanceof Uint) return String(value.value)
  if (value instanceof CelError) return value.message
  if (value instanceof TypeClass) return value.name
  if (value instanceof List) return `[${value.toArray().map(printValue).join(' ')}]`
  if (typeof value === 'object') return typeOf(value).name
  return String(value)
}
