import { expect, test } from 'vitest'
import { processUsage } from './process-usage.ts'

test('a process has been there for a while, takes memory, and ever more processor time', () => {
  const before = processUsage()
  for (let sum = 0; processUsage().cpuSeconds <= before.cpuSeconds; sum++) expect(sum).toBeLessThan(1e7)
  const { startedAtSeconds, residentBytes } = processUsage()
  expect(startedAtSeconds).toBe(before.startedAtSeconds)
  expect(startedAtSeconds).toBeLessThan(Date.now() / 1_000)
  expect(startedAtSeconds).toBeGreaterThan(Date.now() / 1_000 - 24 * 3_600)
  expect(residentBytes).toBeGreaterThan(10 * 1024 * 1024)
})
