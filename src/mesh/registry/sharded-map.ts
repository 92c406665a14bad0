const SHARD_COUNT = 256

/**
 * A map that never changes. A changed copy shares all but the shards that the change is in, so that one change in a
 * hundred thousand entries copies some hundreds of them.
 *
 *     shards ─▶ [ Map, Map, … 256 ]      a key's shard follows from its text
 */
export class ShardedMap<Value> implements ReadonlyMap<string, Value> {
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

  entries(): MapIterator<[string, Value]> {
    return this.#present().flatMap((shard) => shard.entries())
  }

  keys(): MapIterator<string> {
    return this.#present().flatMap((shard) => shard.keys())
  }

  values(): MapIterator<Value> {
    return this.#present().flatMap((shard) => shard.values())
  }

  forEach(tell: (value: Value, key: string, map: ReadonlyMap<string, Value>) => void): void {
    for (const [key, value] of this.entries()) tell(value, key, this)
  }

  [Symbol.iterator](): MapIterator<[string, Value]> {
    return this.entries()
  }

  #present(): IteratorObject<ReadonlyMap<string, Value>, undefined> {
    return this.#shards.values().filter((shard) => shard !== undefined)
  }
}

/** FNV-1a. */
function shardOf(key: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
  return (hash ^ (hash >>> 16)) & (SHARD_COUNT - 1)
}
