import { beforeEach, describe, expect, test } from 'vitest'
import type { Network, RequestOptions } from '../../world/network.ts'
import { RehearsedDisk } from '../../world/rehearsed-disk.ts'
import { rehearsedWorld, type RehearsedWorld } from '../../world/rehearsed-world.ts'
import { Alertmanager } from './alertmanager.ts'
import { ConfigError } from './config/config-error.ts'

const CONFIG = `
route:
  receiver: kitchen
  group_by: [alertname]
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 1h
receivers:
- name: kitchen
  webhook_configs:
  - url: http://hook.test/kitchen
`

interface Posted {
  readonly atMs: number
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Record<string, unknown>
}

/** Takes what is posted, and answers with what it is told to. */
class Receiver implements Network {
  readonly posted: Posted[] = []
  answer = { status: 200, body: '' }
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  request({ url, headers = {}, body }: RequestOptions) {
    const { status, body: text } = this.answer
    this.posted.push({ atMs: this.#now(), url, headers, body: JSON.parse(String(body)) as Record<string, unknown> })
    return Promise.resolve({
      status,
      headers: {},
      body: (async function* () {
        yield Buffer.from(text)
      })(),
    })
  }

  listen(): never {
    throw new Error('nobody listens here')
  }

  connectLines(): never {
    throw new Error('there is no mail here')
  }
}

describe('an Alertmanager', () => {
  let world: RehearsedWorld
  let disk: RehearsedDisk
  let receiver: Receiver
  let startMs: number
  const logged: string[] = []

  beforeEach(async () => {
    logged.length = 0
    world = rehearsedWorld({ seed: 'alertmanager' })
    startMs = world.clock.now()
    disk = new RehearsedDisk()
    receiver = new Receiver(() => world.clock.now() - startMs)
    await disk.makeDirectory('/etc')
  })

  async function start(config: string): Promise<Alertmanager> {
    await disk.write('/etc/alertmanager.yml', config)
    const alertmanager = new Alertmanager({
      world: { ...world, disk, network: receiver },
      configFile: '/etc/alertmanager.yml',
      storagePath: '/data',
      externalUrl: 'http://am.test',
      version: '1',
      log: (message) => logged.push(message),
    })
    await alertmanager.start()
    return alertmanager
  }

  function call(alertmanager: Alertmanager, request: string, body?: unknown) {
    const [method = '', target = ''] = request.split(' ')
    const { pathname: path, searchParams: query } = new URL(target, 'http://am.test')
    return alertmanager.handle({ method, path, query, body: body === undefined ? '' : JSON.stringify(body) })
  }

  async function push(alertmanager: Alertmanager, labels: Record<string, string>, more: object = {}): Promise<void> {
    expect((await call(alertmanager, 'POST /api/v2/alerts', [{ labels, ...more }])).status).toBe(200)
  }

  test('tells a group after its wait, as version 4 of webhooks', async () => {
    const alertmanager = await start(CONFIG)
    await push(
      alertmanager,
      { alertname: 'TawaCold', stall: 'dosa' },
      { annotations: { summary: 'cold' }, generatorURL: 'http://p.test/g' },
    )
    await world.clock.advance(29_000)
    expect(receiver.posted).toEqual([])
    await world.clock.advance(1_000)
    expect(receiver.posted.map(({ url, body }) => ({ url, body }))).toEqual([
      {
        url: 'http://hook.test/kitchen',
        body: {
          receiver: 'kitchen',
          status: 'firing',
          alerts: [
            {
              status: 'firing',
              labels: { alertname: 'TawaCold', stall: 'dosa' },
              annotations: { summary: 'cold' },
              startsAt: '2026-01-01T00:00:00.000Z',
              endsAt: '0001-01-01T00:00:00Z',
              generatorURL: 'http://p.test/g',
              fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
            },
          ],
          notification_reason: 'first notification',
          groupLabels: { alertname: 'TawaCold' },
          commonLabels: { alertname: 'TawaCold', stall: 'dosa' },
          commonAnnotations: { summary: 'cold' },
          routeLabels: {},
          externalURL: 'http://am.test',
          version: '4',
          groupKey: '{}:{alertname="TawaCold"}',
          truncatedAlerts: 0,
        },
      },
    ])
    await alertmanager.stop()
  })

  test('an alert that nobody says again is over after five minutes', async () => {
    const alertmanager = await start(CONFIG)
    await push(alertmanager, { alertname: 'TawaCold' })
    await world.clock.advance(11 * 60_000)
    expect(receiver.posted.map(({ atMs, body }) => [atMs, body['status']])).toEqual([
      [30_000, 'firing'],
      [330_000, 'resolved'],
    ])
    await alertmanager.stop()
  })

  test('silences and what was told outlive a restart', async () => {
    const before = await start(CONFIG)
    const labels = { alertname: 'TawaCold' }
    const forAnHour = { endsAt: new Date(startMs + 3_600_000).toISOString() }
    await push(before, labels, forAnHour)
    await world.clock.advance(31_000)
    const silence = {
      matchers: [{ name: 'alertname', value: 'Flour', isRegex: false }],
      createdBy: 'rani',
      comment: 'known',
      startsAt: new Date(world.clock.now()).toISOString(),
      ...forAnHour,
    }
    await call(before, 'POST /api/v2/silences', silence)
    await before.stop()
    const after = await start(CONFIG)
    await push(after, labels, forAnHour)
    await world.clock.advance(120_000)
    expect(receiver.posted).toHaveLength(1)
    const kept = JSON.parse((await call(after, 'GET /api/v2/silences')).body) as { comment: string }[]
    expect(kept.map(({ comment }) => comment)).toEqual(['known'])
    await after.stop()
  })

  test('a broken configuration is refused with its line, and the one before goes on', async () => {
    const alertmanager = await start(CONFIG)
    await disk.write('/etc/alertmanager.yml', CONFIG.replace('receiver: kitchen', 'receiver: nobody'))
    expect(await call(alertmanager, 'POST /-/reload')).toMatchObject({
      status: 500,
      body: 'failed to reload config: undefined receiver "nobody" used in route\n',
    })
    await disk.write('/etc/alertmanager.yml', `${CONFIG}  unknown: 1\n`)
    await expect(alertmanager.reload()).rejects.toThrow(
      new ConfigError('yaml: unmarshal errors:\n  line 12: field unknown not found in type config.plain'),
    )
    await push(alertmanager, { alertname: 'TawaCold' })
    await world.clock.advance(30_000)
    expect(receiver.posted).toHaveLength(1)
    await alertmanager.stop()
  })

  test('what it cannot do is refused at the start, by name', async () => {
    const pager = CONFIG.replace(
      'webhook_configs:\n  - url: http://hook.test/kitchen',
      'pagerduty_configs:\n  - routing_key: x',
    )
    await expect(start(pager)).rejects.toThrow('receiver "kitchen": pagerduty_configs is not supported here')
    const proxied = `${CONFIG}    http_config: {proxy_url: "http://proxy.test"}\n`
    await expect(start(proxied)).rejects.toThrow('receiver "kitchen": http_config.proxy_url is not supported here')
  })

  test('a receiver that is away is tried again; one that says no is not', async () => {
    const alertmanager = await start(CONFIG)
    receiver.answer = { status: 503, body: 'busy' }
    await push(alertmanager, { alertname: 'TawaCold' })
    await world.clock.advance(32_000)
    expect(receiver.posted.length).toBeGreaterThan(2)
    receiver.answer = { status: 200, body: '' }
    await world.clock.advance(60_000)
    const tries = receiver.posted.length
    await world.clock.advance(60_000)
    expect(receiver.posted).toHaveLength(tries)
    receiver.answer = { status: 404, body: 'no such stall' }
    await push(alertmanager, { alertname: 'FlourLow' })
    await world.clock.advance(120_000)
    expect(receiver.posted).toHaveLength(tries + 1)
    expect(logged.at(-1)).toContain('unrecoverable error after 1 attempts: unexpected status code 404: no such stall')
    await alertmanager.stop()
  })

  test('Slack is told in its own form, with a token where one is given', async () => {
    const slack = `
route: {receiver: kitchen, group_wait: 1s, group_by: [alertname]}
receivers:
- name: kitchen
  slack_configs:
  - app_token: xoxb-1
    channel: '#{{ .GroupLabels.alertname | toLower }}'
    text: '{{ range .Alerts }}{{ .Annotations.summary }}{{ end }}'
    fields: [{title: Stall, value: '{{ .CommonLabels.stall }}', short: true}]
`
    const alertmanager = await start(slack)
    await push(alertmanager, { alertname: 'TawaCold', stall: 'dosa' }, { annotations: { summary: 'cold' } })
    await world.clock.advance(1_000)
    const [told] = receiver.posted
    expect(told?.url).toBe('https://slack.com/api/chat.postMessage')
    expect(told?.headers['authorization']).toBe('Bearer xoxb-1')
    expect(told?.body).toMatchObject({
      channel: '#tawacold',
      username: 'Alertmanager',
      attachments: [
        {
          title: '[FIRING:1] TawaCold (dosa)',
          title_link: 'http://am.test/#/alerts?receiver=kitchen',
          text: 'cold',
          color: 'danger',
          fields: [{ title: 'Stall', value: 'dosa', short: true }],
        },
      ],
    })
    await alertmanager.stop()
  })

  test('says of itself what dashboards about Alertmanagers ask', async () => {
    const alertmanager = await start(CONFIG)
    await push(alertmanager, { alertname: 'TawaCold' })
    await call(alertmanager, 'POST /api/v2/alerts', [{ labels: {} }])
    await world.clock.advance(30_000)
    receiver.answer = { status: 404, body: '' }
    await push(alertmanager, { alertname: 'FlourLow' })
    await world.clock.advance(30_000)
    const { headers, body } = await call(alertmanager, 'GET /metrics')
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
    for (const line of [
      'alertmanager_alerts{state="active"} 2',
      'alertmanager_alerts_received_total{status="firing"} 3',
      'alertmanager_alerts_invalid_total 1',
      'alertmanager_notifications_total{integration="webhook"} 2',
      'alertmanager_notifications_failed_total{integration="webhook"} 1',
      'alertmanager_config_last_reload_successful 1',
      'alertmanager_dispatcher_aggregation_groups 2',
    ]) {
      expect(body.split('\n')).toContain(line)
    }
    await alertmanager.stop()
  })

  test.each([
    ['GET /api/v1/alerts', 410],
    ['GET /-/ready', 200],
    ['GET /-/healthy', 200],
    ['GET /nowhere', 404],
    ['GET /api/v2/nowhere', 404],
    ['PUT /api/v2/alerts', 405],
    ['GET /api/v2/silence/x', 422],
    ['GET /api/v2/silence/00000000-0000-0000-0000-000000000000', 404],
    ['DELETE /api/v2/silence/00000000-0000-0000-0000-000000000000', 404],
    ['GET /api/v2/alerts?active=perhaps', 422],
    ['GET /api/v2/alerts?filter=%7B', 400],
    ['GET /api/v2/alerts?receiver=(', 400],
    ['GET /api/v2/status', 200],
    ['GET /api/v2/receivers', 200],
  ])('%s is answered %i', async (request, status) => {
    const alertmanager = await start(CONFIG)
    expect((await call(alertmanager, request)).status).toBe(status)
    await alertmanager.stop()
  })

  test.each([
    ['POST /api/v2/alerts', { not: 'a list' }, 422],
    ['POST /api/v2/alerts', [{ labels: {} }], 400],
    ['POST /api/v2/alerts', [{ labels: { a: 1 } }], 400],
    ['POST /api/v2/alerts', [{ labels: { a: 'b' }, startsAt: 'yesterday' }], 422],
    [
      'POST /api/v2/alerts',
      [{ labels: { a: 'b' }, startsAt: '2026-01-02T00:00:00Z', endsAt: '2026-01-01T00:00:00Z' }],
      400,
    ],
    ['POST /api/v2/silences', {}, 422],
    [
      'POST /api/v2/silences',
      { matchers: [], createdBy: 'a', comment: 'b', startsAt: '2026-01-01T00:00:00Z', endsAt: '2026-01-02T00:00:00Z' },
      422,
    ],
    [
      'POST /api/v2/silences',
      {
        matchers: [{ name: 'a', value: '', isRegex: false }],
        createdBy: 'a',
        comment: 'b',
        startsAt: '2026-01-01T00:00:00Z',
        endsAt: '2026-01-02T00:00:00Z',
      },
      400,
    ],
    [
      'POST /api/v2/silences',
      {
        matchers: [{ name: 'a', value: 'b', isRegex: false }],
        createdBy: 'a',
        comment: 'b',
        startsAt: '2025-01-01T00:00:00Z',
        endsAt: '2025-01-02T00:00:00Z',
      },
      400,
    ],
  ])('%s with %j is refused', async (request, body, status) => {
    const alertmanager = await start(CONFIG)
    expect((await call(alertmanager, request, body)).status).toBe(status)
    await alertmanager.stop()
  })
})
