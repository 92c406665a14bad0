import { textOf } from '../lossless-json.ts'
import type { NotificationData, NotifiedAlert } from '../../../src/metrics/alerting/templates/notification-data.ts'

type Json = Record<string, unknown>

/** Notification data from the JSON of oracles. */
export function dataOf(json: Json): NotificationData {
  return {
    receiver: textOf(json['receiver']),
    status: json['status'] === 'firing' ? 'firing' : 'resolved',
    alerts: ((json['alerts'] ?? []) as Json[]).map(alertOf),
    notificationReason: '',
    groupLabels: labels(json['groupLabels']),
    commonLabels: labels(json['commonLabels']),
    commonAnnotations: labels(json['commonAnnotations']),
    routeLabels: labels(json['routeLabels']),
    externalUrl: textOf(json['externalURL']),
  }
}

export function alertOf(json: Json): NotifiedAlert {
  return {
    status: json['status'] === 'firing' ? 'firing' : 'resolved',
    labels: labels(json['labels']),
    annotations: labels(json['annotations']),
    startsAtMs: Date.parse(String(json['startsAt'])),
    endsAtMs: isZero(json['endsAt']) ? undefined : Date.parse(String(json['endsAt'])),
    generatorUrl: textOf(json['generatorURL']),
    fingerprint: textOf(json['fingerprint']),
  }
}

function isZero(time: unknown): boolean {
  return time === undefined || textOf(time).startsWith('0001-01-01T00:00:00')
}

function labels(value: unknown): Record<string, string> {
  return (value ?? {}) as Record<string, string>
}
