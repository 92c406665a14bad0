import { describe, expect, test } from 'vitest'
import { notificationData, type NotifiedAlert } from './notification-data.ts'
import { NotificationTemplates } from './notification-templates.ts'
import { templateData } from './template-data.ts'

const NOW_MS = Date.UTC(2026, 10, 23, 12)

function alert(labels: Record<string, string>, status: 'firing' | 'resolved' = 'firing'): NotifiedAlert {
  const endsAtMs = status === 'resolved' ? NOW_MS : undefined
  return {
    status,
    labels,
    annotations: { summary: `${labels['stall']} <closed>` },
    startsAtMs: NOW_MS - 3_600_000,
    endsAtMs,
    generatorUrl: 'http://p.test/?a&b',
    fingerprint: '00',
  }
}

const DATA = notificationData({
  receiver: 'team.a',
  alerts: [
    alert({ alertname: 'Idle', stall: 'dosa', severity: 'info' }),
    alert({ alertname: 'Idle', stall: 'chaat', severity: 'critical' }, 'resolved'),
  ],
  notificationReason: 'first notification',
  groupLabels: { alertname: 'Idle' },
  routeLabels: { owner: 'Rani' },
  externalUrl: 'http://am.test',
})

function render(text: string, escaping: 'text' | 'html' = 'text'): string {
  const routeLabels = { labels: { owner: '{{ .GroupLabels.alertname }} is Rani’s' }, isRendered: false }
  return new NotificationTemplates(() => NOW_MS).render(text, templateData(DATA), { escaping, routeLabels })
}

describe('templates of notifications', () => {
  test.each([
    ['{{ template "slack.default.title" . }}', '[FIRING:1] Idle '],
    ['{{ template "__alertmanagerURL" . }}', 'http://am.test/#/alerts?receiver=team%5C.a'],
    ['{{ template "jira.default.priority" . }}', 'Low'],
    ['{{ .CommonLabels }} {{ .GroupLabels.SortedPairs.Names }}', 'alertname=Idle [alertname]'],
    ['{{ range .Alerts.Resolved }}{{ .Labels.stall }}{{ end }} {{ len .Alerts }}', 'chaat 2'],
    ['{{ (index .Alerts 0).Labels.Remove (stringSlice "alertname" "severity") }}', 'stall=dosa'],
    ['{{ (index .Alerts 0).Labels.Values.Join "|" }}', 'Idle|info|dosa'],
    ['{{ (index .Alerts 0).StartsAt.Format "15:04" }} {{ since (index .Alerts 0).StartsAt }}', '11:00 1h0m0s'],
    ['{{ (index .Alerts 0).StartsAt | tz "Asia/Kolkata" | date "2 Jan 15:04 MST" }}', '23 Nov 16:30 IST'],
    ['{{ now.Unix }} {{ humanizeDuration 90061 }}', '1795435200 1d 1h 1m 1s'],
    ['{{ title "hello WORLD" }} {{ trimSpace " a " }} {{ join "-" (stringSlice "a" "b") }}', 'Hello World a a-b'],
    ['{{ toJson (dict "a" 1 "b" (list "x" true nil)) }}', '{"a":1,"b":["x",true,null]}'],
    ['{{ base64decode (base64encode "चाय") }} {{ urlUnescape "a%20b+c" }}', 'चाय a b c'],
    ['{{ routeLabels "owner" }}{{ routeLabels "nobody" }}', 'Idle is Rani’s'],
    ['{{ reReplaceAll "^(.)" "<$1>" "dosa" }} {{ match "^d" "dosa" }}', '<d>osa true'],
  ])('%s', (text, expected) => {
    expect(render(text)).toBe(expected)
  })

  test('a page escapes what alerts say, but not its own markup', () => {
    const page = render('{{ template "email.default.html" . }}', 'html')
    expect(page).toContain('dosa &lt;closed&gt;')
    expect(page).toContain('<a href="http://p.test/?a&amp;b">Source</a>')
    expect(page).toContain('[1] Firing')
  })

  test('labels of routes that name each other in a circle are an error', () => {
    const templates = new NotificationTemplates(() => NOW_MS)
    const failures: string[] = []
    const labels = { a: '{{ routeLabels "b" }}', b: '{{ routeLabels "a" }}', c: 'fine' }
    expect(
      templates.renderRouteLabels(labels, templateData(DATA), (name, failure) =>
        failures.push(`${name}: ${String(failure)}`),
      ),
    ).toEqual({ c: 'fine' })
    expect(failures[0]).toContain('route label cycle detected: a -> b -> a')
  })

  test('what a file defines comes on top of what everybody has', () => {
    const templates = new NotificationTemplates(() => NOW_MS)
    templates.add('own.tmpl', '{{ define "__subject" }}Ours{{ end }}')
    expect(templates.render('{{ template "slack.default.title" . }}', templateData(DATA))).toBe('Ours')
  })
})
