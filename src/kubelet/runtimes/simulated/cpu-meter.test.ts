import { expect, test } from 'vitest'
import { constantCurve } from '../../../api/kinds/dabba/curve.ts'
import { CpuMeter } from './cpu-meter.ts'

const RISING = {
  points: [
    { afterMs: 0, value: 0 },
    { afterMs: 60_000, value: 2 },
  ],
  growthPerMs: 0,
  jitterRatio: 0.3,
}

test('half a core for a minute is thirty seconds', () => {
  expect(new CpuMeter(constantCurve(0.5)).seconds(60_000, Infinity)).toBe(30)
})

test('a curve is summed up to the limit', () => {
  expect(new CpuMeter(RISING).seconds(60_000, Infinity)).toBe(60)
  expect(new CpuMeter(RISING).seconds(60_000, 1)).toBe(45)
})

test('what was read before makes no difference, and it never falls', () => {
  const often = new CpuMeter(RISING)
  let last = 0
  for (let atMs = 0; atMs <= 100_000; atMs += 1_700) {
    const now = often.seconds(atMs, 1.5)
    expect(now).toBeGreaterThanOrEqual(last)
    last = now
  }
  expect(often.seconds(103_000, 1.5)).toBeCloseTo(new CpuMeter(RISING).seconds(103_000, 1.5), 9)
})
