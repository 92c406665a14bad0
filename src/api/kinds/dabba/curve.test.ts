import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Curve, constantCurve, curveAt, readCurve, whenAbove } from './curve.ts'

const ramp: Curve = {
  points: [
    { afterMs: 1_000, value: 10 },
    { afterMs: 3_000, value: 30 },
  ],
  growthPerMs: 0,
  jitterRatio: 0,
}

describe('curveAt', () => {
  test.each([
    [0, 10],
    [1_000, 10],
    [2_000, 20],
    [3_000, 30],
    [99_000, 30],
  ])('straight lines between points: at %d ms %d', (elapsedMs, value) => {
    expect(curveAt(ramp, elapsedMs)).toBe(value)
  })

  test('growth begins at the last point', () => {
    const leak = { ...ramp, growthPerMs: 0.01 }
    expect(curveAt(leak, 3_000)).toBe(30)
    expect(curveAt(leak, 5_000)).toBeCloseTo(50)
  })

  test('a repeated curve starts over, and grows from its start', () => {
    const wave = { ...ramp, repeatMs: 4_000 }
    expect(curveAt(wave, 3_999)).toBe(30)
    expect(curveAt(wave, 4_000)).toBe(10)
    expect(curveAt({ ...wave, growthPerMs: 0.001 }, 6_000)).toBeCloseTo(26)
  })

  test('two points of one time are a jump, taken at that time', () => {
    const jump: Curve = { ...ramp, points: [...ramp.points, { afterMs: 3_000, value: 90 }] }
    expect(curveAt(jump, 2_999)).toBeCloseTo(29.99)
    expect(curveAt(jump, 3_000)).toBe(90)
  })
})

test('jitter stays within its bounds', () => {
  const curve = { ...constantCurve(100), jitterRatio: 0.2 }
  expect(readCurve(curve, 0, () => 0)).toBeCloseTo(80)
  expect(readCurve(curve, 0, () => 0.5)).toBeCloseTo(100)
  expect(readCurve(curve, 0, () => 0.999_999)).toBeCloseTo(120, 3)
})

describe('whenAbove', () => {
  test('a leak meets its bound', () => {
    expect(whenAbove({ ...ramp, growthPerMs: 0.01 }, 100)).toBe(10_000)
    expect(whenAbove(ramp, 30)).toBeUndefined()
    expect(whenAbove(ramp, 20)).toBe(2_000)
    expect(whenAbove(ramp, 5)).toBe(0)
  })

  const curves = fc
    .record({
      steps: fc.array(fc.record({ gapMs: fc.integer({ min: 0, max: 50 }), value: fc.integer({ min: 0, max: 100 }) }), {
        minLength: 1,
        maxLength: 5,
      }),
      growth: fc.integer({ min: 0, max: 5 }),
      tailMs: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }),
    })
    .map(({ steps, growth, tailMs }): Curve => {
      let afterMs = 0
      const points = steps.map(({ gapMs, value }) => ({ afterMs: (afterMs += gapMs), value }))
      const repeat = tailMs === undefined ? {} : { repeatMs: afterMs + tailMs }
      return { points, growthPerMs: growth / 10, jitterRatio: 0, ...repeat }
    })

  test('nothing exceeds the bound before it, and the curve reaches it there', () => {
    fc.assert(
      fc.property(curves, fc.integer({ min: 1, max: 300 }), (curve, bound) => {
        const foundMs = whenAbove(curve, bound)
        if (foundMs === 0) return
        const horizonMs = foundMs ?? 1_000
        for (let step = 0; step < 200; step++) {
          expect(curveAt(curve, (horizonMs * step) / 200)).toBeLessThanOrEqual(bound + 1e-6)
        }
        if (foundMs !== undefined) {
          // At the very end of a round the curve reaches the bound from below, and falls back.
          const around = [-1e-6, 0, 1e-6].map((ms) => curveAt(curve, foundMs + ms))
          expect(Math.max(...around)).toBeGreaterThan(bound - 1e-3)
        }
      }),
    )
  })
})
