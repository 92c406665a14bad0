import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../../world/random.ts'
import { RehearsedDisk } from '../../world/rehearsed-disk.ts'
import { VirtualClock } from '../../world/virtual-clock.ts'
import type { FloatHistogram } from '../model/histogram.ts'
import { labelsOf } from '../model/labels.ts'
import type { Matcher } from '../model/matcher.ts'
import type { Queryable } from '../model/storage.ts'
import { type DiskTsdb, type DiskTsdbOptions, openTsdb } from './tsdb.ts'

const ALWAYS = { minMs: -Infinity, maxMs: Infinity }
const MINUTE_MS = 60_000

class Rehearsal {
  readonly disk = new RehearsedDisk()
  readonly clock = new VirtualClock(0)
  readonly random = new SeededRandom('tsdb')
  readonly problems: string[] = []

  open(options: Partial<DiskTsdbOptions> = {}): Promise<DiskTsdb> {
    return openTsdb({
      world: { disk: this.disk.forProcess(), clock: this.clock, random: this.random },
      path: '/data',
      blockRangeMs: 10 * MINUTE_MS,
      onProblem: (message) => this.problems.push(message),
      ...options,
    })
  }
}

function equal(name: string, value: string): Matcher {
  return { name, op: '=', value, only: [value], matches: (text) => text === value }
}

async function read(
  tsdb: Queryable,
  matchers: Matcher[] = [],
  range = ALWAYS,
): Promise<Map<string, [number, unknown][]>> {
  const found = new Map<string, [number, unknown][]>()
  for (const series of await tsdb.select({ matchers, ...range })) {
    const { length, timestamps, values, stale, histograms } = series.samples()
    const samples = Array.from({ length }, (_, index): [number, unknown] => [
      timestamps[index]!,
      stale?.[index] === 1 ? 'stale' : (histograms?.[index]?.count ?? values[index]),
    ])
    found.set(series.labels.get('series'), samples)
  }
  return found
}

async function write(
  tsdb: DiskTsdb,
  samples: readonly (readonly [series: string, time: number, value: number])[],
): Promise<void> {
  const appender = tsdb.appender()
  for (const [series, timestampMs, value] of samples) appender.append(0, labelsOf({ series }), { timestampMs, value })
  await appender.commit()
}

/** A sample of three series each minute. */
async function fill(tsdb: DiskTsdb, fromMinute: number, toMinute: number): Promise<void> {
  for (let minute = fromMinute; minute < toMinute; minute++) {
    const time = minute * MINUTE_MS
    await write(
      tsdb,
      ['a', 'b', 'c'].map((series, index) => [series, time, minute * (index + 1)] as const),
    )
  }
}

function expected(fromMinute: number, toMinute: number, factor = 1): [number, unknown][] {
  return Array.from({ length: toMinute - fromMinute }, (_, index) => [
    (fromMinute + index) * MINUTE_MS,
    (fromMinute + index) * factor,
  ])
}

describe('the database on disk', () => {
  test('has after a restart what it had before', async () => {
    const rehearsal = new Rehearsal()
    const tsdb = await rehearsal.open()
    await fill(tsdb, 0, 60)
    await tsdb.close()
    const again = await rehearsal.open()
    expect((await read(again)).get('b')).toEqual(expected(0, 60, 2))
    await fill(again, 60, 70)
    expect((await read(again)).get('c')).toEqual(expected(0, 70, 3))
    await again.close()
  })

  test('moves what is old into blocks, and merges those', async () => {
    const rehearsal = new Rehearsal()
    const tsdb = await rehearsal.open()
    await fill(tsdb, 0, 120)
    await tsdb.maintain()
    const blocks = ((await rehearsal.disk.list('/data')) ?? []).filter((name) => name.length === 26)
    const metas = await Promise.all(
      blocks.map(async (name) => JSON.parse(await rehearsal.disk.readText(`/data/${name}/meta.json`))),
    )
    expect(
      metas.map(({ minTime, maxTime, compaction }) => [minTime / MINUTE_MS, maxTime / MINUTE_MS, compaction.level]),
    ).toEqual(
      expect.arrayContaining([
        [0, 90, 3],
        [90, 100, 1],
        [100, 110, 1],
      ]),
    )
    expect((await read(tsdb)).get('a')).toEqual(expected(0, 120))
    expect(
      (await read(tsdb, [equal('series', 'b')], { minMs: 5 * MINUTE_MS, maxMs: 115 * MINUTE_MS })).get('b'),
    ).toEqual(expected(5, 116, 2))
    expect(await tsdb.labelValues('series', { matchers: [], ...ALWAYS })).toEqual(['a', 'b', 'c'])
    await tsdb.close()
    const again = await rehearsal.open()
    expect((await read(again)).get('c')).toEqual(expected(0, 120, 3))
    await again.close()
    expect(rehearsal.problems).toEqual([])
  })

  test('shortens the log, and still knows every series of it', async () => {
    const rehearsal = new Rehearsal()
    const tsdb = await rehearsal.open()
    for (let minute = 0; minute < 100; minute++) {
      await write(tsdb, [
        ['steady', minute * MINUTE_MS, minute],
        [`short ${Math.floor(minute / 10)}`, minute * MINUTE_MS, minute],
      ])
    }
    await tsdb.maintain()
    expect(((await rehearsal.disk.list('/data/wal')) ?? []).some((name) => name.startsWith('checkpoint.'))).toBe(true)
    expect(tsdb.statistics(10).headStats.numSeries).toBeLessThan(5)
    await tsdb.close()
    const again = await rehearsal.open()
    expect(again.replay.unknownSamples).toBe(0)
    expect((await read(again)).get('steady')).toEqual(expected(0, 100))
    expect((await read(again)).size).toBe(11)
    await again.close()
  })

  test('takes late samples into blocks that exist already', async () => {
    const rehearsal = new Rehearsal()
    const tsdb = await rehearsal.open({ outOfOrderWindowMs: 100 * MINUTE_MS })
    await fill(tsdb, 0, 40)
    await write(tsdb, [
      ['a', 5 * MINUTE_MS + 1, -1],
      ['d', 7 * MINUTE_MS, -2],
    ])
    await fill(tsdb, 40, 60)
    await tsdb.maintain()
    await write(tsdb, [['a', 6 * MINUTE_MS + 1, -3]])
    await tsdb.close()
    const again = await rehearsal.open({ outOfOrderWindowMs: 100 * MINUTE_MS })
    const found = await read(again)
    expect(found.get('a')!.filter(([, value]) => (value as number) < 0)).toEqual([
      [5 * MINUTE_MS + 1, -1],
      [6 * MINUTE_MS + 1, -3],
    ])
    expect(found.get('a')!.length).toBe(62)
    expect(found.get('d')).toEqual([[7 * MINUTE_MS, -2]])
    await again.close()
  })

  test('deletes from blocks and head, for good once tombstones are cleaned', async () => {
    const rehearsal = new Rehearsal()
    const tsdb = await rehearsal.open()
    await fill(tsdb, 0, 60)
    await tsdb.maintain()
    await tsdb.deleteSeries([equal('series', 'a')], { minMs: 10 * MINUTE_MS, maxMs: 55 * MINUTE_MS })
    await tsdb.deleteSeries([equal('series', 'b')], ALWAYS)
    const left = [...expected(0, 10), ...expected(56, 60)]
    expect((await read(tsdb)).get('a')).toEqual(left)
    expect((await read(tsdb)).get('b') ?? []).toEqual([])
    await tsdb.close()
    const again = await rehearsal.open()
    expect((await read(again)).get('a')).toEqual(left)
    await again.cleanTombstones()
    expect((await read(again)).get('a')).toEqual(left)
    expect((await read(again)).get('c')).toEqual(expected(0, 60, 3))
    await again.close()
  })

  test('keeps no longer than told, nor more', async () => {
    const rehearsal = new Rehearsal()
    const tsdb = await rehearsal.open({ retentionMs: 40 * MINUTE_MS, maxBlockRangeMs: 10 * MINUTE_MS })
    await fill(tsdb, 0, 200)
    await tsdb.maintain()
    expect((await read(tsdb)).get('a')![0]![0]).toBe(150 * MINUTE_MS)
    await tsdb.close()
    const small = await rehearsal.open({ retentionBytes: 1 })
    await small.maintain()
    expect((await read(small)).get('a')![0]![0]).toBe(190 * MINUTE_MS)
    await small.close()
  })

  test('copies everything into a snapshot', async () => {
    const rehearsal = new Rehearsal()
    const tsdb = await rehearsal.open()
    await fill(tsdb, 0, 60)
    await tsdb.maintain()
    const name = await tsdb.snapshot({ withHead: true })
    await tsdb.close()
    const copy = await rehearsal.open({ path: `/data/snapshots/${name}` })
    expect((await read(copy)).get('b')).toEqual(expected(0, 60, 2))
    await copy.close()
  })

  test('is not opened twice', async () => {
    const rehearsal = new Rehearsal()
    const tsdb = await rehearsal.open()
    await expect(rehearsal.open()).rejects.toThrow('/data/lock is held by process')
    await tsdb.close()
    await (await rehearsal.open()).close()
  })

  test('keeps histograms, metadata and exemplars over a restart', async () => {
    const rehearsal = new Rehearsal()
    const tsdb = await rehearsal.open()
    const labels = labelsOf({ series: 'h' })
    const histogram: FloatHistogram = {
      counterResetHint: 'unknown',
      schema: 0,
      zeroThreshold: 0,
      zeroCount: 0,
      count: 7,
      sum: 3.5,
      positiveSpans: [
        { offset: -2, length: 1 },
        { offset: 3, length: 2 },
      ],
      negativeSpans: [],
      positiveBuckets: [1, 2, 4],
      negativeBuckets: [],
      customValues: [],
    }
    for (const isInteger of [true, false]) {
      const appender = tsdb.appender()
      const ref = appender.appendHistogram(0, labels, { timestampMs: isInteger ? 1 : 2, histogram, isInteger })
      appender.setMetadata(ref, labels, { type: 'histogram', unit: 's', help: 'how long' })
      appender.appendExemplar(ref, labels, {
        labels: labelsOf({ trace: 'x' }),
        value: 1,
        timestampMs: isInteger ? 1 : 2,
      })
      await appender.commit()
    }
    const end = tsdb.appender()
    end.appendStale(0, labels, 3)
    await end.commit()
    await tsdb.close()
    const again = await rehearsal.open()
    const [series] = await again.select({ matchers: [], ...ALWAYS })
    const samples = series!.samples()
    expect([...samples.timestamps.subarray(0, samples.length)]).toEqual([1, 2, 3])
    expect(samples.histograms!.slice(0, 2)).toEqual([histogram, histogram])
    expect(samples.stale![2]).toBe(1)
    expect(await again.metadata([])).toEqual([{ labels, metadata: { type: 'histogram', unit: 's', help: 'how long' } }])
    expect((await again.exemplars([[]], ALWAYS))[0]!.exemplars.map(({ timestampMs }) => timestampMs)).toEqual([1, 2])
    await again.close()
  })

  test('cuts a torn log, says so, and goes on', async () => {
    const rehearsal = new Rehearsal()
    const tsdb = await rehearsal.open()
    await fill(tsdb, 0, 10)
    await tsdb.close()
    const file = await rehearsal.disk.open('/data/wal/00000000', 'append')
    await file.truncate((await file.sizeBytes()) - 12)
    const again = await rehearsal.open()
    expect(again.replay.repairs).toMatchObject([{ file: '/data/wal/00000000', removed: [] }])
    expect((await read(again)).get('a')).toEqual(expected(0, 9))
    await fill(again, 9, 12)
    await again.close()
    const third = await rehearsal.open()
    expect(third.replay.repairs).toEqual([])
    expect((await read(third)).get('a')).toEqual(expected(0, 12))
    await third.close()
  })

  test('loses nothing that was committed when its process is killed, wherever that happens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(120), { minLength: 1, maxLength: 4 }), fc.nat(1000), async (lives, seed) => {
        const rehearsal = new Rehearsal()
        const random = new SeededRandom(String(seed))
        const model: [number, unknown][] = []
        let minute = 0
        for (const writes of lives) {
          const tsdb = await rehearsal.open()
          expect((await read(tsdb)).get('a') ?? []).toEqual(model)
          rehearsal.disk.failAfter(writes, random)
          try {
            for (let left = 40; left > 0; left--, minute++) {
              await write(tsdb, [['a', minute * MINUTE_MS, minute]])
              model.push([minute * MINUTE_MS, minute])
              if (minute % 7 === 0) await tsdb.maintain()
            }
          } catch (error) {
            expect((error as Error).message).toMatch(/the power/)
            minute++
          }
          // What was written stays: the process died, not the machine. A batch in the air may have been written or not.
          rehearsal.disk.killProcess()
          const again = await rehearsal.open()
          const found = (await read(again)).get('a') ?? []
          expect(found.slice(0, model.length)).toEqual(model)
          expect(found.length).toBeLessThanOrEqual(model.length + 1)
          model.splice(0, model.length, ...found)
          await again.close()
        }
      }),
      { numRuns: 20 },
    )
  })

  test('is what was appended, over late samples, deletions, restarts and compactions in any order', async () => {
    const step = fc.oneof(
      {
        weight: 12,
        arbitrary: fc.record({ kind: fc.constant('write' as const), count: fc.nat(60), from: fc.nat(40) }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('maintain' as const) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('restart' as const), isKilled: fc.boolean() }) },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('delete' as const), from: fc.nat(60), length: fc.nat(30) }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('clean' as const) }) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const options = { outOfOrderWindowMs: 30 * MINUTE_MS }
        const rehearsal = new Rehearsal()
        let tsdb = await rehearsal.open(options)
        const model = new Map(['a', 'b', 'c'].map((series) => [series, new Map<number, number>()]))
        let newest = 0
        for (const each of steps) {
          if (each.kind === 'write') {
            for (let index = 0; index < each.count; index++) {
              const series = 'abc'[index % 3]!
              // Mostly forward, some minutes back; a value says its series and time, so that one instant has one value.
              const timestampMs = Math.max(1, newest + (index % 4 === 0 ? -each.from : 1) * MINUTE_MS + index)
              const value = timestampMs * 3 + (index % 3)
              const appender = tsdb.appender()
              try {
                appender.append(0, labelsOf({ series }), { timestampMs, value })
              } catch (error) {
                expect((error as Error).message).toMatch(/too old sample|out of bounds/)
                continue
              }
              await appender.commit()
              model.get(series)!.set(timestampMs, value)
              newest = Math.max(newest, timestampMs)
            }
          } else if (each.kind === 'maintain') await tsdb.maintain()
          else if (each.kind === 'clean') await tsdb.cleanTombstones()
          else if (each.kind === 'delete') {
            const range = {
              minMs: newest - each.from * MINUTE_MS,
              maxMs: newest - each.from * MINUTE_MS + each.length * MINUTE_MS,
            }
            await tsdb.deleteSeries([equal('series', 'b')], range)
            for (const time of model.get('b')!.keys())
              if (time >= range.minMs && time <= range.maxMs) model.get('b')!.delete(time)
            // What is deleted stays so for its head: nothing is written there again.
            newest = Math.max(newest, range.maxMs) + 31 * MINUTE_MS
          } else {
            if (each.isKilled) rehearsal.disk.killProcess()
            else await tsdb.close()
            tsdb = await rehearsal.open(options)
          }
          const found = await read(tsdb)
          for (const [series, times] of model) {
            expect(found.get(series) ?? []).toEqual([...times].sort((x, y) => x[0] - y[0]))
          }
        }
        await tsdb.close()
        expect(rehearsal.problems.filter((problem) => !problem.includes('process'))).toEqual([])
      }),
      { numRuns: 25 },
    )
  })

  test('comes up after a power cut with a beginning of what was committed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(400), fc.nat(1000), async (writes, seed) => {
        const rehearsal = new Rehearsal()
        const random = new SeededRandom(String(seed))
        const tsdb = await rehearsal.open()
        let minute = 0
        rehearsal.disk.failAfter(writes, random)
        try {
          for (; minute < 80; minute++) {
            await write(tsdb, [['a', minute * MINUTE_MS, minute]])
            if (minute % 7 === 0) await tsdb.maintain()
          }
        } catch (error) {
          expect((error as Error).message).toMatch(/the power/)
        }
        rehearsal.disk.cutPower(random)
        const again = await rehearsal.open()
        const found = (await read(again)).get('a') ?? []
        expect(found).toEqual(expected(0, found.length))
        expect(found.length).toBeLessThanOrEqual(minute + 1)
        await fill(again, 80, 90)
        expect((await read(again)).get('a')!.length).toBe(found.length + 10)
        await again.close()
      }),
      { numRuns: 25 },
    )
  })
})
