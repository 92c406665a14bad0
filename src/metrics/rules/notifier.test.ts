import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../world/virtual-clock.ts'
import { labelsOf } from '../model/labels.ts'
import { anchoredPattern } from '../relabel/anchored-pattern.ts'
import { relabelConfig } from '../relabel/relabel-config.ts'
import type { Alert } from './alert.ts'
import { type AlertmanagerTarget, Notifier } from './notifier.ts'

const URL_A = 'http://a.test/api/v2/alerts'
const URL_B = 'http://b.test/api/v2/alerts'

function target(url: string, relabelConfigs: AlertmanagerTarget['relabelConfigs'] = []): AlertmanagerTarget {
  return { url, timeoutMs: 10_000, relabelConfigs }
}

function alert(labels: Record<string, string>): Alert {
  return {
    state: 'firing',
    labels: labelsOf(labels),
    annotations: labelsOf({ summary: 's' }),
    value: 1,
    activeAtMs: 0,
    firedAtMs: 1_000,
    validUntilMs: 241_000,
  }
}

describe('the way to Alertmanagers', () => {
  function harness(post: (url: string, body: string, signal: AbortSignal) => Promise<number>) {
    const clock = new VirtualClock(0)
    const logged: string[] = []
    const notifier = new Notifier({
      clock,
      externalUrl: 'http://prometheus.test',
      post: ({ url }, body, signal) => post(url, body, signal),
      log: (message) => logged.push(message),
    })
    return { clock, notifier, logged }
  }

  test('says where an alert comes from, and drops what is not to be told', async () => {
    const posted: [string, unknown][] = []
    const { clock, notifier } = harness((url, body) => {
      posted.push([url, JSON.parse(body)])
      return Promise.resolve(200)
    })
    const drop = (value: string) =>
      relabelConfig({ source_labels: ['severity'], regex: anchoredPattern(value), action: 'drop' })
    notifier.applyConfig({ externalLabels: labelsOf({ town: 'Pune', team: 'x' }), relabelConfigs: [drop('debug')] })
    notifier.setAlertmanagers([target(URL_A), target(URL_B, [drop('info')])])
    notifier.send('heat > 1', [
      alert({ alertname: 'Hot', team: 'ovens' }),
      alert({ severity: 'info' }),
      alert({ severity: 'debug' }),
    ])
    await clock.advance(0)
    const hot = {
      labels: { alertname: 'Hot', team: 'ovens', town: 'Pune' },
      annotations: { summary: 's' },
      startsAt: '1970-01-01T00:00:01.000Z',
      endsAt: '1970-01-01T00:04:01.000Z',
      generatorURL: 'http://prometheus.test/graph?g0.expr=heat+%3E+1&g0.tab=1',
    }
    expect(posted).toEqual([
      [URL_A, [hot, expect.objectContaining({ labels: { severity: 'info', team: 'x', town: 'Pune' } })]],
      [URL_B, [hot]],
    ])
    expect(notifier.counts.map(({ sent, queued }) => [sent, queued])).toEqual([
      [2, 0],
      [1, 0],
    ])
  })

  test('one that is away or slow keeps nobody else from being told', async () => {
    const reached: string[] = []
    const { clock, notifier, logged } = harness((url, _body, signal) => {
      reached.push(url)
      if (url === URL_B) return Promise.resolve(200)
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    })
    notifier.setAlertmanagers([target(URL_A), target(URL_B)])
    notifier.send('x', [alert({ alertname: 'Hot' })])
    await clock.advance(11_000)
    expect(reached).toEqual([URL_A, URL_B])
    expect(notifier.counts).toEqual([
      { url: URL_A, sent: 0, errors: 1, dropped: 1, queued: 0 },
      { url: URL_B, sent: 1, errors: 0, dropped: 0, queued: 0 },
    ])
    expect(logged).toEqual([`Error sending 1 alerts to ${URL_A}: context deadline exceeded`])
  })

  test('goes in batches, and what is too much is dropped from the oldest on', async () => {
    const sizes: number[] = []
    const { clock, notifier } = harness((_url, body) => {
      sizes.push((JSON.parse(body) as unknown[]).length)
      return Promise.resolve(200)
    })
    notifier.setAlertmanagers([target(URL_A)])
    notifier.send(
      'x',
      Array.from({ length: 10_500 }, (_, index) => alert({ index: String(index) })),
    )
    await clock.advance(0)
    expect(Math.max(...sizes)).toBe(256)
    expect(notifier.counts[0]).toMatchObject({ sent: 10_000, dropped: 500 })
  })
})
