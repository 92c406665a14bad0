import { describe, expect, test } from 'vitest'
import { snappyUncompress } from '../../base/snappy.ts'
import { rehearsedWorld } from '../../world/rehearsed-world.ts'
import { readPrometheusConfig } from '../config/prometheus-config.ts'
import { labelsOf } from '../model/labels.ts'
import { memoryTsdb } from '../tsdb/memory-tsdb.ts'
import { teeStorage } from './tee-storage.ts'
import { WriteQueue } from './write-queue.ts'
import { readWriteV1 } from './write-v1.ts'

/** A queue to a receiver whose answers are told beforehand: 204 when none are left. */
function harness(options = '', answers: number[] = []) {
  const { clock } = rehearsedWorld()
  const config = readPrometheusConfig(`remote_write: [{url: 'http://far/write', ${options}}]`).remote_write[0]!
  const received: { readonly atMs: number; readonly values: number[]; readonly labels: Record<string, string> }[] = []
  const problems: string[] = []
  const startMs = clock.now()
  const queue = new WriteQueue(config, {
    clock,
    externalLabels: { region: 'in' },
    onProblem: (problem) => problems.push(problem),
    transport: ({ body }) => {
      const status = answers.shift() ?? 204
      const series = readWriteV1(snappyUncompress(body as Uint8Array))
      if (status === 204) {
        received.push({
          atMs: clock.now() - startMs,
          values: series.flatMap(({ samples }) => samples.map(({ value }) => value)),
          labels: series[0]!.labels.toObject(),
        })
      }
      return Promise.resolve({ status, headers: {}, body: (async function* () {})() })
    },
  })
  const storage = teeStorage(memoryTsdb(), [queue])
  let ms = clock.now()
  const write = async (...values: number[]) => {
    const appender = storage.appender()
    const labels = labelsOf({ __name__: 'a' })
    for (const value of values) appender.append(0, labels, { timestampMs: ms++, value })
    await appender.commit()
  }
  return { clock, queue, received, problems, write, storage }
}

describe('WriteQueue', () => {
  test('sends when a batch is full, or when the deadline has passed', async () => {
    const { clock, received, write, queue } = harness('queue_config: {max_samples_per_send: 2}')
    await write(1, 2, 3)
    await clock.advance(0)
    expect(received.map(({ values }) => values)).toEqual([[1, 2]])
    await clock.advance(5_000)
    expect(received.map(({ values }) => values)).toEqual([[1, 2], [3]])
    expect(received[0]?.labels).toEqual({ __name__: 'a', region: 'in' })
    await queue.stop()
  })

  test('sends again after failures that may pass, in order', async () => {
    const { clock, received, problems, write, queue } = harness(
      'queue_config: {max_samples_per_send: 1, min_backoff: 1s, max_backoff: 4s}',
      [503, 500],
    )
    await write(1)
    await write(2)
    await clock.advance(10_000)
    expect(received).toMatchObject([
      { atMs: 3_000, values: [1] },
      { atMs: 3_000, values: [2] },
    ])
    expect(problems[0]).toBe('remote write to http://far/write: server returned HTTP status 503 Service Unavailable: ')
    expect(queue.counts).toMatchObject({ sent: 2, failed: 0, retried: 2, dropped: 0, pending: 0 })
    await queue.stop()
  })

  test('gives up what is refused for good', async () => {
    const { clock, received, write, queue } = harness('queue_config: {max_samples_per_send: 1}', [400])
    await write(1)
    await write(2)
    await clock.advance(1_000)
    expect(received.map(({ values }) => values)).toEqual([[2]])
    expect(queue.counts).toMatchObject({ sent: 1, failed: 1 })
    await queue.stop()
  })

  test('drops what finds no room, and what a rule drops', async () => {
    const full = harness('queue_config: {capacity: 2, max_shards: 1, min_shards: 1}')
    await full.write(1, 2, 3)
    expect(full.queue.counts).toMatchObject({ pending: 2, dropped: 1 })
    const ruled = harness('write_relabel_configs: [{source_labels: [__name__], regex: a, action: drop}]')
    await ruled.write(1)
    expect(ruled.queue.counts).toMatchObject({ pending: 0, dropped: 1 })
  })

  test('what was rolled back is not sent, and stopping sends the rest', async () => {
    const { received, write, queue, storage } = harness()
    const appender = storage.appender()
    appender.append(0, labelsOf({ __name__: 'gone' }), { timestampMs: 1, value: 9 })
    appender.rollback()
    await write(1)
    await queue.stop()
    expect(received.map(({ values }) => values)).toEqual([[1]])
  })
})
