import type { Balance, Warmup } from './cluster-policy.ts'
import { HashRing, type HashTable, MaglevTable, type SharingHost } from './hash-table.ts'
import type { UpstreamHost } from './upstream-host.ts'
import type { Hash64 } from './xx-hash.ts'

export interface PickContext {
  readonly nowMs: number
  readonly dice: () => number
  /** Of the request, where the balance is by hash. */
  readonly hash: Hash64 | undefined
  /** How many choices were turned down before, because their host had been tried. */
  readonly tries: number
}

/** Chooses among hosts that are all as good: they are healthy, and as near as each other. */
export class Selection {
  readonly hosts: readonly UpstreamHost[]
  readonly #balance: Balance
  readonly #warmup: Warmup | undefined
  readonly #isEven: boolean
  readonly #warmUntilMs: number
  readonly #totalWeight: number
  /** For taking turns by weight: what each host is owed. */
  readonly #owed: Float64Array
  readonly #shares: readonly SharingHost<UpstreamHost>[] | undefined
  #table: HashTable<UpstreamHost> | undefined
  #turn = -1

  constructor(
    hosts: readonly UpstreamHost[],
    options: {
      readonly balance: Balance
      readonly warmup: Warmup | undefined
      /** Of hosts whose hashes are told apart in one table, where more than their weights counts. */
      readonly shares?: readonly SharingHost<UpstreamHost>[]
    },
  ) {
    this.hosts = hosts
    this.#balance = options.balance
    this.#warmup = options.warmup
    this.#isEven = hosts.every(({ weight }) => weight === hosts[0]?.weight)
    this.#totalWeight = hosts.reduce((sum, { weight }) => sum + weight, 0)
    const newestMs = hosts.reduce((newest, { addedMs }) => Math.max(newest, addedMs), 0)
    this.#warmUntilMs = options.warmup === undefined ? 0 : newestMs + options.warmup.windowMs
    this.#owed = new Float64Array(hosts.length)
    this.#shares = options.shares
  }

  get totalWeight(): number {
    return this.#totalWeight
  }

  pick(context: PickContext): UpstreamHost | undefined {
    const { hosts } = this
    if (hosts.length <= 1) return hosts[0]
    const isEven = this.#isEven && context.nowMs >= this.#warmUntilMs
    switch (this.#balance.kind) {
      case 'least-request':
        return isEven ? this.#lessBusyOfTwo(context.dice) : this.#drawn(context, true)
      case 'round-robin':
        return isEven ? this.#next(context.dice) : this.#nextByWeight(context.nowMs)
      case 'ring-hash':
      case 'maglev':
        return this.#hashed(context)
      case 'random':
      case 'passthrough':
        return isEven ? hosts[Math.floor(context.dice() * hosts.length)] : this.#drawn(context, false)
    }
  }

  #lessBusyOfTwo(dice: () => number): UpstreamHost | undefined {
    const { hosts } = this
    const first = hosts[Math.floor(dice() * hosts.length)]
    const second = hosts[Math.floor(dice() * hosts.length)]
    if (first === undefined || second === undefined) return first
    return second.active < first.active ? second : first
  }

  #drawn({ nowMs, dice }: PickContext, byLoad: boolean): UpstreamHost | undefined {
    let total = 0
    for (const host of this.hosts) total += this.#weightAt(host, nowMs) / (byLoad ? host.active + 1 : 1)
    let left = dice() * total
    for (const host of this.hosts) {
      left -= this.#weightAt(host, nowMs) / (byLoad ? host.active + 1 : 1)
      if (left < 0) return host
    }
    return this.hosts.at(-1)
  }

  #next(dice: () => number): UpstreamHost | undefined {
    const { length } = this.hosts
    // Proxies start at different places, or all would go to the same one first.
    if (this.#turn < 0) this.#turn = Math.floor(dice() * length)
    this.#turn = (this.#turn + 1) % length
    return this.hosts[this.#turn]
  }

  /** Each round everybody is owed its weight, and the one who is owed the most pays back a whole round. */
  #nextByWeight(nowMs: number): UpstreamHost | undefined {
    let chosen = 0
    let total = 0
    for (const [index, host] of this.hosts.entries()) {
      const weight = this.#weightAt(host, nowMs)
      total += weight
      this.#owed[index] = (this.#owed[index] ?? 0) + weight
      if ((this.#owed[index] ?? 0) > (this.#owed[chosen] ?? 0)) chosen = index
    }
    this.#owed[chosen] = (this.#owed[chosen] ?? 0) - total
    return this.hosts[chosen]
  }

  /** Without anything to hash, one by chance. */
  #hashed({ hash, tries, dice }: PickContext): UpstreamHost | undefined {
    this.#table ??= this.#newTable()
    return this.#table.at(hash ?? { high: halfOf(dice), low: halfOf(dice) }, tries)
  }

  #newTable(): HashTable<UpstreamHost> {
    const shares = this.#shares ?? sharesOf(this.hosts)
    if (this.#balance.kind === 'maglev') return new MaglevTable(shares, this.#balance.tableSize)
    return new HashRing(shares, this.#balance.kind === 'ring-hash' ? this.#balance.sizeMin : 1)
  }

  /** envoyproxy/envoy source/extensions/load_balancing_policies/common/load_balancer_impl.cc, slow start. */
  #weightAt({ weight, addedMs }: UpstreamHost, nowMs: number): number {
    if (this.#warmup === undefined || nowMs >= this.#warmUntilMs) return weight
    const { windowMs, minimumRatio, aggression } = this.#warmup
    const age = Math.max(1, nowMs - addedMs) / windowMs
    return age >= 1 ? weight : weight * Math.max(minimumRatio, age ** (1 / aggression))
  }
}

/** By their weights; `whole` is what all of them have together. */
export function sharesOf(hosts: readonly UpstreamHost[], whole = 1): readonly SharingHost<UpstreamHost>[] {
  const sum = hosts.reduce((total, { weight }) => total + weight, 0)
  return hosts.map((host) => ({ host, share: (host.weight * whole) / sum }))
}

function halfOf(dice: () => number): number {
  return Math.floor(dice() * 2 ** 32)
}
