import type { NotificationData, NotifiedAlert } from '../../../src/metrics/alerting/templates/notification-data.ts'

type Json = Record<string, unknown>

/** Notification data from the JSON of oracles. */
export function dataOf(json: Json): NotificationData {
  return {
    receiver: String(json['receiver'] ?? ''),
    status: json['status'] === 'firing' ? 'firing' : 'resolved',
    alerts: ((json['alerts'] ?? []) as Json[]).map(alertOf),
    notificationReason: '',
    groupLabels: labels(json['groupLabels']),
    commonLabels: labels(json['commonLabels']),
    commonAnnotations: labels(json['commonAnnotations']),
    routeLabels: labels(json['routeLabels']),
    externalUrl: String(json['externalURL'] ?? ''),
  }
}

export function alertOf(json: Json): NotifiedAlert {
  return {
    status: json['status'] === 'firing' ? 'firing' : 'resolved',
    labels: labels(json['labels']),
    annotations: labels(json['annotations']),
    startsAtMs: Date.parse(String(json['startsAt'])),
    endsAtMs: isZero(json['endsAt']) ? undefined : Date.parse(String(json['endsAt'])),
    generatorUrl: String(json['generatorURL'] ?? ''),
    fingerprint: String(json['fingerprint'] ?? ''),
  }
}

function isZero(time: unknown): boolean {
  return time === undefined || String(time).startsWith('0001-01-01T00:00:00')
}

function labels(value: unknown): Record<string, string> {
  return (value ?? {}) as Record<string, string>
}
