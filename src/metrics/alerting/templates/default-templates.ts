/**
 * The templates that every Alertmanager has: their names are what configurations out there call, and what they render is what
 * receivers out there know (prometheus/alertmanager template/default.tmpl).
 */
export function defaultTemplates(): string {
  return [...SHARED, ...Object.entries(CHANNELS).flatMap(definitionsOf), JIRA_PRIORITY, EMAIL].join('')
}

function define(name: string, body: string): string {
  return `{{ define "${name}" }}${body}{{ end }}`
}

function call(name: string, argument = '.'): string {
  return `{{ template "${name}" ${argument} }}`
}

const SUBJECT = call('__subject')
const ALERTMANAGER = call('__alertmanager')
const ALERTMANAGER_URL = call('__alertmanagerURL')
const COLOR = '{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}'
const NOTHING = ''

/** Values of the annotations that all alerts share. */
const SUMMARY = '{{ join " " .CommonAnnotations.SortedPairs.Values }}'

/** `[FIRING:2] group labels (other labels in common)` */
const SUBJECT_TEXT =
  '[{{ toUpper .Status }}{{ if eq .Status "firing" }}:{{ len .Alerts.Firing }}{{ end }}] ' +
  '{{ .GroupLabels.SortedPairs.Values.Join " " }} ' +
  '{{ if lt (len .GroupLabels) (len .CommonLabels) }}' +
  '({{ (.CommonLabels.Remove .GroupLabels.Names).Values.Join " " }}){{ end }}'

const SHARED: readonly string[] = [
  define('__alertmanager', 'Alertmanager'),
  define('__alertmanagerURL', '{{ .ExternalURL }}/#/alerts?receiver={{ urlquery .Receiver }}'),
  define('__subject', SUBJECT_TEXT),
  define('__description', NOTHING),
  define('__text_alert_list', alertList(' ', '')),
  define('__text_alert_list_markdown', `${alertList('  ', '\n')}\n`),
]

/** Labels, annotations and source of each alert, with `gap` before each of the three. */
function alertList(indent: string, gap: string): string {
  const pairs = (field: string): string =>
    `{{ range .${field}.SortedPairs }}${indent}- {{ .Name }} = {{ .Value }}\n{{ end }}`
  return (
    `{{ range . }}${gap}Labels:\n${pairs('Labels')}${gap}Annotations:\n${pairs('Annotations')}` +
    `${gap}Source: {{ .GeneratorURL }}\n{{ end }}`
  )
}

interface Sections {
  readonly list: string
  readonly heading: string
  /** What stands around a section, when it is there. */
  readonly before: string
  readonly after: string
}

const COMPACT: Sections = { list: '__text_alert_list', heading: '', before: '', after: '' }
const LOOSE: Sections = { list: '__text_alert_list', heading: '', before: '\n', after: '\n' }
const MARKDOWN: Sections = { list: '__text_alert_list_markdown', heading: '# ', before: '\n', after: '\n' }

/** The alerts that fire and those that are over, each under a heading. */
function section(status: 'Firing' | 'Resolved', { list, heading, before, after }: Sections): string {
  return `{{ if .Alerts.${status} }}${before}${heading}Alerts ${status}:\n${call(list, `.Alerts.${status}`)}${after}{{ end }}`
}

function sections(shape: Sections): string {
  return `${section('Firing', shape)}\n${section('Resolved', shape)}`
}

const COMPACT_TEXT = `${SUMMARY}\n${sections(COMPACT)}`
const LOOSE_TEXT = `${SUMMARY}\n${sections(LOOSE)}\n`
const LOOSE_SECTIONS = `\n${sections(LOOSE)}\n`
const MARKDOWN_SECTIONS = `\n${sections(MARKDOWN)}\n`

/** What each kind of receiver shows, by the field's name. */
const CHANNELS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  slack: {
    title: SUBJECT,
    username: ALERTMANAGER,
    fallback: `${call('slack.default.title')} | ${call('slack.default.titlelink')}`,
    callbackid: NOTHING,
    pretext: NOTHING,
    titlelink: ALERTMANAGER_URL,
    iconemoji: NOTHING,
    iconurl: NOTHING,
    text: NOTHING,
    footer: NOTHING,
    color: COLOR,
  },
  pagerduty: {
    description: SUBJECT,
    client: ALERTMANAGER,
    clientURL: ALERTMANAGER_URL,
    instances: call('__text_alert_list'),
  },
  opsgenie: { message: SUBJECT, description: COMPACT_TEXT, source: ALERTMANAGER_URL },
  wechat: {
    message: `${SUBJECT}\n${COMPACT_TEXT}\nAlertmanagerUrl:\n${ALERTMANAGER_URL}`,
    to_user: NOTHING,
    to_party: NOTHING,
    to_tag: NOTHING,
    agent_id: NOTHING,
  },
  victorops: { state_message: COMPACT_TEXT, entity_display_name: SUBJECT, monitoring_tool: ALERTMANAGER },
  pushover: { title: SUBJECT, message: LOOSE_TEXT, url: ALERTMANAGER_URL },
  sns: { subject: SUBJECT, message: LOOSE_TEXT },
  telegram: { message: LOOSE_SECTIONS },
  discord: { content: NOTHING, title: SUBJECT, message: LOOSE_SECTIONS },
  webex: { message: LOOSE_TEXT },
  msteams: { summary: SUBJECT, title: SUBJECT, text: MARKDOWN_SECTIONS },
  msteamsv2: { title: SUBJECT, text: MARKDOWN_SECTIONS },
  jira: { summary: SUBJECT, description: MARKDOWN_SECTIONS },
  rocketchat: {
    title: SUBJECT,
    alias: ALERTMANAGER,
    titlelink: ALERTMANAGER_URL,
    emoji: NOTHING,
    iconurl: NOTHING,
    text: NOTHING,
  },
  mattermost: {
    color: COLOR,
    username: ALERTMANAGER,
    title: SUBJECT,
    titlelink: ALERTMANAGER_URL,
    fallback: `${call('mattermost.default.title')} | ${call('mattermost.default.titlelink')}`,
    text: MARKDOWN_SECTIONS,
  },
}

function definitionsOf([channel, fields]: readonly [string, Readonly<Record<string, string>>]): readonly string[] {
  return Object.entries(fields).map(([field, body]) => define(`${channel}.default.${field}`, body))
}

/** The gravest severity of the alerts that fire, or of those that are over when none does. */
const JIRA_PRIORITY = [
  define(
    '__severest',
    '{{- $found := "" }}{{ range . }}{{ $severity := index .Labels "severity" }}' +
      '{{ if eq $severity "critical" }}{{ $found = "High" }}' +
      '{{ else if and (eq $severity "warning") (ne $found "High") }}{{ $found = "Medium" }}' +
      '{{ else if and (eq $severity "info") (eq $found "") }}{{ $found = "Low" }}{{ end }}{{ end }}{{ $found -}}',
  ),
  define(
    'jira.default.priority',
    '{{ $graded := false }}{{ range .Alerts.Firing }}' +
      '{{ if match "^(critical|warning|info)$" (index .Labels "severity") }}{{ $graded = true }}{{ end }}{{ end }}' +
      '{{ if $graded }}{{ template "__severest" .Alerts.Firing }}{{ else }}{{ template "__severest" .Alerts.Resolved }}{{ end }}',
  ),
].join('')

const STYLE = 'font-family: sans-serif; border-collapse: collapse'

const EMAIL = [
  define('email.default.subject', SUBJECT),
  define(
    '__email_alerts',
    '{{ range . }}<tr><td style="padding: 8px; vertical-align: top">' +
      '<strong>Labels</strong><br>{{ range .Labels.SortedPairs }}{{ .Name }} = {{ .Value }}<br>{{ end }}' +
      '{{ if gt (len .Annotations) 0 }}<strong>Annotations</strong><br>{{ end }}' +
      '{{ range .Annotations.SortedPairs }}{{ .Name }} = {{ .Value }}<br>{{ end }}' +
      '<a href="{{ .GeneratorURL }}">Source</a></td></tr>{{ end }}',
  ),
  define(
    'email.default.html',
    '<!DOCTYPE html><html><head><meta charset="utf-8"><title>{{ template "__subject" . }}</title></head>' +
      `<body><table style="${STYLE}">` +
      '<tr><th style="padding: 8px; text-align: left">{{ len .Alerts }} alert{{ if gt (len .Alerts) 1 }}s{{ end }} for ' +
      '{{ range .GroupLabels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}</th></tr>' +
      '<tr><td style="padding: 8px"><a href="{{ template "__alertmanagerURL" . }}">View in {{ template "__alertmanager" . }}</a></td></tr>' +
      '{{ if gt (len .Alerts.Firing) 0 }}<tr><td style="padding: 8px"><strong>[{{ len .Alerts.Firing }}] Firing</strong></td></tr>' +
      '{{ template "__email_alerts" .Alerts.Firing }}{{ end }}' +
      '{{ if gt (len .Alerts.Resolved) 0 }}<tr><td style="padding: 8px"><strong>[{{ len .Alerts.Resolved }}] Resolved</strong></td></tr>' +
      '{{ template "__email_alerts" .Alerts.Resolved }}{{ end }}' +
      '</table></body></html>',
  ),
].join('')
