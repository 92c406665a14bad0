import type { BitReader } from './bit-reader.ts'
import type { BitWriter } from './bit-writer.ts'
import { floatOf, highBits, lowBits } from './float-bits.ts'

const NO_WINDOW = 0xff

/** One float that is written again and again as the bits that changed, as the values of XOR chunks are. */
export class XorValue {
  high = 0
  low = 0
  #leading = NO_WINDOW
  #trailing = 0

  get value(): number {
    return floatOf(this.high, this.low)
  }

  writeFirst(writer: BitWriter, high: number, low: number): void {
    writer.write(high, 32)
    writer.write(low, 32)
    this.high = high
    this.low = low
  }

  writeNext(writer: BitWriter, newHigh: number, newLow: number): void {
    const high = newHigh ^ this.high
    const low = newLow ^ this.low
    this.high = newHigh
    this.low = newLow
    if (high === 0 && low === 0) {
      writer.write(0, 1)
      return
    }
    const leading = high === 0 ? 31 : Math.min(31, Math.clz32(high))
    const trailing = low === 0 ? 32 + trailingZeros(high) : trailingZeros(low)
    if (this.#leading !== NO_WINDOW && leading >= this.#leading && trailing >= this.#trailing) {
      writer.write(0b10, 2)
    } else {
      this.#leading = leading
      this.#trailing = trailing
      writer.write((0b11 << 11) | (leading << 6) | ((64 - leading - trailing) & 63), 13)
    }
    const shift = this.#trailing
    const count = 64 - this.#leading - shift
    if (shift >= 32) writer.write(high >>> (shift - 32), count)
    else if (shift === 0) writer.writeLong(high, low, count)
    else writer.writeLong(high >>> shift, (low >>> shift) | (high << (32 - shift)), count)
  }

  readFirst(reader: BitReader): void {
    reader.readLong(64)
    this.high = reader.high
    this.low = reader.low
  }

  readNext(reader: BitReader): void {
    if (reader.read(1) === 0) return
    if (reader.read(1) === 1) {
      this.#leading = reader.read(5)
      const count = reader.read(6)
      this.#trailing = 64 - this.#leading - (count === 0 ? 64 : count)
    }
    const shift = this.#trailing
    reader.readLong(64 - this.#leading - shift)
    const { high, low } = reader
    if (shift >= 32) this.high ^= low << (shift - 32)
    else if (shift === 0) {
      this.high ^= high
      this.low ^= low
    } else {
      this.high ^= (high << shift) | (low >>> (32 - shift))
      this.low ^= low << shift
    }
  }
}

/** A float's own halves, for those who write several. */
export function writeFirstValue(state: XorValue, writer: BitWriter, value: number): void {
  state.writeFirst(writer, highBits(value), lowBits(value))
}

export function writeNextValue(state: XorValue, writer: BitWriter, value: number): void {
  state.writeNext(writer, highBits(value), lowBits(value))
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word)
}
