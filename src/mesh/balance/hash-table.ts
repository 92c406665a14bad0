import { type Hash64, remainder, xxHash64 } from './xx-hash.ts'

/**
 * Where hashes lead: to the same hosts as with Envoy, given the same addresses and weights. `tries` above 0 asks for others
 * that come next, for requests that are tried again.
 */
export interface HashTable<Host> {
  at(hash: Hash64, tries: number): Host | undefined
}

/** A host and its share of all; those of a table together have 1. */
export interface SharingHost<Host> {
  readonly host: Host
  readonly share: number
}

interface Address {
  readonly address: string
  readonly port: number
}

/** envoyproxy/envoy source/extensions/load_balancing_policies/ring_hash/ring_hash_lb.h. */
const RING_SIZE_MAX = 8 * 1024 * 1024

/**
 * A ring: each host has points on it in proportion to its share, and a hash belongs to the next point. When a host goes,
 * only what was its own moves. Rules: envoyproxy/envoy source/extensions/load_balancing_policies/ring_hash/ring_hash_lb.cc.
 */
export class HashRing<Host extends Address> implements HashTable<Host> {
  readonly #hosts: readonly Host[]
  /** Of each point, by its place on the ring: the halves of its hash, and whose it is. */
  readonly #highs: Uint32Array
  readonly #lows: Uint32Array
  readonly #owners: Uint32Array

  constructor(hosts: readonly SharingHost<Host>[], sizeMin: number) {
    const { highs, lows, owners } = pointsOf(hosts, sizeMin)
    const order = Uint32Array.from(owners, (_owner, index) => index).sort(
      (a, b) => (highs[a] ?? 0) - (highs[b] ?? 0) || (lows[a] ?? 0) - (lows[b] ?? 0),
    )
    this.#hosts = hosts.map(({ host }) => host)
    this.#highs = order.map((index) => highs[index] ?? 0)
    this.#lows = order.map((index) => lows[index] ?? 0)
    this.#owners = order.map((index) => owners[index] ?? 0)
  }

  get size(): number {
    return this.#owners.length
  }

  at({ high, low }: Hash64, tries: number): Host | undefined {
    let first = 0
    let end = this.size
    while (first < end) {
      const middle = (first + end) >>> 1
      const pointHigh = this.#highs[middle] ?? 0
      const isBefore = pointHigh < high || (pointHigh === high && (this.#lows[middle] ?? 0) < low)
      if (isBefore) first = middle + 1
      else end = middle
    }
    return this.#hosts[this.#owners[(first + tries) % this.size] ?? 0]
  }
}

interface Points {
  readonly highs: readonly number[]
  readonly lows: readonly number[]
  /** Which of the hosts. */
  readonly owners: readonly number[]
}

/** The host with the least has a whole number of points. What others lack to one is carried on to those after them. */
function pointsOf<Host extends Address>(hosts: readonly SharingHost<Host>[], sizeMin: number): Points {
  const least = hosts.reduce((min, { share }) => Math.min(min, share), 1)
  const scale = Math.min(Math.ceil(least * sizeMin) / least, RING_SIZE_MAX)
  const [highs, lows, owners]: [number[], number[], number[]] = [[], [], []]
  let wanted = 0
  for (const [owner, { host, share }] of hosts.entries()) {
    const name = nameOf(host)
    wanted += scale * share
    for (let index = 0; owners.length < wanted; index++) {
      const { high, low } = xxHash64(`${name}_${index}`)
      highs.push(high)
      lows.push(low)
      owners.push(owner)
    }
  }
  return { highs, lows, owners }
}

/**
 * Maglev (Eisenbud et al., NSDI 2016): a table in which every host has its share, found in one step. Rules:
 * envoyproxy/envoy source/extensions/load_balancing_policies/maglev/maglev_lb.cc.
 */
export class MaglevTable<Host extends Address> implements HashTable<Host> {
  readonly #table: readonly (Host | undefined)[]

  constructor(hosts: readonly SharingHost<Host>[], size: number) {
    this.#table = filled(hosts, primeFrom(size))
  }

  at(hash: Hash64, tries: number): Host | undefined {
    const { length } = this.#table
    return length === 0 ? undefined : this.#table[remainder(tries === 0 ? hash : turned(hash, tries), length)]
  }
}

/** Nearly all bits are another's: `tries` counted down from 2⁶⁴. */
function turned({ high, low }: Hash64, tries: number): Hash64 {
  return { high: ~high >>> 0, low: (low ^ -tries) >>> 0 }
}

/** Hosts take turns, as often as their share says, each at the next free place of its own order. */
function filled<Host extends Address>(
  hosts: readonly SharingHost<Host>[],
  size: number,
): readonly (Host | undefined)[] {
  const table = Array.from<Host | undefined>({ length: hosts.length === 0 ? 0 : size })
  const most = hosts.reduce((max, { share }) => Math.max(max, share), 0)
  const turns = hosts
    .map(({ host, share }) => ({ host, share, name: nameOf(host) }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ host, share, name }) => {
      const skip = remainder(xxHash64(name, { high: 0, low: 1 }), size - 1) + 1
      return { host, share, place: remainder(xxHash64(name), size), skip, due: 0 }
    })
  let free = table.length
  for (let round = 1; free > 0; round++) {
    for (const turn of turns) {
      if (free === 0) break
      if (round * turn.share < turn.due) continue
      turn.due += most
      while (table[turn.place] !== undefined) turn.place = (turn.place + turn.skip) % size
      table[turn.place] = turn.host
      free--
    }
  }
  return table
}

function nameOf({ address, port }: Address): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** Steps of any width visit every place of a table only if its size is a prime. */
function primeFrom(size: number): number {
  for (let candidate = Math.max(size, 3) | 1; ; candidate += 2) {
    let isPrime = true
    for (let divisor = 3; divisor * divisor <= candidate && isPrime; divisor += 2) isPrime = candidate % divisor !== 0
    if (isPrime) return candidate
  }
}
