import { STALE_HIGH, STALE_LOW } from './float-bits.ts'
import { HIGH_HALF, type SampleColumns } from './sample-columns.ts'

/** Where in a series to read, both ends included. */
export interface TimeRange {
  readonly minMs: number
  readonly maxMs: number
}

/** Bytes beyond a chunk's end that the decoder may look at. */
export const READ_SLACK_BYTES = 8

const TWO_32 = 0x1_0000_0000

/**
 * Appends the samples of an XOR chunk that lie in the range to the columns. `bytes` must be readable, with any content, for
 * `READ_SLACK_BYTES` beyond the chunk's end.
 *
 * One function with everything in local variables: this loop is what queries spend their time in.
 */
export function decodeXor(bytes: Uint8Array, offset: number, range: TimeRange, into: SampleColumns): void {
  const count = ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0)
  const { minMs, maxMs } = range
  into.reserve(count)
  const { timestamps, halves } = into
  let length = into.length
  let at = offset + 2

  let time = 0
  let delta = 0
  for (let scale = 1, byte = 128; byte >= 128; scale *= 128) {
    byte = bytes[at++] ?? 0
    time += (byte & 127) * scale
  }
  time = time % 2 === 0 ? time / 2 : -(time + 1) / 2
  let high = word(bytes, at)
  let low = word(bytes, at + 4)
  let bit = (at + 8) * 8
  let leading = 0
  let trailing = 0

  for (let index = 0; ;) {
    if (time > maxMs) break
    if (time >= minMs) {
      timestamps[length] = time
      halves[length * 2 + 1 - HIGH_HALF] = low
      halves[length * 2 + HIGH_HALF] = high
      if (high === STALE_HIGH && low === STALE_LOW) into.markStale(length)
      length++
    }
    if (++index >= count) break

    if (index === 1) {
      let scale = 1
      for (let byte = 128; byte >= 128; scale *= 128) {
        byte = peek(bytes, bit) >>> 24
        bit += 8
        delta += (byte & 127) * scale
      }
    } else {
      const head = peek(bytes, bit)
      if (head >= 0) bit += 1
      else if (head << 1 >= 0) {
        const bits = (head >>> 16) & 0x3fff
        delta += bits > 0x2000 ? bits - 0x4000 : bits
        bit += 16
      } else if (head << 2 >= 0) {
        const bits = (head >>> 12) & 0x1ffff
        delta += bits > 0x10000 ? bits - 0x20000 : bits
        bit += 20
      } else if (head << 3 >= 0) {
        const bits = (head >>> 8) & 0xfffff
        delta += bits > 0x80000 ? bits - 0x100000 : bits
        bit += 24
      } else {
        delta += peek(bytes, bit + 4) * TWO_32 + (peek(bytes, bit + 36) >>> 0)
        bit += 68
      }
    }
    time += delta

    const head = peek(bytes, bit)
    if (head >= 0) {
      bit += 1
      continue
    }
    if (head << 1 >= 0) bit += 2
    else {
      leading = (head >>> 25) & 31
      const significant = (head >>> 19) & 63
      trailing = 64 - leading - (significant === 0 ? 64 : significant)
      bit += 13
    }
    const significant = 64 - leading - trailing
    let bitsHigh = 0
    let bitsLow
    if (significant > 32) {
      bitsHigh = peek(bytes, bit) >>> (64 - significant)
      bitsLow = peek(bytes, bit + significant - 32)
    } else bitsLow = peek(bytes, bit) >>> (32 - significant)
    bit += significant
    if (trailing >= 32) high ^= bitsLow << (trailing - 32)
    else if (trailing === 0) {
      high ^= bitsHigh
      low ^= bitsLow
    } else {
      high ^= (bitsHigh << trailing) | (bitsLow >>> (32 - trailing))
      low ^= bitsLow << trailing
    }
  }
  into.length = length
}

/** 32 bits from a byte on. */
function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)
}

/** 32 bits from a bit on. */
function peek(bytes: Uint8Array, bit: number): number {
  const at = bit >>> 3
  const shift = bit & 7
  const word =
    ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)
  return (word << shift) | ((bytes[at + 4] ?? 0) >>> (8 - shift))
}
