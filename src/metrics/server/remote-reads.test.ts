import { beforeEach, describe, expect, test } from 'vitest'
import { rehearsedWorld } from '../../world/rehearsed-world.ts'
import type { VirtualClock } from '../../world/virtual-clock.ts'
import { readPrometheusConfig } from '../config/prometheus-config.ts'
import { remotePaths } from '../http/remote-paths.ts'
import { labelsOf } from '../model/labels.ts'
import { QueryEngine } from '../promql/engine.ts'
import type { ScrapeTransport } from '../scrape/transport.ts'
import { memoryTsdb, type Tsdb } from '../tsdb/tsdb.ts'
import { RemoteReads } from './remote-reads.ts'

const MINUTE_MS = 60_000

/** `orders{stall="chaat"} …` once a minute, from minute to minute; the value is the minute. */
async function fill(tsdb: Tsdb, labels: Record<string, string>, minutes: readonly [number, number]): Promise<void> {
  for (let minute = minutes[0]; minute <= minutes[1]; minute++) {
    const appender = tsdb.appender()
    appender.append(0, labelsOf(labels), { timestampMs: minute * MINUTE_MS, value: minute })
    await appender.commit()
  }
}

describe('what another Prometheus has', () => {
  let clock: VirtualClock
  let local: Tsdb
  let remote: Tsdb
  let asked: number
  let isDown: boolean
  let state: unknown

  beforeEach(async () => {
    clock = rehearsedWorld().clock
    local = memoryTsdb()
    remote = memoryTsdb()
    asked = 0
    isDown = false
    await fill(remote, { __name__: 'orders', stall: 'chaat', cluster: 'pune' }, [0, 20])
    await fill(remote, { __name__: 'orders', stall: 'dosa', cluster: 'goa' }, [0, 20])
    await fill(local, { __name__: 'orders', stall: 'chaat' }, [10, 30])
  })

  const transport: ScrapeTransport = async ({ body, url }) => {
    asked++
    if (isDown) return { status: 503, headers: {}, body: once(Buffer.from('no room\n')) }
    const answer = await remotePaths(
      {
        method: 'POST',
        path: new URL(url).pathname,
        query: new URLSearchParams(),
        headers: {},
        body: async () => (typeof body === 'string' ? Buffer.from(body) : (body ?? new Uint8Array())),
      },
      { clock, storage: remote, externalLabels: () => ({}), receivesWrite: false, readSamplesMax: 0 },
    )
    if (answer === undefined) throw new Error('nothing there')
    return { status: answer.status, headers: answer.headers, body: once(Buffer.from(answer.body)) }
  }

  async function query(section: string, expr: string, minute = 25) {
    const config = readPrometheusConfig(
      `global: {external_labels: {cluster: pune}}\nremote_read: [{url: http://past/api/v1/read, ${section}}]`,
    )
    const reads = new RemoteReads({ clock, storage: local, clientOf: () => transport })
    reads.apply(config.remote_read, config.global.external_labels)
    const { value, warnings } = await new QueryEngine({ clock }).instant(reads, expr, minute * MINUTE_MS)
    state = reads.state
    if (value.type !== 'vector') throw new Error(value.type)
    return { samples: value.samples.map((one) => [one.labels.toObject(), one.value]), warnings }
  }

  test('goes on where ours begins: a sample of both is one, and our external labels are those it has them under', async () => {
    expect(await query('read_recent: false', 'count_over_time(orders[1h])', 30)).toEqual({
      samples: [[{ stall: 'chaat' }, 31]],
      warnings: [],
    })
    expect(state).toMatchObject([{ answers: [{ responseType: 'chunked', code: 200, count: 1 }] }])
  })

  test('is not asked for what is here', async () => {
    expect((await query('read_recent: false', 'count_over_time(orders[10m])', 30)).samples).toEqual([
      [{ stall: 'chaat' }, 10],
    ])
    expect(asked).toBe(0)
  })

  test('is asked for everything where that is wanted, and for all clusters', async () => {
    const section = 'read_recent: true, filter_external_labels: false'
    expect((await query(section, 'max by (cluster) (orders)', 20)).samples).toEqual([
      [{ cluster: 'goa' }, 20],
      [{ cluster: 'pune' }, 20],
      [{}, 20],
    ])
  })

  test('is asked only when the required matchers are there', async () => {
    const section = 'read_recent: true, required_matchers: {stall: dosa}, filter_external_labels: false'
    expect((await query(section, 'count(orders)', 20)).samples).toEqual([[{}, 1]])
    expect(asked).toBe(0)
    expect((await query(section, 'count(orders{stall="dosa"})', 20)).samples).toEqual([[{}, 1]])
    expect(asked).toBe(1)
  })

  test('is missing while it is down, and a warning says so', async () => {
    isDown = true
    expect(await query('read_recent: false', 'count_over_time(orders[1h])', 30)).toEqual({
      samples: [[{ stall: 'chaat' }, 21]],
      warnings: ['remote server http://past/api/v1/read returned http status 503 Service Unavailable: no room'],
    })
    expect(state).toMatchObject([{ answers: [{ responseType: 'sampled', code: 503, count: 1 }], inFlight: 0 }])
  })
})

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes)
}
