import { highBits, lowBits } from '../chunks/float-bits.ts'

const TWO_32 = 0x1_0000_0000
const encoder = new TextEncoder()

/** Bytes in the making: numbers most significant byte first, varints as Go writes them. */
export class ByteWriter {
  bytes: Uint8Array
  at = 0

  constructor(size = 1024) {
    this.bytes = new Uint8Array(size)
  }

  /** What was written, as a view that the next writing may overwrite after `clear`. */
  get view(): Uint8Array {
    return this.bytes.subarray(0, this.at)
  }

  clear(): void {
    this.at = 0
  }

  reserve(count: number): void {
    if (this.at + count <= this.bytes.length) return
    const bytes = new Uint8Array(Math.max(this.at + count, this.bytes.length * 2))
    bytes.set(this.bytes.subarray(0, this.at))
    this.bytes = bytes
  }

  byte(value: number): void {
    this.reserve(1)
    this.bytes[this.at++] = value
  }

  uint16(value: number): void {
    this.reserve(2)
    this.bytes[this.at++] = value >>> 8
    this.bytes[this.at++] = value
  }

  uint32(value: number): void {
    this.reserve(4)
    const { bytes, at } = this
    bytes[at] = value >>> 24
    bytes[at + 1] = value >>> 16
    bytes[at + 2] = value >>> 8
    bytes[at + 3] = value
    this.at = at + 4
  }

  /** A whole number of at most 53 bits, negative ones in two's complement. */
  int64(value: number): void {
    this.uint32(Math.floor(value / TWO_32) | 0)
    this.uint32(value | 0)
  }

  bits64(high: number, low: number): void {
    this.reserve(8)
    const { bytes, at } = this
    bytes[at] = high >>> 24
    bytes[at + 1] = high >>> 16
    bytes[at + 2] = high >>> 8
    bytes[at + 3] = high
    bytes[at + 4] = low >>> 24
    bytes[at + 5] = low >>> 16
    bytes[at + 6] = low >>> 8
    bytes[at + 7] = low
    this.at = at + 8
  }

  float64(value: number): void {
    this.bits64(highBits(value), lowBits(value))
  }

  uvarint(value: number): void {
    this.reserve(10)
    if (value < 128) {
      this.bytes[this.at++] = value
      return
    }
    let rest = value
    while (rest >= 128) {
      this.bytes[this.at++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.bytes[this.at++] = rest
  }

  varint(value: number): void {
    this.uvarint(value < 0 ? -2 * value - 1 : 2 * value)
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.at)
    this.at += bytes.length
  }

  /** A text with its length in front. */
  text(value: string): void {
    this.reserve(value.length * 3 + 5)
    let isPlain = value.length < 128
    const start = this.at + 1
    for (let index = 0; isPlain && index < value.length; index++) {
      const unit = value.charCodeAt(index)
      if (unit >= 128) isPlain = false
      else this.bytes[start + index] = unit
    }
    if (isPlain) {
      this.bytes[this.at] = value.length
      this.at = start + value.length
      return
    }
    const bytes = encoder.encode(value)
    this.uvarint(bytes.length)
    this.raw(bytes)
  }

  zeros(count: number): void {
    this.reserve(count)
    this.bytes.fill(0, this.at, this.at + count)
    this.at += count
  }
}
