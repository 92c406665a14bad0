import { fingerprintOf } from '../../../src/metrics/alerting/alerts/fingerprint.ts'
import { notificationData } from '../../../src/metrics/alerting/templates/notification-data.ts'
import { NotificationTemplates } from '../../../src/metrics/alerting/templates/notification-templates.ts'
import { alertStruct, alertsValue, keyValues } from '../../../src/metrics/alerting/templates/template-data.ts'
import { timeOfMs, ZERO_TIME_MS } from '../../../src/metrics/templates/go-time.ts'
import type { Struct, Value } from '../../../src/metrics/templates/values.ts'
import { isRecord, textOf } from '../lossless-json.ts'
import { expectFailure, expectSame, type Oracle, type OracleCase } from '../oracle.ts'
import { goValue } from '../prometheus/template-values.ts'
import { alertOf } from './notification-json.ts'

const NOW_MS = 1_767_225_600_000

/** templates.json: texts of notifications, and the data that they are about. */
export const oracle: Oracle = {
  open: () => run,
}

function run({ input, expect }: OracleCase): void {
  if ('alerts' in input) return runData(input, expect)
  const render = (): string => {
    const data = isRecord(input['data']) ? valueOf(String(input['data']['go_type']), input['data']['value']) : undefined
    return new NotificationTemplates(() => NOW_MS).render(String(input['text']), data, {
      escaping: input['html'] === true ? 'html' : 'text',
      routeLabels: { labels: routeLabelsOf(input['data']), isRendered: false },
    })
  }
  if ('output' in expect) return expectSame('output', render(), expect['output'])
  const failure = expectFailure('render', render)
  if ('error' in expect) expectSame('error', failure.message, expect['error'])
}

function routeLabelsOf(data: unknown): Record<string, string> {
  const value = isRecord(data) ? data['value'] : undefined
  return (isRecord(value) && isRecord(value['RouteLabels']) ? value['RouteLabels'] : {}) as Record<string, string>
}

function valueOf(type: string, value: unknown): Value {
  if (type === 'time.Time') {
    return timeOfMs(isRecord(value) ? NOW_MS + Number(value['now_plus_s']) * 1_000 : Date.parse(String(value)))
  }
  return type === 'Data' ? dataStruct(value as Record<string, unknown>) : goValue(type, value)
}

/** Notification data as a test makes it: what is left out is Go's zero value. */
function dataStruct(data: Record<string, unknown>): Struct {
  const labels = (from: Record<string, unknown>, name: string): Value =>
    keyValues(from[name] as Record<string, string> | undefined)
  const alerts = ((data['Alerts'] ?? []) as Record<string, unknown>[]).map((alert) =>
    alertStruct({
      Status: textOf(alert['Status']),
      Labels: labels(alert, 'Labels'),
      Annotations: labels(alert, 'Annotations'),
      StartsAt: timeOfMs(ZERO_TIME_MS),
      EndsAt: timeOfMs(ZERO_TIME_MS),
      GeneratorURL: '',
      Fingerprint: '',
    }),
  )
  const fields = {
    Alerts: alertsValue(alerts),
    ...Object.fromEntries(
      ['GroupLabels', 'CommonLabels', 'CommonAnnotations', 'RouteLabels'].map((name) => [name, labels(data, name)]),
    ),
  }
  return { kind: 'struct', type: 'template.Data', fields }
}

function runData(input: OracleCase['input'], expect: OracleCase['expect']): void {
  const alerts = (input['alerts'] as Record<string, unknown>[]).map((alert) => ({
    ...alertOf(alert),
    status: 'endsAt' in alert ? ('resolved' as const) : ('firing' as const),
    fingerprint: fingerprintOf(alert['labels'] as Record<string, string>),
  }))
  const {
    externalUrl,
    alerts: told,
    ...data
  } = notificationData({
    receiver: String(input['receiver']),
    alerts,
    notificationReason: String(input['reason']),
    groupLabels: input['group_labels'] as Record<string, string>,
    routeLabels: input['route_labels'] as Record<string, string>,
    externalUrl: String(input['external_url']),
  })
  const printed = told.map(({ startsAtMs, endsAtMs, generatorUrl: _url, ...alert }) => ({
    ...alert,
    startsAt: new Date(startsAtMs).toISOString().replace('.000', ''),
    endsAt: endsAtMs === undefined ? '0001-01-01T00:00:00Z' : new Date(endsAtMs).toISOString().replace('.000', ''),
  }))
  expectSame('data', { ...data, externalURL: externalUrl, alerts: printed }, expect['data'])
}
