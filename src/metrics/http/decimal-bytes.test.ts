import { assert, double, integer, oneof, property } from 'fast-check'
import { expect, test } from 'vitest'
import { NUMBER_BYTES_MAX, putDecimal } from './decimal-bytes.ts'

function decimal(value: number): string | undefined {
  const bytes = new Uint8Array(NUMBER_BYTES_MAX)
  const end = putDecimal(bytes, 0, value)
  return end < 0 ? undefined : new TextDecoder().decode(bytes.subarray(0, end))
}

test.each([1, 9, 10, 99, 100, 123_456_789, 1e9, 1_234_567_890, 1e15, 2 ** 53 - 1, -7, 0.5, 0.001, -1.25, 100.01, 3.1])(
  '%d is written as JavaScript writes it',
  (value) => {
    expect(decimal(value)).toBe(String(value))
  },
)

test.each([0, -0, NaN, Infinity, 1e-7, 2 ** 53, 1e300, 0.1 + 0.2, Math.PI])('%d is left to others', (value) => {
  expect(decimal(value)).toBeUndefined()
})

test('what is written is what JavaScript writes, whatever the number', () => {
  const thousandths = integer({ min: -2_000_000_000, max: 2_000_000_000 }).map((count) => count / 1_000)
  const wholes = integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER })
  assert(
    property(oneof(double(), thousandths, wholes), (value) => {
      const written = decimal(value)
      expect(written ?? String(value)).toBe(String(value))
    }),
    { numRuns: 20_000 },
  )
})
