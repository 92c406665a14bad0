/**
 * The 64 bits of a float as two halves: JavaScript's numbers cannot carry every NaN, and its integers not 64 bits.
 * One shared scratch: write one side, read the other, before anything else runs.
 */
const scratch = new DataView(new ArrayBuffer(8))

/** A stale marker's bits: a signalling NaN (prometheus/prometheus model/value/value.go). */
export const STALE_HIGH = 0x7ff00000
export const STALE_LOW = 0x00000002

/** The NaN of values that are not numbers: Go's (prometheus/prometheus model/value/value.go NormalNaN). */
const NORMAL_NAN_HIGH = 0x7ff80000
const NORMAL_NAN_LOW = 0x00000001

export function highBits(value: number): number {
  if (value !== value) return NORMAL_NAN_HIGH
  scratch.setFloat64(0, value)
  return scratch.getInt32(0)
}

export function lowBits(value: number): number {
  if (value !== value) return NORMAL_NAN_LOW
  scratch.setFloat64(0, value)
  return scratch.getInt32(4)
}

export function floatOf(high: number, low: number): number {
  scratch.setInt32(0, high)
  scratch.setInt32(4, low)
  return scratch.getFloat64(0)
}

export function isStaleBits(high: number, low: number): boolean {
  return high === STALE_HIGH && low === STALE_LOW
}
