import { compareText } from '../../../base/compare-text.ts'
import { timeOfMs, ZERO_TIME_MS } from '../../templates/go-time.ts'
import { type Dictionary, type List, type Struct, textOf, type Value } from '../../templates/values.ts'
import type { LabelSet } from '../matchers/alert-matcher.ts'
import type { NotificationData, NotifiedAlert } from './notification-data.ts'

/** What templates see as their dot (prometheus/alertmanager template/template.go Data). */
export function templateData(data: NotificationData): Struct {
  return {
    kind: 'struct',
    type: 'template.Data',
    fields: {
      Receiver: data.receiver,
      Status: data.status,
      Alerts: alertsValue(data.alerts.map(alertValue)),
      NotificationReason: data.notificationReason,
      GroupLabels: keyValues(data.groupLabels),
      CommonLabels: keyValues(data.commonLabels),
      CommonAnnotations: keyValues(data.commonAnnotations),
      RouteLabels: keyValues(data.routeLabels),
      ExternalURL: data.externalUrl,
    },
    jsonNames: {
      Receiver: 'receiver',
      Status: 'status',
      Alerts: 'alerts',
      NotificationReason: 'notification_reason',
      GroupLabels: 'groupLabels',
      CommonLabels: 'commonLabels',
      CommonAnnotations: 'commonAnnotations',
      RouteLabels: 'routeLabels',
      ExternalURL: 'externalURL',
    },
  }
}

function alertValue(alert: NotifiedAlert): Struct {
  return alertStruct({
    Status: alert.status,
    Labels: keyValues(alert.labels),
    Annotations: keyValues(alert.annotations),
    StartsAt: timeOfMs(alert.startsAtMs),
    EndsAt: timeOfMs(alert.endsAtMs ?? ZERO_TIME_MS),
    GeneratorURL: alert.generatorUrl,
    Fingerprint: alert.fingerprint,
  })
}

export function alertStruct(fields: Readonly<Record<string, Value>>): Struct {
  return {
    kind: 'struct',
    type: 'template.Alert',
    fields,
    jsonNames: {
      Status: 'status',
      Labels: 'labels',
      Annotations: 'annotations',
      StartsAt: 'startsAt',
      EndsAt: 'endsAt',
      GeneratorURL: 'generatorURL',
      Fingerprint: 'fingerprint',
    },
  }
}

/** Alerts as templates have them: a list that can be asked for those that fire and those that are over. */
export function alertsValue(items: readonly Struct[], type = 'template.Alerts'): List {
  const withStatus = (status: string) => ({
    parameters: [],
    call: () =>
      alertsValue(
        items.filter(({ fields }) => fields['Status'] === status),
        '[]template.Alert',
      ),
  })
  return { kind: 'list', type, items, methods: { Firing: withStatus('firing'), Resolved: withStatus('resolved') } }
}

/** Labels as templates have them; `undefined` is a map that was never made. */
export function keyValues(labels: LabelSet | undefined): Dictionary {
  const entries = Object.entries(labels ?? {})
  return {
    kind: 'map',
    type: 'template.KV',
    entries: new Map(entries),
    zero: '',
    isNil: labels === undefined,
    print: () => printPairs(sortedPairs(entries)),
    get methods() {
      return keyValueMethods(entries)
    },
  }
}

type Pair = readonly [name: string, value: string]

function keyValueMethods(entries: readonly Pair[]): NonNullable<Dictionary['methods']> {
  return {
    SortedPairs: { parameters: [], call: () => pairsValue(sortedPairs(entries)) },
    Names: { parameters: [], call: () => strings(sortedPairs(entries).map(([name]) => name)) },
    Values: { parameters: [], call: () => strings(sortedPairs(entries).map(([, value]) => value)) },
    Remove: {
      parameters: ['[]string'],
      call([names]) {
        const removed = new Set(typeof names === 'object' && names.kind === 'list' ? names.items : [])
        return keyValues(Object.fromEntries(entries.filter(([name]) => !removed.has(name))))
      },
    },
  }
}

/** By name, the name of the alert first. */
function sortedPairs(entries: readonly Pair[]): readonly Pair[] {
  const rank = (name: string): number => (name === 'alertname' ? 0 : 1)
  return [...entries].sort(([a], [b]) => rank(a) - rank(b) || compareText(a, b))
}

function pairsValue(pairs: readonly Pair[]): List {
  return {
    kind: 'list',
    type: 'template.Pairs',
    items: pairs.map(([Name, Value]) => ({ kind: 'struct', type: 'template.Pair', fields: { Name, Value } })),
    print: () => printPairs(pairs),
    methods: {
      Names: { parameters: [], call: () => strings(pairs.map(([name]) => name)) },
      Values: { parameters: [], call: () => strings(pairs.map(([, value]) => value)) },
    },
  }
}

function printPairs(pairs: readonly Pair[]): string {
  return pairs.map(([name, value]) => `${name}=${value}`).join(', ')
}

function strings(items: readonly string[]): List {
  return {
    kind: 'list',
    type: 'template.Strings',
    items,
    methods: { Join: { parameters: ['string'], call: ([separator]) => items.join(textOf(separator)) } },
  }
}
