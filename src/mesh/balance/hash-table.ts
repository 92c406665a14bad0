import { hashOf } from './hash.ts'

/** Where hashes lead. `tries` above 0 asks for others that come next, for requests that are tried again. */
export interface HashTable<Host> {
  at(hash: number, tries: number): Host | undefined
}

export interface HashedHost {
  readonly address: string
  readonly port: number
  readonly weight: number
}

/**
 * A ring: each host has points on it in proportion to its weight, and a hash belongs to the next point. When a host goes,
 * only what was its own moves.
 */
export class HashRing<Host extends HashedHost> implements HashTable<Host> {
  readonly #points: Uint32Array
  readonly #hosts: readonly Host[]

  constructor(hosts: readonly Host[], sizeMin: number) {
    const total = hosts.reduce((sum, { weight }) => sum + weight, 0)
    const lightest = hosts.reduce((least, { weight }) => Math.min(least, weight), Infinity)
    // Every host has as many points as its weight asks for, and the lightest at least one.
    const scale = Math.max(1, Math.ceil((lightest / total) * sizeMin)) / lightest
    const points: { readonly hash: number; readonly host: Host }[] = []
    for (const host of hosts) {
      const count = Math.max(1, Math.round(host.weight * scale))
      for (let index = 0; index < count; index++) {
        points.push({ hash: hashOf(`${host.address}:${host.port}_${index}`), host })
      }
    }
    points.sort((a, b) => a.hash - b.hash)
    this.#points = Uint32Array.from(points, ({ hash }) => hash)
    this.#hosts = points.map(({ host }) => host)
  }

  at(hash: number, tries: number): Host | undefined {
    let low = 0
    let high = this.#points.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#points[middle] ?? 0) < hash) low = middle + 1
      else high = middle
    }
    return this.#hosts[(low + tries) % this.#hosts.length]
  }
}

/** Maglev (Eisenbud et al., NSDI 2016): a table in which every host has its share, found in one step. */
export class MaglevTable<Host extends HashedHost> implements HashTable<Host> {
  readonly #table: readonly (Host | undefined)[]

  constructor(hosts: readonly Host[], size: number) {
    this.#table = filled(hosts, primeFrom(size))
  }

  at(hash: number, tries: number): Host | undefined {
    const { length } = this.#table
    return length === 0 ? undefined : this.#table[(hash + tries * 7_919) % length]
  }
}

/** Hosts take turns, as often as their weight says, each at the next free place of its own order. */
function filled<Host extends HashedHost>(hosts: readonly Host[], size: number): readonly (Host | undefined)[] {
  const table = Array.from<Host | undefined>({ length: hosts.length === 0 ? 0 : size })
  const heaviest = hosts.reduce((most, { weight }) => Math.max(most, weight), 0)
  const turns = hosts.map((host) => {
    const name = `${host.address}:${host.port}`
    return { host, place: hashOf(name) % size, skip: (hashOf(name, 0x9747b28c) % (size - 1)) + 1, owed: 0 }
  })
  let free = table.length
  while (free > 0) {
    for (const turn of turns) {
      turn.owed += turn.host.weight / heaviest
      if (turn.owed < 1 || free === 0) continue
      turn.owed -= 1
      while (table[turn.place] !== undefined) turn.place = (turn.place + turn.skip) % size
      table[turn.place] = turn.host
      free--
    }
  }
  return table
}

/** Steps of any width visit every place of a table only if its size is a prime. */
function primeFrom(size: number): number {
  for (let candidate = Math.max(size, 3) | 1; ; candidate += 2) {
    let isPrime = true
    for (let divisor = 3; divisor * divisor <= candidate && isPrime; divisor += 2) isPrime = candidate % divisor !== 0
    if (isPrime) return candidate
  }
}
