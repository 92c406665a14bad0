/** Reads what a `BitWriter` wrote. What lies beyond the end reads as zeros. */
export class BitReader {
  readonly bytes: Uint8Array
  bit: number
  /** Halves of what `readLong` read. */
  high = 0
  low = 0

  constructor(bytes: Uint8Array, bit: number) {
    this.bytes = bytes
    this.bit = bit
  }

  /** At most 32 bits, as an unsigned number. */
  read(count: number): number {
    const at = this.bit >>> 3
    const shift = this.bit & 7
    const { bytes } = this
    const word =
      ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)
    this.bit += count
    return ((word << shift) | ((bytes[at + 4] ?? 0) >>> (8 - shift))) >>> (32 - count)
  }

  /** Up to 64 bits, into `high` and `low`. */
  readLong(count: number): void {
    this.high = count > 32 ? this.read(count - 32) | 0 : 0
    this.low = this.read(Math.min(32, count)) | 0
  }
}
