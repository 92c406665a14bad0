const SHARD_COUNT = 256

/**
 * A map that never changes. A changed copy shares all but the shards that the change is in, so that one change in a
 * hundred thousand entries copies some hundreds of them.
 *
 *     shards ─▶ [ Map, Map, … 256 ]      a key's shard follows from its text
 */
export class ShardedMap<Value> {
  readonly #shards: readonly (ReadonlyMap<string, Value> | undefined)[]
  readonly size: number

  constructor(shards: readonly (ReadonlyMap<string, Value> | undefined)[] = [], size = 0) {
    this.#shards = shards
    this.size = size
  }

  static of<Value>(entries: Iterable<readonly [string, Value]>): ShardedMap<Value> {
    return new ShardedMap<Value>().with(entries)
  }

  get(key: string): Value | undefined {
    return this.#shards[shardOf(key)]?.get(key)
  }

  has(key: string): boolean {
    return this.#shards[shardOf(key)]?.has(key) === true
  }

  /** With `undefined` an entry is left out. */
  with(changes: Iterable<readonly [string, Value | undefined]>): ShardedMap<Value> {
    const shards = [...this.#shards]
    const own = new Set<number>()
    let size = this.size
    for (const [key, value] of changes) {
      const number = shardOf(key)
      const shard = own.has(number) ? (shards[number] as Map<string, Value>) : new Map(shards[number])
      own.add(number)
      shards[number] = shard
      size -= shard.size
      if (value === undefined) shard.delete(key)
      else shard.set(key, value)
      size += shard.size
    }
    return own.size === 0 ? this : new ShardedMap(shards, size)
  }

  *entries(): Generator<[string, Value]> {
    for (const shard of this.#shards) if (shard !== undefined) yield* shard
  }

  *keys(): Generator<string> {
    for (const shard of this.#shards) if (shard !== undefined) yield* shard.keys()
  }

  *values(): Generator<Value> {
    for (const shard of this.#shards) if (shard !== undefined) yield* shard.values()
  }
}

/** FNV-1a. */
function shardOf(key: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
  return (hash ^ (hash >>> 16)) & (SHARD_COUNT - 1)
}
