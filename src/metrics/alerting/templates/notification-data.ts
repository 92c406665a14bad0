import type { LabelSet } from '../matchers/alert-matcher.ts'

/** What a notification tells, in the form of webhooks' bodies; templates see the same. */
export interface NotificationData {
  readonly receiver: string
  readonly status: 'firing' | 'resolved'
  readonly alerts: readonly NotifiedAlert[]
  readonly notificationReason: string
  readonly groupLabels: LabelSet
  readonly commonLabels: LabelSet
  readonly commonAnnotations: LabelSet
  readonly routeLabels: LabelSet
  readonly externalUrl: string
}

export interface NotifiedAlert {
  readonly status: 'firing' | 'resolved'
  readonly labels: LabelSet
  readonly annotations: LabelSet
  readonly startsAtMs: number
  /** Undefined while it fires. */
  readonly endsAtMs: number | undefined
  readonly generatorUrl: string
  readonly fingerprint: string
}

export interface NotificationParts {
  readonly receiver: string
  readonly alerts: readonly NotifiedAlert[]
  readonly notificationReason: string
  readonly groupLabels: LabelSet
  readonly routeLabels: LabelSet
  readonly externalUrl: string
}

/** The data of a notification about these alerts. */
export function notificationData(parts: NotificationParts): NotificationData {
  const { receiver, alerts } = parts
  return {
    ...parts,
    receiver: quoteMeta(receiver),
    status: alerts.some(({ status }) => status === 'firing') ? 'firing' : 'resolved',
    commonLabels: commonOf(alerts.map(({ labels }) => labels)),
    commonAnnotations: commonOf(alerts.map(({ annotations }) => annotations)),
  }
}

/** Names are told as patterns that match them (regexp.QuoteMeta). */
function quoteMeta(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')
}

function commonOf(sets: readonly LabelSet[]): LabelSet {
  const [first = {}, ...others] = sets
  return Object.fromEntries(Object.entries(first).filter(([name, value]) => others.every((set) => set[name] === value)))
}
