import { isJsonObject, type JsonObject } from './json.ts'
import type { Schema } from './schema.ts'

/** Finds an item of a list by its keys, where the schema says that they identify it. The first of several wins. */
export class MapList {
  readonly #keys: readonly string[]
  readonly #items = new Map<string, JsonObject>()

  constructor(schema: Schema | undefined, items: readonly unknown[]) {
    const isMap = schema?.type === 'array' && schema['x-kubernetes-list-type'] === 'map'
    this.#keys = isMap ? (schema['x-kubernetes-list-map-keys'] ?? []) : []
    for (const item of items) {
      const identity = this.#identityOf(item)
      if (identity !== undefined && isJsonObject(item) && !this.#items.has(identity)) this.#items.set(identity, item)
    }
  }

  /** The item with the keys that this one has. */
  counterpart(item: unknown): JsonObject | undefined {
    const identity = this.#identityOf(item)
    return identity === undefined ? undefined : this.#items.get(identity)
  }

  /** Undefined without keys, or where one of them is missing or no scalar. */
  #identityOf(item: unknown): string | undefined {
    if (this.#keys.length === 0 || !isJsonObject(item)) return undefined
    const values: unknown[] = []
    for (const key of this.#keys) {
      const value = item[key]
      if (value === undefined || value === null || typeof value === 'object') return undefined
      values.push(typeof value === 'bigint' ? value.toString() : value)
    }
    return JSON.stringify(values)
  }
}
