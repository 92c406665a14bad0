import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../world/virtual-clock.ts'
import { labelsOf } from '../model/labels.ts'
import { prometheusSource } from './prometheus-source.ts'

/** A Prometheus that answers one thing, and what it was asked. */
function source(status: number, answer: object | string) {
  const asked: string[] = []
  const clock = new VirtualClock(1_000_000)
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer)
  const network = {
    async request({ url }: { readonly url: string }) {
      asked.push(decodeURIComponent(url))
      async function* body() {
        yield new TextEncoder().encode(text)
      }
      return { status, headers: {}, body: body() }
    },
  }
  return { made: prometheusSource({ clock, network, url: () => 'http://prometheus.monitoring.svc:9090/' }), asked }
}

describe('prometheusSource', () => {
  test('asks for the series of the last five minutes', async () => {
    const { made, asked } = source(200, { status: 'success', data: [{ __name__: 'up', job: 'web' }] })
    expect(await made.series('up{job!=""}')).toEqual([labelsOf({ __name__: 'up', job: 'web' })])
    const query = 'match[]=up{job!=""}&start=700&end=1000'
    expect(asked).toEqual([`http://prometheus.monitoring.svc:9090/api/v1/series?${query}`])
  })

  test('reads a vector; a native histogram in it has no value', async () => {
    const result = [
      { metric: { pod: 'a' }, value: [1_000, '1.5'] },
      { metric: { pod: 'b' }, value: [1_000, '+Inf'] },
      { metric: { pod: 'c' }, histogram: [1_000, {}] },
    ]
    const { made } = source(200, { status: 'success', data: { resultType: 'vector', result } })
    expect(await made.query('rate(x[1m])')).toEqual([
      { labels: labelsOf({ pod: 'a' }), value: 1.5 },
      { labels: labelsOf({ pod: 'b' }), value: Number.POSITIVE_INFINITY },
    ])
  })

  test('reads a scalar as one sample without labels', async () => {
    const { made } = source(200, { status: 'success', data: { resultType: 'scalar', result: [1_000, '7'] } })
    expect(await made.query('7')).toEqual([{ labels: labelsOf({}), value: 7 }])
  })

  test.each([
    [400, { status: 'error', error: 'parse error' }, 'Prometheus answers 400: parse error'],
    [502, 'Bad Gateway', 'Prometheus answers 502, and not with JSON'],
    [200, { status: 'success', data: { resultType: 'matrix', result: [] } }, 'the query gives a matrix, not a vector'],
  ])('an answer %s that is no result is told', async (status, answer, words) => {
    const { made } = source(status, answer)
    await expect(made.query('up')).rejects.toThrow(words)
  })

  test('a Prometheus that never answers is given up on after ten seconds', async () => {
    const clock = new VirtualClock(0)
    const request = ({ signal }: { readonly signal?: AbortSignal }) =>
      new Promise<never>((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error))
      })
    const made = prometheusSource({ clock, network: { request }, url: () => 'http://prometheus:9090' })
    const asking = expect(made.query('up')).rejects.toThrow('no answer from http://prometheus:9090 within 10 s')
    await clock.advance(10_000)
    await asking
  })
})
