import type { OutlierPolicy } from './cluster-policy.ts'
import type { UpstreamHost } from './upstream-host.ts'

/** How an attempt went, as far as it speaks of the endpoint. */
export type AttemptResult =
  | { readonly kind: 'status'; readonly status: number }
  /** No answer for a reason on this side of the application: no connection, a reset, no time left. */
  | { readonly kind: 'local-failure'; readonly timedOut: boolean }

const EJECTION_MAX_MS = 300_000

/**
 * Leaves endpoints alone that fail again and again: envoyproxy/envoy source/common/upstream/outlier_detection_impl.cc.
 *
 * Invariants:
 *  1. Never more than the policy's share is ejected at once, but one always may be.
 *  2. An endpoint comes back at the first whole interval after its time is up: `baseEjection` times how often it was
 *     ejected, at most five minutes. Each interval without an ejection makes the next one shorter by one base.
 */
export class OutlierDetection {
  readonly #policy: OutlierPolicy
  readonly #startedMs: number
  #ejected = 0

  constructor(policy: OutlierPolicy, nowMs: number) {
    this.#policy = policy
    this.#startedMs = nowMs
  }

  /** Whether the endpoint was ejected by it. `hostCount` is of the whole cluster. */
  note(host: UpstreamHost, result: AttemptResult, at: { readonly nowMs: number; readonly hostCount: number }): boolean {
    if (host.health.isEjected) return false
    if (!this.#isTooMuch(host, result)) return false
    const share = (this.#ejected + 1) / at.hostCount
    if (this.#ejected > 0 && share > this.#policy.ejectedRatioMax) return false
    this.#eject(host, at.nowMs)
    return true
  }

  /** Brings back those whose time is up; says when the next one's is. */
  release(hosts: readonly UpstreamHost[], nowMs: number): number {
    let nextMs = Infinity
    let ejected = 0
    for (const { health } of hosts) {
      if (!health.isEjected) continue
      if (health.ejectedUntilMs <= nowMs) {
        health.calmSinceMs = health.ejectedUntilMs
        health.forgive()
      } else {
        ejected++
        nextMs = Math.min(nextMs, health.ejectedUntilMs)
      }
    }
    this.#ejected = ejected
    return nextMs
  }

  #isTooMuch(host: UpstreamHost, result: AttemptResult): boolean {
    const { health } = host
    const { consecutive5xx, consecutiveGateway, consecutiveLocal, splitsLocal, errorCodes } = this.#policy
    if (result.kind === 'local-failure' && splitsLocal) {
      health.consecutiveLocal++
      return consecutiveLocal !== undefined && health.consecutiveLocal >= consecutiveLocal
    }
    const status = result.kind === 'status' ? result.status : result.timedOut ? 504 : 503
    health.consecutiveLocal = 0
    const isError = status >= 500 || errorCodes?.has(status) === true
    health.consecutive5xx = isError ? health.consecutive5xx + 1 : 0
    const isGateway = status === 502 || status === 503 || status === 504
    health.consecutiveGateway = isGateway ? health.consecutiveGateway + 1 : 0
    return (
      (consecutive5xx !== undefined && health.consecutive5xx >= consecutive5xx) ||
      (consecutiveGateway !== undefined && health.consecutiveGateway >= consecutiveGateway)
    )
  }

  #eject({ health }: UpstreamHost, nowMs: number): void {
    const { intervalMs, baseEjectionMs } = this.#policy
    const calmIntervals = Math.floor((nowMs - health.calmSinceMs) / intervalMs)
    health.ejections = Math.max(0, health.ejections - calmIntervals) + 1
    const longestMs = Math.max(EJECTION_MAX_MS, baseEjectionMs)
    const dueMs = nowMs + Math.min(baseEjectionMs * health.ejections, longestMs)
    const intervals = Math.ceil((dueMs - this.#startedMs) / intervalMs)
    health.ejectedUntilMs = this.#startedMs + intervals * intervalMs
    this.#ejected++
  }
}
