import type { BitReader } from './bit-reader.ts'
import type { BitWriter } from './bit-writer.ts'

const TWO_32 = 0x1_0000_0000

/** The uppermost of 56 bits, in the upper half. */
const SIGN_OF_56 = 0x800000

/** Bits of a number's body, by how many ones stand before it (prometheus/prometheus tsdb/chunkenc/varbit.go). */
const BODY_BITS = [0, 3, 6, 9, 12, 18, 25, 56, 64] as const

/** Small numbers in few bits: ones that count the class, a zero, and the body. */
export function writeVarbitInt(writer: BitWriter, value: number): void {
  let ones = 0
  while (ones < 8 && !fitsSigned(value, BODY_BITS[ones] ?? 0)) ones++
  writeClass(writer, ones)
  const high = Math.floor(value / TWO_32) | 0
  writer.writeLong(high, value | 0, BODY_BITS[ones] ?? 0)
}

export function writeVarbitUint(writer: BitWriter, value: number): void {
  let ones = 0
  while (ones < 8 && value >= 2 ** (BODY_BITS[ones] ?? 0)) ones++
  writeClass(writer, ones)
  writer.writeLong(Math.floor(value / TWO_32) | 0, value | 0, BODY_BITS[ones] ?? 0)
}

export function readVarbitInt(reader: BitReader): number {
  const bits = BODY_BITS[readClass(reader)] ?? 0
  if (bits === 0) return 0
  if (bits < 32) {
    const body = reader.read(bits)
    return body > 2 ** (bits - 1) ? body - 2 ** bits : body
  }
  reader.readLong(bits)
  const isNegative = bits === 56 && (reader.high > SIGN_OF_56 || (reader.high === SIGN_OF_56 && reader.low !== 0))
  // The sign goes into the upper half before the halves are joined: 56 bits are more than a number holds exactly.
  const high = isNegative ? reader.high - 2 * SIGN_OF_56 : reader.high
  return high * TWO_32 + (reader.low >>> 0)
}

export function readVarbitUint(reader: BitReader): number {
  const bits = BODY_BITS[readClass(reader)] ?? 0
  if (bits === 0) return 0
  reader.readLong(bits)
  return (reader.high >>> 0) * TWO_32 + (reader.low >>> 0)
}

/** The asymmetric range of upstream's classes: one more above zero than below. */
function fitsSigned(value: number, bits: number): boolean {
  if (bits === 0) return value === 0
  const half = 2 ** (bits - 1)
  return value > -half && value <= half
}

function writeClass(writer: BitWriter, ones: number): void {
  if (ones === 8) writer.write(0xff, 8)
  else writer.write((1 << (ones + 1)) - 2, ones + 1)
}

function readClass(reader: BitReader): number {
  let ones = 0
  while (ones < 8 && reader.read(1) === 1) ones++
  return ones
}
