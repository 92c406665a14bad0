import { describe, expect, test } from 'vitest'
import { loadAlertmanagerConfig } from './alertmanager-config.ts'
import { ConfigError } from './config-error.ts'
import { hideSecrets } from './hide-secrets.ts'

const MINIMAL = 'route: {receiver: a}\nreceivers: [{name: a}]\n'

describe('a configuration of Alertmanager', () => {
  test('has what it does not say', () => {
    expect(loadAlertmanagerConfig(MINIMAL)).toMatchObject({
      resolveTimeoutMs: 300_000,
      route: { receiver: 'a', continue: false },
    })
  })

  test('hands what is global on to receivers', () => {
    const config = loadAlertmanagerConfig(`
global: {smtp_smarthost: 'mail.test:587', smtp_from: a@b.test, smtp_auth_password: x, slack_api_url: 'https://hooks.slack.test/x'}
route: {receiver: a}
receivers:
- name: a
  email_configs: [{to: c@d.test}]
  slack_configs: [{channel: '#a'}]
`)
    const [receiver] = config.receivers
    expect(receiver?.email_configs?.[0]).toMatchObject({
      smarthost: 'mail.test:587',
      from: 'a@b.test',
      auth_password: 'x',
      require_tls: true,
    })
    expect(receiver?.slack_configs?.[0]).toMatchObject({ api_url: 'https://hooks.slack.test/x' })
  })

  test.each([
    ['', 'no route provided in config', undefined],
    ['receivers: [{name: a}]', 'no routes provided', undefined],
    ['route: {receiver: b}\nreceivers: [{name: a}]', 'undefined receiver "b" used in route', undefined],
    ['\nroute:\n  receiver: a\n  match: {x: y}\nreceivers: [{name: a}]', 'root route must not have any matchers', 3],
    [
      `${MINIMAL}surprise: 1`,
      'yaml: unmarshal errors:\n  line 3: field surprise not found in type config.plain',
      undefined,
    ],
    ['route:\n  receiver: a\n  group_by: [x,\n    x]\nreceivers: [{name: a}]', 'duplicated label "x" in group_by', 2],
    [
      'route:\n  receiver: a\n  group_wait: soon\nreceivers: [{name: a}]',
      'line 3: not a valid duration string: "soon"',
      undefined,
    ],
    [
      'route: {receiver: a}\nreceivers:\n- name: a\n  webhook_configs:\n  - url: ftp://x',
      'unsupported scheme "ftp" for URL',
      5,
    ],
    [
      'route: {receiver: a}\nreceivers:\n- name: a\n  webhook_configs:\n  - {}',
      'one of url or url_file must be configured',
      5,
    ],
    [
      'route: {receiver: a}\nreceivers:\n- name: a\n  pagerduty_configs:\n  - {}',
      'missing service or routing key in PagerDuty config',
      5,
    ],
    [
      'route: {receiver: a, routes: [{mute_time_intervals: [night]}]}\nreceivers: [{name: a}]',
      'undefined time interval "night" used in route',
      undefined,
    ],
    [`${MINIMAL}inhibit_rules:\n- source_matchers: ['a=~(']`, 'error parsing regexp: missing closing ): `^(?:()$`', 4],
    ['a: [', 'yaml: line 1: ', undefined],
  ])('%j is refused', (content, message, line) => {
    const failure = attempt(content)
    expect(failure).toBeInstanceOf(ConfigError)
    expect(failure?.message).toContain(message)
    if (line !== undefined) expect(failure?.line).toBe(line)
  })

  test('is shown without what nobody is to read', () => {
    const shown = hideSecrets(`
global: {smtp_auth_password: hush, slack_api_url: 'https://hooks.slack.test/hush'}
receivers:
- name: a
  webhook_configs: [{url: 'https://user:hush@hook.test/hush?x=hush', http_config: {authorization: {credentials: hush}}}]
  pagerduty_configs: [{routing_key: hush, url: 'https://events.test/'}]
  victorops_configs: [{api_key: hush, routing_key: team-a}]
`)
    expect(shown).not.toContain('hush')
    expect(shown).toContain('https://hook.test/<secret>')
    expect(shown).toContain('https://events.test/')
    expect(shown).toContain('team-a')
  })
})

function attempt(content: string): ConfigError | undefined {
  try {
    loadAlertmanagerConfig(content)
    return undefined
  } catch (failure) {
    if (failure instanceof ConfigError) return failure
    throw failure
  }
}
