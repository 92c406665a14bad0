import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { highBits, lowBits, STALE_HIGH, STALE_LOW } from './float-bits.ts'
import { SampleColumns } from './sample-columns.ts'
import { decodeXor, READ_SLACK_BYTES } from './xor-decoder.ts'
import { XorEncoders } from './xor-encoder.ts'

const ALWAYS = { minMs: -Infinity, maxMs: Infinity }

function encode(samples: readonly (readonly [time: number, value: number])[]): Uint8Array {
  const encoders = new XorEncoders()
  encoders.reserve(1)
  for (const [time, value] of samples) encoders.append(0, time, highBits(value), lowBits(value))
  const bytes = new Uint8Array(encoders.sizeBytes(0) + READ_SLACK_BYTES)
  encoders.copyTo(0, bytes, 0)
  return bytes
}

function decode(bytes: Uint8Array, range = ALWAYS): [number, number][] {
  const columns = new SampleColumns()
  decodeXor(bytes, 0, range, columns)
  return Array.from({ length: columns.length }, (_, index) => [columns.timestamps[index]!, columns.values[index]!])
}

const times = fc.oneof(
  fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 1, maxLength: 130 }),
  fc.array(fc.constantFrom(15_000, 15_001, 14_999, 1, 40_000, 2 ** 33, 2 ** 40), { minLength: 1, maxLength: 130 }),
)
const values = fc.oneof(
  fc.double(),
  fc.integer({ min: 0, max: 5 }),
  fc.integer({ min: -1e6, max: 1e9 }),
  fc.constantFrom(0, -0, 1, NaN, Infinity, -Infinity, Number.MIN_VALUE, Number.MAX_VALUE),
)

describe('XOR chunks', () => {
  test('give back what was put in', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -(2 ** 42), max: 2 ** 42 }),
        times,
        fc.infiniteStream(values),
        (start, steps, stream) => {
          let time = start
          const samples = steps.map((step) => [(time += step), stream.next().value!] as [number, number])
          expect(decode(encode(samples))).toEqual(samples)
        },
      ),
    )
  })

  test('give back only the samples of a range', () => {
    const samples = Array.from({ length: 100 }, (_, index) => [index * 15_000, index % 7] as [number, number])
    expect(decode(encode(samples), { minMs: 30_000, maxMs: 45_000 })).toEqual(samples.slice(2, 4))
  })

  test('hold bytes as Prometheus writes them', () => {
    const samples = [
      [0, 1],
      [15_000, 1],
      [30_001, 2],
    ] as const
    const header = '0003'
    const first = '00' + '3ff0000000000000'
    const delta = '9875'
    // Equal value: 0. A delta of deltas of 1: 10 and 14 bits. Another value: 11, 1 leading zero, 11 bits that differ.
    const bits = '0' + '10' + '00000000000001' + '11' + '00001' + '001011' + '11111111111'
    const rest = BigInt(`0b${bits.padEnd(48, '0')}`)
      .toString(16)
      .padStart(12, '0')
    expect(Buffer.from(encode(samples)).subarray(0, -READ_SLACK_BYTES).toString('hex')).toBe(
      `${header}${first}${delta}${rest}`,
    )
  })

  test('carry stale markers as flags', () => {
    const encoders = new XorEncoders()
    encoders.reserve(1)
    encoders.append(0, 1, highBits(3), lowBits(3))
    encoders.append(0, 2, STALE_HIGH, STALE_LOW)
    encoders.append(0, 3, highBits(NaN), lowBits(NaN))
    const bytes = new Uint8Array(64)
    encoders.copyTo(0, bytes, 0)
    const columns = new SampleColumns()
    decodeXor(bytes, 0, ALWAYS, columns)
    expect([...columns.stale!.subarray(0, 3)]).toEqual([0, 1, 0])
  })
})
