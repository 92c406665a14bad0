import type { RetryPolicy } from '../route/retry.ts'
import type { ClusterPolicy } from './cluster-policy.ts'
import { ConnectionLimit } from './connection-limit.ts'
import { ConnectionLines, type LineProtocol, type Place } from './connection-lines.ts'
import type { EndpointGroup } from './locality.ts'
import { type AttemptResult, OutlierDetection } from './outlier-detection.ts'
import { PendingLimit } from './pending-limit.ts'
import { previousPriorities } from './previous-priorities.ts'
import { type PickContext, Selection, sharesOf } from './selection.ts'
import type { UpstreamHost } from './upstream-host.ts'
import { type Hash64, remainder } from './xx-hash.ts'

/** Hosts of one locality and priority; `weight` is relative to the other groups of the priority. */
export type HostGroup = EndpointGroup<UpstreamHost>

/** How much more than its share a priority takes before the next one helps out, as Envoy has it. */
const OVERPROVISIONING_PERCENT = 140

export type PickOptions = PickContext & {
  /** Hosts that were tried already, in that order, and what is made of it. */
  readonly tried?: readonly UpstreamHost[] | undefined
  readonly retry?: Pick<RetryPolicy, 'avoidPreviousHosts' | 'hostSelectionMax' | 'retryRemoteLocalities'> | undefined
}

/**
 * What one proxy knows of those who serve one cluster: who there is, who is busy, who fails. It outlives configuration.
 *
 *     policy + groups ─▶ levels: [ priority 0: [ locality ─▶ Selection, … ], priority 1: … ]   made anew when health changes
 */
export class Cluster {
  readonly name: string
  policy: ClusterPolicy
  /** Requests on their way, to all hosts. */
  active = 0
  activeRetries = 0
  /** Of all hosts and protocols. */
  readonly connections = new ConnectionLimit()
  readonly pending = new PendingLimit()
  readonly #lines = new ConnectionLines(this.pending)
  /** Of all times, as Envoy counts them. */
  readonly counts = { requests: 0, overflows: 0, retries: 0, retryOverflows: 0, ejections: 0 }
  #hosts: readonly UpstreamHost[] = []
  #groups: readonly HostGroup[] = []
  #weighsLocalities = false
  #levels: readonly Level[] | undefined
  /** The same without those priorities that a request leaves alone. */
  readonly #levelsElsewhere = new Map<string, readonly Level[]>()
  #outliers: OutlierDetection | undefined
  /** When the next ejected host comes back. */
  #releaseMs = Infinity

  constructor(name: string, policy: ClusterPolicy) {
    this.name = name
    this.policy = policy
  }

  get hosts(): readonly UpstreamHost[] {
    return this.#hosts
  }

  /** Takes up what configuration says now. Groups without members say nothing. */
  configure(
    policy: ClusterPolicy,
    groups: readonly HostGroup[],
    options: { readonly weighsLocalities: boolean; readonly nowMs: number },
  ): void {
    if (this.#outliers === undefined || this.policy.outlier !== policy.outlier) {
      if (policy.outlier === undefined) for (const { health } of this.#hosts) health.forgive()
      const isSame = JSON.stringify(policy.outlier) === JSON.stringify(this.policy.outlier)
      if (this.#outliers === undefined || !isSame) {
        this.#outliers = policy.outlier && new OutlierDetection(policy.outlier, options.nowMs)
      }
    }
    this.policy = policy
    this.connections.max = policy.limits.connections
    this.pending.max = policy.limits.pending
    this.#groups = groups.filter(({ endpoints }) => endpoints.length > 0)
    this.#hosts = this.#groups.flatMap(({ endpoints }) => endpoints)
    this.#weighsLocalities = options.weighsLocalities
    this.#levels = undefined
    this.#releaseMs = this.#outliers?.release(this.#hosts, options.nowMs) ?? Infinity
    this.#lines.configure({ ...policy.limits, idleTimeoutMs: policy.idleTimeoutMs }, this.#hosts, options.nowMs)
  }

  pick(options: PickOptions): UpstreamHost | undefined {
    const { tried, retry, nowMs } = options
    if (nowMs >= this.#releaseMs) {
      this.#releaseMs = this.#outliers?.release(this.#hosts, nowMs) ?? Infinity
      this.#levels = undefined
    }
    if (this.#levels === undefined) {
      this.#levels = levelsOf(this.#groups, this.policy, this.#weighsLocalities)
      this.#levelsElsewhere.clear()
    }
    if (tried === undefined || retry === undefined) return pickOnce(this.#levels, options)
    const levels = retry.retryRemoteLocalities ? this.#elsewhere(tried, this.#levels) : this.#levels
    let host = pickOnce(levels, options)
    if (!retry.avoidPreviousHosts) return host
    for (let tries = 1; tries <= retry.hostSelectionMax && host !== undefined && tried.includes(host); tries++) {
      host = pickOnce(levels, { ...options, tries })
    }
    return host
  }

  /** Where a request goes that is not to go where it was tried. */
  #elsewhere(tried: readonly UpstreamHost[], levels: readonly Level[]): readonly Level[] {
    const of = (host: UpstreamHost): number[] =>
      this.#groups.flatMap(({ endpoints, priority }) => (endpoints.includes(host) ? [priority] : []))
    const isAvailable = (wanted: number): boolean =>
      this.#groups.some(
        ({ endpoints, priority }) => priority === wanted && endpoints.some(({ health }) => !health.isEjected),
      )
    const all = this.#groups.map(({ priority }) => priority)
    const left = previousPriorities(tried.flatMap(of), isAvailable, all)
    if (left.size === 0) return levels
    const key = [...left].join()
    const known = this.#levelsElsewhere.get(key)
    if (known !== undefined) return known
    const groups = this.#groups.filter(({ priority }) => !left.has(priority))
    const made = levelsOf(groups, this.policy, this.#weighsLocalities)
    this.#levelsElsewhere.set(key, made)
    return made
  }

  /** What became of an attempt, for outlier detection. */
  note(host: UpstreamHost, result: AttemptResult, nowMs: number): void {
    if (this.#outliers === undefined) return
    if (!this.#outliers.note(host, result, { nowMs, hostCount: this.#hosts.length })) return
    this.counts.ejections++
    this.#releaseMs = Math.min(this.#releaseMs, host.health.ejectedUntilMs)
    this.#levels = undefined
  }

  /** For one request at a host, which may have to wait; undefined: it is one too many. */
  seat(host: UpstreamHost, protocol: LineProtocol, nowMs: number): Seat | undefined {
    const isLimited = this.policy.limits.connections !== Number.POSITIVE_INFINITY
    const place = isLimited ? this.#lines.enter(host, protocol, nowMs) : undefined
    if (isLimited && place === undefined) {
      this.counts.overflows++
      return undefined
    }
    const seat = new Seat(this, host, { protocol, place })
    return seat.isWaiting || seat.take(nowMs) ? seat : undefined
  }

  /** Whether one more request would be one too many. */
  get isFull(): boolean {
    return this.active >= this.policy.limits.requests
  }

  /** Whether one more retry would be one too many. */
  get isFullOfRetries(): boolean {
    const { limits, retryBudget } = this.policy
    if (retryBudget === undefined) return this.activeRetries >= limits.retries
    const requests = this.active + this.pending.count
    return this.activeRetries >= Math.max(retryBudget.minimum, Math.floor(requests * retryBudget.ratio))
  }

  /** Whether a request may go, which then counts as one. */
  admits(): boolean {
    const { isFull } = this
    if (isFull) this.counts.overflows++
    else this.counts.requests++
    return !isFull
  }

  /** Whether a request may go once more, which then counts as a retry. */
  admitsRetry(): boolean {
    const isFull = this.isFullOfRetries
    if (isFull) this.counts.retryOverflows++
    else this.counts.retries++
    return !isFull
  }
}

/** What one request takes up at a host and its cluster, until it leaves. */
export class Seat {
  readonly state: Cluster
  readonly host: UpstreamHost
  readonly protocol: LineProtocol
  /** Absent: the cluster has as many connections as one likes. */
  readonly #place: Place | undefined
  #isCounted = false

  constructor(
    state: Cluster,
    host: UpstreamHost,
    { protocol, place }: { readonly protocol: LineProtocol; readonly place: Place | undefined },
  ) {
    this.state = state
    this.host = host
    this.protocol = protocol
    this.#place = place
  }

  /** Whether a connection has to become free first. */
  get isWaiting(): boolean {
    return this.#place?.isWaiting === true
  }

  /** Calls `listener` once it has waited long enough; not where it leaves before that. */
  onTurn(listener: () => void): void {
    this.#place?.onTurn(listener)
  }

  /** Counts the request, which nothing holds back any more. False: it is one too many, and has left. */
  take(nowMs: number): boolean {
    const { state, host } = this
    if (!state.admits()) {
      this.#place?.leave(nowMs)
      return false
    }
    this.#isCounted = true
    host.active++
    state.active++
    return true
  }

  /** There was no room for it after all. */
  overflowed(): void {
    const { counts } = this.state
    counts.requests--
    counts.overflows++
  }

  leave(nowMs: number): void {
    this.#place?.leave(nowMs)
    if (!this.#isCounted) return
    this.#isCounted = false
    this.host.active--
    this.state.active--
  }
}

function pickOnce(levels: readonly Level[], options: PickOptions): UpstreamHost | undefined {
  const { hash, dice } = options
  const level = levels.length <= 1 ? levels[0] : hash === undefined ? drawn(levels, dice) : hashed(levels, hash)
  const { selections = [] } = level ?? {}
  const selection = selections.length <= 1 ? selections[0] : drawn(selections, dice)
  return selection?.among.pick(options)
}

/** A hash leads to the same priority each time: envoyproxy/envoy …/common/load_balancer_impl.cc, `choosePriority`. */
function hashed(levels: readonly Level[], hash: Hash64): Level | undefined {
  const all = levels.reduce((sum, { share }) => sum + share, 0)
  // What whole percents leave over is the first one's.
  const percents = levels.map(({ share }) => Math.floor((share * 100) / all))
  let left = remainder(hash, 100) + 1 - (100 - percents.reduce((sum, percent) => sum + percent, 0))
  for (const [index, percent] of percents.entries()) {
    left -= percent
    if (left <= 0) return levels[index]
  }
  return levels.at(-1)
}

/** A priority, and how many percent of all requests it gets. */
interface Level {
  readonly share: number
  readonly selections: readonly { readonly share: number; readonly among: Selection }[]
}

function drawn<Item extends { readonly share: number }>(items: readonly Item[], dice: () => number): Item | undefined {
  let left = dice() * items.reduce((sum, { share }) => sum + share, 0)
  for (const item of items) {
    left -= item.share
    if (left < 0) return item
  }
  return items.at(-1)
}

/** A priority takes what its healthy hosts can carry, with some more; the rest goes to the next. */
function levelsOf(groups: readonly HostGroup[], policy: ClusterPolicy, weighsLocalities: boolean): readonly Level[] {
  const byPriority = Map.groupBy(groups, ({ priority }) => priority)
  const levels: Level[] = []
  let left = 100
  const ordered = [...byPriority].toSorted(([a], [b]) => a - b)
  for (const [, members] of ordered) {
    const all = members.flatMap(({ endpoints }) => endpoints)
    const healthy = all.filter(({ health }) => !health.isEjected).length
    const isPanicking = policy.panicRatio > 0 && healthy / all.length < policy.panicRatio
    const able = Math.floor((OVERPROVISIONING_PERCENT * healthy) / all.length)
    const share = Math.min(left, isPanicking && ordered.length === 1 ? 100 : able)
    if (share <= 0) continue
    left -= share
    levels.push({ share, selections: selectionsOf(members, policy, { isPanicking, weighsLocalities }) })
    if (left <= 0) break
  }
  return levels.length > 0 || policy.panicRatio === 0 ? levels : panicking(groups, policy)
}

/** With nobody healthy anywhere, panic means everybody. */
function panicking(groups: readonly HostGroup[], policy: ClusterPolicy): readonly Level[] {
  if (groups.length === 0) return []
  return [{ share: 100, selections: selectionsOf(groups, policy, { isPanicking: true, weighsLocalities: false }) }]
}

function selectionsOf(
  members: readonly HostGroup[],
  { balance, warmup }: ClusterPolicy,
  { isPanicking, weighsLocalities }: { readonly isPanicking: boolean; readonly weighsLocalities: boolean },
): Level['selections'] {
  const usable = ({ health }: UpstreamHost) => isPanicking || !health.isEjected
  if (!weighsLocalities || members.length === 1) {
    const hosts = members.flatMap(({ endpoints }) => endpoints).filter(usable)
    return [{ share: 1, among: new Selection(hosts, { balance, warmup }) }]
  }
  const weighed = members.filter(({ weight }) => weight > 0)
  if (balance.kind === 'ring-hash' || balance.kind === 'maglev') {
    // A hash knows no localities: all hosts are in one table, each with its share of its locality's.
    const whole = weighed.reduce((sum, { weight }) => sum + weight, 0)
    const shares = weighed.flatMap(({ endpoints, weight }) => sharesOf(endpoints.filter(usable), weight / whole))
    const hosts = shares.map(({ host }) => host)
    return [{ share: 1, among: new Selection(hosts, { balance, warmup, shares }) }]
  }
  return weighed.flatMap(({ endpoints, weight }) => {
    const hosts = endpoints.filter(usable)
    if (hosts.length === 0) return []
    const share = weight * Math.min(1, ((hosts.length / endpoints.length) * OVERPROVISIONING_PERCENT) / 100)
    return [{ share, among: new Selection(hosts, { balance, warmup }) }]
  })
}
