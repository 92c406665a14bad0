/** Longest run of bits that one `write` takes: with up to 7 bits before it, it still fits 32. */
const WRITE_BITS_MAX = 24

/** What `write` may touch beyond the last bit written. */
export const WRITE_SLACK_BYTES = 4

/**
 * Writes bits into bytes, highest bit first. Who sets `bytes` and `bit` sees to the room: `WRITE_SLACK_BYTES` beyond the
 * last bit are overwritten with zeros.
 */
export class BitWriter {
  bytes: Uint8Array
  /** Where the next bit goes, from the start of `bytes`. */
  bit: number

  constructor(bytes: Uint8Array, bit = 0) {
    this.bytes = bytes
    this.bit = bit
  }

  /** The lowest `count` bits of `value`; at most 32. */
  write(value: number, count: number): void {
    if (count > WRITE_BITS_MAX) {
      this.#write(value >>> 16, count - 16)
      this.#write(value & 0xffff, 16)
    } else if (count > 0) this.#write(value, count)
  }

  /** The lowest `count` bits of a 64-bit number in halves. */
  writeLong(high: number, low: number, count: number): void {
    if (count > 32) this.write(high, count - 32)
    this.write(low, count > 32 ? 32 : count)
  }

  #write(value: number, count: number): void {
    const { bytes, bit } = this
    const index = bit >>> 3
    const room = 32 - (bit & 7)
    const word = ((value << (32 - count)) >>> (32 - room)) | 0
    bytes[index] = (bytes[index] ?? 0) | (word >>> 24)
    bytes[index + 1] = word >>> 16
    bytes[index + 2] = word >>> 8
    bytes[index + 3] = word
    this.bit = bit + count
  }
}
