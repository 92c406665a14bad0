import type { Clock } from '../../../world/clock.ts'
import type { LabelSet } from '../matchers/alert-matcher.ts'
import type { Route } from '../routing/route.ts'
import { intervalsAt, type TimeInterval } from '../config/time-interval.ts'
import type { NotifiedAlert } from '../templates/notification-data.ts'
import { notifyReason } from './dedup.ts'
import type { NotificationLog } from './notification-log.ts'
import { type Integration, type Notification, NotifyError } from './notifier.ts'
import { notifyWithRetries, type RetryContext } from './retry.ts'

/** What keeps one alert from being told. */
export interface Muting {
  readonly silencedBy: readonly string[]
  readonly inhibitedBy: readonly string[]
}

export interface PipelineOptions extends RetryContext {
  readonly clock: Clock
  readonly log: (message: string) => void
  readonly notificationLog: NotificationLog
  readonly receivers: ReadonlyMap<string, readonly Integration[]>
  readonly timeIntervals: ReadonlyMap<string, readonly TimeInterval[]>
  readonly muting: (labels: LabelSet, nowMs: number) => Muting
  /** For how long to wait for those before us in a cluster to tell it first. */
  readonly peerWaitMs: () => number
  /** Are told how notifications end, and how many alerts were kept from being told. */
  readonly onNotified: (integration: string, outcome: 'told' | 'failed') => void
  readonly onSuppressed: (alerts: number) => void
  /** What was told is remembered for at most so long. */
  readonly retentionMs: number
}

/** A group of alerts that is due. */
export interface Flush {
  readonly route: Route
  readonly groupKey: string
  readonly groupLabels: LabelSet
  readonly routeLabels: LabelSet
  readonly alerts: readonly NotifiedAlert[]
  readonly nowMs: number
}

/** The way from a group of alerts to those who are told: what is muted stays out, what was told is not told again. */
export class NotificationPipeline {
  readonly #options: PipelineOptions

  constructor(options: PipelineOptions) {
    this.#options = options
  }

  /** Names of the time intervals that mute a route now. */
  mutedBy(route: Route, nowMs: number): readonly string[] {
    const { timeIntervals } = this.#options
    const { activeTimeIntervals, muteTimeIntervals } = route
    if (activeTimeIntervals.length > 0 && intervalsAt(timeIntervals, activeTimeIntervals, nowMs).length === 0) {
      return activeTimeIntervals
    }
    return intervalsAt(timeIntervals, muteTimeIntervals, nowMs)
  }

  /** Tells every integration of the receiver what it is to be told. Rejects when one of them could not be. */
  async run(flush: Flush, signal: AbortSignal): Promise<void> {
    const { muting, receivers, onSuppressed } = this.#options
    const { route, nowMs } = flush
    if (this.mutedBy(route, nowMs).length > 0) {
      onSuppressed(flush.alerts.length)
      return
    }
    const alerts = flush.alerts.filter(({ labels }) => {
      const { silencedBy, inhibitedBy } = muting(labels, nowMs)
      return silencedBy.length === 0 && inhibitedBy.length === 0
    })
    onSuppressed(flush.alerts.length - alerts.length)
    if (alerts.length === 0) return
    const integrations = receivers.get(route.receiver) ?? []
    const outcomes = await Promise.allSettled(
      integrations.map((each) => this.#tell(each, { ...flush, alerts }, signal)),
    )
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
    const unforeseen = failures.find((failure) => !(failure instanceof NotifyError))
    if (unforeseen !== undefined) throw unforeseen
    if (failures.length > 0) {
      const message = failures
        .map((failure) => (failure instanceof Error ? failure.message : String(failure)))
        .join('; ')
      throw new NotifyError(message, { isTemporary: true })
    }
  }

  async #tell(
    integration: Integration,
    flush: Flush & { alerts: readonly NotifiedAlert[] },
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, notificationLog, peerWaitMs, retentionMs } = this.#options
    const { route, groupKey, alerts } = flush
    const key = `${groupKey}:${route.receiver}/${integration.type}/${integration.index}`
    const waitMs = peerWaitMs()
    if (waitMs > 0) await clock.sleep(waitMs, signal)
    const firing = fingerprints(alerts, 'firing')
    const resolved = fingerprints(alerts, 'resolved')
    const reason = notifyReason({
      last: notificationLog.get(key),
      firing: new Set(firing),
      resolved: new Set(resolved),
      sendResolved: integration.sendsResolved,
      repeatIntervalMs: route.repeatIntervalMs,
      nowMs: flush.nowMs,
    })
    if (reason === undefined) return
    const told = integration.sendsResolved ? alerts : alerts.filter(({ status }) => status === 'firing')
    if (told.length > 0) {
      const notification = { ...flush, receiver: route.receiver, reason, alerts: told }
      await this.#deliver(integration, notification, signal)
    }
    const sentAtMs = clock.now()
    const expiresAtMs = sentAtMs + Math.min(2 * route.repeatIntervalMs, retentionMs)
    notificationLog.set(key, { sentAtMs, firing, resolved, expiresAtMs })
  }

  async #deliver(integration: Integration, notification: Notification, signal: AbortSignal): Promise<void> {
    const { onNotified } = this.#options
    try {
      await notifyWithRetries(integration, notification, { ...this.#options, signal })
      onNotified(integration.type, 'told')
    } catch (failure) {
      onNotified(integration.type, 'failed')
      throw failure
    }
  }
}

function fingerprints(alerts: readonly NotifiedAlert[], status: NotifiedAlert['status']): readonly string[] {
  return alerts
    .filter((alert) => alert.status === status)
    .map(({ fingerprint }) => fingerprint)
    .sort()
}
