import { array, assert, boolean, constantFrom, integer, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant, range, storageOf } from '../../../../test/support/promql.ts'
import { labelsOf } from '../../model/labels.ts'
import { Column } from '../column.ts'
import { RangeWindow } from '../range-window.ts'
import type { RangeCall } from './range-function.ts'
import { rateFunction } from './rate.ts'

const MINUTE_MS = 60_000

describe('rate', () => {
  test('reaches to the edges of the range where samples come as often as that needs', async () => {
    const storage = await storageOf(15_000, ['requests_total 0+15x40'])
    const [perSecond] = Object.values(await instant(storage, 'rate(requests_total[1m])', 307_000))
    const [increase] = Object.values(await instant(storage, 'increase(requests_total[1m])', 307_000))
    expect(perSecond).toBeCloseTo(1, 12)
    expect(increase).toBeCloseTo(60, 12)
  })

  test('goes on from zero where a counter began anew', async () => {
    const storage = await storageOf(MINUTE_MS, ['requests_total 100 110 5 15'])
    const [increase] = Object.values(await instant(storage, 'increase(requests_total[3m])', 3 * MINUTE_MS))
    // 110 to 5 is a reset: 5 and then 10 more were counted, in two minutes of three.
    expect(increase).toBeCloseTo(15 * 1.5, 9)
  })

  test('is not extended to before a counter can have begun', async () => {
    const storage = await storageOf(MINUTE_MS, ['requests_total _ _ _ 0 60 120'])
    const [increase] = Object.values(await instant(storage, 'increase(requests_total[10m])', 5 * MINUTE_MS))
    expect(increase).toBe(120)
  })

  test('needs two samples', async () => {
    const storage = await storageOf(MINUTE_MS, ['requests_total 1 2'])
    expect(await instant(storage, 'rate(requests_total[30s])', MINUTE_MS)).toEqual({})
  })

  test('is the same series by series and step by step', () => {
    const kinds = constantFrom(
      { isCounter: true, isPerSecond: true },
      { isCounter: true, isPerSecond: false },
      { isCounter: false, isPerSecond: false },
    )
    const sample = record({
      gapMs: integer({ min: 1, max: 90_000 }),
      value: integer({ min: -5, max: 50 }),
      isZero: boolean(),
    })
    assert(
      property(
        kinds,
        array(sample, { maxLength: 60 }),
        integer({ min: 1, max: 300 }),
        (kind, samples, rangeSeconds) => {
          const rate = rateFunction(kind)
          const atOnce = new Column(STEPS)
          const stepwise = new Column(STEPS)
          const call = callOver(rangeSeconds * 1_000)
          const slide = {
            ends: Float64Array.from({ length: STEPS }, (_, step) => step * 10_000),
            times: new Float64Array(STEPS),
          }
          const window = loaded(samples)
          rate.prepare?.(window, call)
          rate.fill?.(window, slide, atOnce, call)
          const moving = loaded(samples)
          rate.prepare?.(moving, call)
          for (let step = 0; step < STEPS; step++) {
            moving.rangeEndMs = slide.ends[step] ?? 0
            moving.rangeStartMs = moving.rangeEndMs - call.rangeMs
            moving.moveTo(moving.rangeStartMs, moving.rangeEndMs)
            if (!moving.isEmpty) rate.apply(moving, step, stepwise, call)
          }
          expect(atOnce.kinds).toEqual(stepwise.kinds)
          expect(Array.from(atOnce.values)).toEqual(Array.from(stepwise.values))
          expect(atOnce.count).toBe(stepwise.count)
        },
      ),
    )
  })
})

describe('irate and idelta', () => {
  test('look at the last two samples', async () => {
    const storage = await storageOf(MINUTE_MS, ['x_total 0 600 660 30'])
    expect(await instant(storage, 'irate(x_total[5m])', 2 * MINUTE_MS)).toEqual({ '{}': 1 })
    expect(await instant(storage, 'irate(x_total[5m])', 3 * MINUTE_MS)).toEqual({ '{}': 0.5 })
    expect(await instant(storage, 'idelta(x_total[5m])', 3 * MINUTE_MS)).toEqual({ '{}': -630 })
  })
})

test('a subquery is evaluated at multiples of its own step, whenever the query is', async () => {
  const storage = await storageOf(1_000, ['clock 0+1x600'])
  const times = { startMs: 100_000, endMs: 130_000, stepMs: 15_000 }
  expect(await range(storage, 'min_over_time(clock[60s:20s])', times)).toEqual({
    '{}': { 100000: 60, 115000: 60, 130000: 80 },
  })
})

const STEPS = 40

function loaded(
  samples: readonly { readonly gapMs: number; readonly value: number; readonly isZero: boolean }[],
): RangeWindow {
  const timestamps = new Float64Array(samples.length)
  const values = new Float64Array(samples.length)
  let timeMs = 0
  let value = 0
  for (const [index, sample] of samples.entries()) {
    timestamps[index] = timeMs += sample.gapMs
    values[index] = value = sample.isZero ? 0 : value + sample.value
  }
  const window = new RangeWindow()
  window.samples.load({ length: samples.length, timestamps, values }, false)
  window.start(labelsOf({ __name__: 'x_total' }))
  return window
}

/** Nothing is annotated where there are only floats. */
function callOver(rangeMs: number): RangeCall {
  const call = { pos: { start: 0, end: 0 }, rangeMs, anchored: false, smoothed: false, scalars: [] }
  return call as unknown as RangeCall
}
