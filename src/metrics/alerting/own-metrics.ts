import { byLabel, type MetricFamily, single } from '../instrument/metric-families.ts'
import { isResolved, type ReceivedAlert } from './alerts/alert.ts'
import type { LabelSet } from './matchers/alert-matcher.ts'
import type { Muting } from './notify/pipeline.ts'
import { type Silence, type SilenceState, silenceState } from './silences/silence.ts'

/** What an Alertmanager is at the moment. */
export interface OwnState {
  readonly nowMs: number
  readonly version: string
  readonly startedAtMs: number
  readonly alerts: readonly ReceivedAlert[]
  readonly silences: readonly Silence[]
  readonly groups: number
  readonly receivers: number
  readonly muting: (labels: LabelSet, nowMs: number) => Muting
}

/** How a notification ended: it was tried, and it got through or did not. */
export type NotificationOutcome = 'told' | 'failed'

/** What happened in an Alertmanager, by the names that dashboards and rules about Alertmanagers use. */
export class OwnMetrics {
  readonly #received = new Map([
    ['firing', 0],
    ['resolved', 0],
  ])
  readonly #notifications = new Map<string, number>()
  readonly #failures = new Map<string, number>()
  #invalid = 0
  #suppressed = 0
  #reload: { isSuccess: boolean; atMs: number } = { isSuccess: false, atMs: 0 }

  alertReceived(alert: ReceivedAlert, nowMs: number): void {
    count(this.#received, isResolved(alert, nowMs) ? 'resolved' : 'firing')
  }

  alertRefused(): void {
    this.#invalid++
  }

  notified(integration: string, outcome: NotificationOutcome): void {
    count(this.#notifications, integration)
    if (outcome === 'failed') count(this.#failures, integration)
    else if (!this.#failures.has(integration)) this.#failures.set(integration, 0)
  }

  alertsSuppressed(alerts: number): void {
    this.#suppressed += alerts
  }

  /** Whether the configuration was taken over. */
  reloaded(isSuccess: boolean, nowMs: number): void {
    this.#reload = { isSuccess, atMs: isSuccess ? nowMs : this.#reload.atMs }
  }

  families(state: OwnState): readonly MetricFamily[] {
    const { nowMs, alerts, silences, muting, version } = state
    const active = alerts.filter((alert) => !isResolved(alert, nowMs))
    const suppressed = active.filter(({ labels }) => isMuted(muting(labels, nowMs))).length
    const alertStates = [
      ['active', active.length - suppressed],
      ['suppressed', suppressed],
      ['unprocessed', 0],
    ] as const
    const silenceStates = (['active', 'expired', 'pending'] as const).map(
      (each) => [each, countStates(silences, each, nowMs)] as const,
    )
    const notifications = { label: 'integration', values: this.#notifications }
    const failures = { label: 'integration', values: this.#failures }
    return [
      {
        name: 'alertmanager_build_info',
        type: 'gauge',
        help: 'Which version this is.',
        points: [{ labels: { version }, value: 1 }],
      },
      byLabel('gauge', 'alertmanager_alerts', 'How many alerts by state.', { label: 'state', values: alertStates }),
      byLabel('counter', 'alertmanager_alerts_received_total', 'The total number of received alerts.', {
        label: 'status',
        values: this.#received,
      }),
      single(
        'counter',
        'alertmanager_alerts_invalid_total',
        'The total number of received alerts that were invalid.',
        this.#invalid,
      ),
      byLabel('gauge', 'alertmanager_silences', 'How many silences by state.', {
        label: 'state',
        values: silenceStates,
      }),
      byLabel(
        'counter',
        'alertmanager_notifications_total',
        'The total number of attempted notifications.',
        notifications,
      ),
      byLabel(
        'counter',
        'alertmanager_notifications_failed_total',
        'The total number of failed notifications.',
        failures,
      ),
      single(
        'counter',
        'alertmanager_notifications_suppressed_total',
        'Alerts that were muted when they were due.',
        this.#suppressed,
      ),
      single(
        'gauge',
        'alertmanager_dispatcher_aggregation_groups',
        'Number of active aggregation groups',
        state.groups,
      ),
      single('gauge', 'alertmanager_receivers', 'Number of configured receivers.', state.receivers),
      single('gauge', 'alertmanager_cluster_enabled', 'Indicates whether the clustering is enabled or not.', 0),
      single(
        'gauge',
        'alertmanager_config_last_reload_successful',
        'Whether the last configuration reload attempt was successful.',
        this.#reload.isSuccess ? 1 : 0,
      ),
      single(
        'gauge',
        'alertmanager_config_last_reload_success_timestamp_seconds',
        'Timestamp of the last successful configuration reload.',
        this.#reload.atMs / 1_000,
      ),
      single(
        'gauge',
        'process_start_time_seconds',
        'Start time of the process since unix epoch in seconds.',
        state.startedAtMs / 1_000,
      ),
    ]
  }
}

function isMuted({ silencedBy, inhibitedBy }: Muting): boolean {
  return silencedBy.length > 0 || inhibitedBy.length > 0
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function countStates(silences: readonly Silence[], state: SilenceState, nowMs: number): number {
  return silences.filter((silence) => silenceState(silence, nowMs) === state).length
}
