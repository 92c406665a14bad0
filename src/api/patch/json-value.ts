/** JSON as patches see it. Values are never changed; a change is a new value that shares what did not change. */
export type JsonObject = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}

/** Go's name for the type that a JSON value is decoded to; two values of one name can be merged. */
export function goTypeOf(value: unknown): string {
  if (value === null || value === undefined) return '%!s(<nil>)'
  if (isList(value)) return '[]interface {}'
  switch (typeof value) {
    case 'object':
      return 'map[string]interface {}'
    case 'boolean':
      return 'bool'
    case 'string':
      return 'string'
    default:
      return Number.isInteger(Number(value)) ? 'int64' : 'float64'
  }
}

/** A value as Go's `%v` prints it in messages: `map[name:web ports:[80 443]]`. */
export function printGo(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (isList(value)) return `[${value.map(printGo).join(' ')}]`
  if (typeof value === 'string') return value
  if (typeof value === 'bigint') return value.toString()
  if (!isObject(value)) return JSON.stringify(value)
  const entries = Object.keys(value)
    .toSorted()
    .map((key) => `${key}:${printGo(value[key])}`)
  return `map[${entries.join(' ')}]`
}

/** Collects changes to an object, which is copied at the first real one. */
export class ObjectDraft {
  readonly #source: JsonObject
  #copy: Record<string, unknown> | undefined

  constructor(source: JsonObject) {
    this.#source = source
  }

  get current(): JsonObject {
    return this.#copy ?? this.#source
  }

  has(key: string): boolean {
    return Object.hasOwn(this.current, key)
  }

  get(key: string): unknown {
    return this.has(key) ? this.current[key] : undefined
  }

  set(key: string, value: unknown): void {
    if (this.has(key) && this.current[key] === value) return
    this.#copy ??= { ...this.#source }
    this.#copy[key] = value
  }

  delete(key: string): void {
    if (!this.has(key)) return
    this.#copy ??= { ...this.#source }
    delete this.#copy[key]
  }
}

/** `next`, or `previous` where it holds the very same items. */
export function sameItemsOr(previous: readonly unknown[], next: readonly unknown[]): readonly unknown[] {
  return previous.length === next.length && next.every((item, index) => item === previous[index]) ? previous : next
}
