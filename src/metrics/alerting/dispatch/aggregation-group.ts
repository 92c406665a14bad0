import type { Clock, Timer } from '../../../world/clock.ts'
import { compareAlerts, isResolved, type ReceivedAlert } from '../alerts/alert.ts'
import { printLabelSet } from '../alerts/fingerprint.ts'
import type { LabelSet } from '../matchers/alert-matcher.ts'
import type { Flush } from '../notify/pipeline.ts'
import type { Route } from '../routing/route.ts'
import type { NotifiedAlert } from '../templates/notification-data.ts'

/** A notification may take at least so long, however short the group's interval (prometheus/alertmanager notify.MinTimeout). */
const NOTIFY_TIMEOUT_MIN_MS = 10_000

export interface GroupContext {
  readonly clock: Clock
  readonly log: (message: string) => void
  readonly flush: (flush: Flush, signal: AbortSignal) => Promise<void>
  readonly renderRouteLabels: (group: Omit<Flush, 'routeLabels'>) => LabelSet
  /** By how much a notification may take longer because others go first. */
  readonly peerWaitMs: () => number
  /** The group has nothing left to tell. */
  readonly onEmpty: (group: AggregationGroup) => void
}

/** Alerts of one route that are told together: first after `group_wait`, then every `group_interval`. */
export class AggregationGroup {
  readonly route: Route
  readonly labels: LabelSet
  readonly key: string
  readonly #context: GroupContext
  readonly #alerts = new Map<string, ReceivedAlert>()
  readonly #stopped = new AbortController()
  #dueAtMs: number
  #timer: Timer | undefined
  #isRunning = false
  /** A flush is on its way; the next one waits for it. */
  #isFlushing = false

  constructor(route: Route, labels: LabelSet, context: GroupContext) {
    this.route = route
    this.labels = labels
    this.key = `${route.key}:${printLabelSet(labels)}`
    this.#context = context
    this.#dueAtMs = context.clock.now() + route.groupWaitMs
  }

  get alerts(): readonly ReceivedAlert[] {
    return [...this.#alerts.values()]
  }

  /** The route's labels, as they are said of the alerts that are there. */
  get routeLabels(): LabelSet {
    return this.#context.renderRouteLabels(this.#flushOf(this.#context.clock.now()))
  }

  insert(alert: ReceivedAlert): void {
    const isFirst = this.#alerts.size === 0 && !this.#isFlushing
    this.#alerts.set(alert.fingerprint, alert)
    const nowMs = this.#context.clock.now()
    // One that has waited already, before a restart or elsewhere, does not wait again.
    if (isFirst && alert.startsAtMs + this.route.groupWaitMs < nowMs) this.#schedule(nowMs)
  }

  /** Lets the group's times begin. */
  start(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    this.#schedule(this.#dueAtMs)
  }

  stop(): void {
    this.#stopped.abort(new Error('context canceled'))
    this.#timer?.cancel()
  }

  #schedule(dueAtMs: number): void {
    this.#dueAtMs = dueAtMs
    this.#timer?.cancel()
    if (!this.#isRunning || this.#stopped.signal.aborted) return
    const { clock } = this.#context
    this.#timer = clock.schedule(Math.max(0, dueAtMs - clock.now()), () => {
      // While one flush is on its way the next is due as soon as that is over.
      if (!this.#isFlushing) void this.#flush()
    })
  }

  /** Never rejects: failures are told, and the next flush tries again. */
  async #flush(): Promise<void> {
    const { clock, flush, log, peerWaitMs, renderRouteLabels } = this.#context
    const nowMs = clock.now()
    this.#isFlushing = true
    this.#schedule(nowMs + this.route.groupIntervalMs)
    const timeoutMs = Math.max(this.route.groupIntervalMs, NOTIFY_TIMEOUT_MIN_MS) + peerWaitMs()
    const tooLong = new AbortController()
    const timer = clock.schedule(timeoutMs, () => tooLong.abort(new Error('context deadline exceeded')))
    const over = this.alerts.filter((alert) => isResolved(alert, nowMs))
    const due = this.#flushOf(nowMs)
    try {
      const signal = AbortSignal.any([this.#stopped.signal, tooLong.signal])
      if (due.alerts.length > 0) await flush({ ...due, routeLabels: renderRouteLabels(due) }, signal)
      this.#forget(over)
    } catch (failure) {
      if (!this.#stopped.signal.aborted) {
        log(`Notify for alerts failed: ${this.key}: ${failure instanceof Error ? failure.message : String(failure)}`)
      }
    } finally {
      timer.cancel()
      this.#isFlushing = false
    }
    if (this.#stopped.signal.aborted) return
    if (this.#alerts.size === 0) {
      this.stop()
      this.#context.onEmpty(this)
    } else if (this.#dueAtMs <= clock.now()) this.#schedule(this.#dueAtMs)
  }

  /** What was told to be over is done with, unless it began anew meanwhile. */
  #forget(over: readonly ReceivedAlert[]): void {
    for (const alert of over) {
      if (this.#alerts.get(alert.fingerprint)?.updatedAtMs === alert.updatedAtMs) this.#alerts.delete(alert.fingerprint)
    }
  }

  #flushOf(nowMs: number): Omit<Flush, 'routeLabels'> {
    const alerts = [...this.#alerts.values()].sort(compareAlerts).map((alert): NotifiedAlert => {
      const { labels, annotations, startsAtMs, generatorUrl, fingerprint } = alert
      const isOver = isResolved(alert, nowMs)
      return {
        status: isOver ? 'resolved' : 'firing',
        labels,
        annotations,
        startsAtMs,
        endsAtMs: isOver ? alert.endsAtMs : undefined,
        generatorUrl,
        fingerprint,
      }
    })
    return { route: this.route, groupKey: this.key, groupLabels: this.labels, alerts, nowMs }
  }
}
