/** Callers choose the keys, so what is kept must have an end. */
const ENTRIES_MAX = 10_000

/** Answers that were worked out before; when there are too many, all are forgotten. */
export class BoundedMemo<Value> {
  readonly #known = new Map<string, Value>()

  of(key: string, make: (key: string) => Value): Value {
    const known = this.#known.get(key)
    if (known !== undefined || this.#known.has(key)) return known as Value
    const value = make(key)
    if (this.#known.size >= ENTRIES_MAX) this.#known.clear()
    this.#known.set(key, value)
    return value
  }
}
