import { expect, test } from 'vitest'
import { SeededRandom } from '../../../world/random.ts'
import { drawLatency, type LatencyCurve, latencyMax } from './latency.ts'

function readings(latency: LatencyCurve): number[] {
  const random = new SeededRandom('latency')
  return Array.from({ length: 20_000 }, () => drawLatency(latency, () => random.next())).toSorted((a, b) => a - b)
}

test.each([
  { kind: 'normal', p50Ms: 100, p99Ms: 150 },
  { kind: 'logNormal', p50Ms: 20, p99Ms: 400 },
] as const)('$kind has the percentiles it was given', (latency) => {
  const all = readings(latency)
  expect(all[10_000]! / latency.p50Ms).toBeCloseTo(1, 1)
  expect(all[19_800]! / latency.p99Ms).toBeCloseTo(1, 1)
  expect(latencyMax(latency)).toBe(Number.POSITIVE_INFINITY)
})

test('a uniform latency stays within its bounds', () => {
  const latency = { kind: 'uniform', minMs: 5, maxMs: 15 } as const
  const all = readings(latency)
  expect(all[0]).toBeGreaterThanOrEqual(5)
  expect(all.at(-1)).toBeLessThan(15)
  expect(all[10_000]).toBeCloseTo(10, 0)
  expect(latencyMax(latency)).toBe(15)
})

test('a bell that would reach below zero ends there', () => {
  expect(readings({ kind: 'normal', p50Ms: 1, p99Ms: 100 })[0]).toBe(0)
})

test('a fixed latency draws nothing', () => {
  const draw = (): number => {
    throw new Error('drawn')
  }
  expect(drawLatency({ kind: 'fixed', ms: 7 }, draw)).toBe(7)
})
