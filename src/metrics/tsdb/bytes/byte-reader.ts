import { floatOf } from '../chunks/float-bits.ts'

const TWO_32 = 0x1_0000_0000
const decoder = new TextDecoder()

/** The bytes end before what they should hold does. */
export class ShortBytesError extends Error {
  override readonly name = 'ShortBytesError'
}

/** Reads what a `ByteWriter` wrote; throws when there is too little. */
export class ByteReader {
  readonly bytes: Uint8Array
  at: number
  readonly end: number

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes
    this.at = at
    this.end = end
  }

  get left(): number {
    return this.end - this.at
  }

  byte(): number {
    this.#need(1)
    return this.bytes[this.at++] ?? 0
  }

  uint16(): number {
    return this.byte() * 256 + this.byte()
  }

  /** As an unsigned number. */
  uint32(): number {
    return this.int32() >>> 0
  }

  int32(): number {
    this.#need(4)
    const { bytes, at } = this
    this.at = at + 4
    return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)
  }

  int64(): number {
    return this.int32() * TWO_32 + this.uint32()
  }

  uint64(): number {
    return this.uint32() * TWO_32 + this.uint32()
  }

  float64(): number {
    const high = this.int32()
    return floatOf(high, this.int32())
  }

  uvarint(): number {
    let value = 0
    for (let scale = 1, count = 0; count < 10; scale *= 128, count++) {
      const byte = this.byte()
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
    throw new ShortBytesError('invalid varint')
  }

  varint(): number {
    const value = this.uvarint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  view(length: number): Uint8Array {
    this.#need(length)
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  text(): string {
    const length = this.uvarint()
    this.#need(length)
    const start = this.at
    this.at += length
    if (length > 64) return decoder.decode(this.bytes.subarray(start, this.at))
    let text = ''
    for (let index = start; index < this.at; index++) {
      const byte = this.bytes[index] ?? 0
      if (byte >= 128) return decoder.decode(this.bytes.subarray(start, this.at))
      text += String.fromCharCode(byte)
    }
    return text
  }

  #need(count: number): void {
    if (this.at + count > this.end) throw new ShortBytesError('invalid size')
  }
}
