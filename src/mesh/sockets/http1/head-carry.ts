import { HEAD_BYTES_MAX, type HeadScanner, type Scanned } from './head-scanner.ts'

/** The buffer of a head in parts begins with this size, and doubles. */
const CARRY_BYTES_MIN = 1_024

/**
 * Holds the part of a head that has come until the rest does. A head that comes in one piece, as nearly all do, is never
 * copied.
 */
export class HeadCarry {
  /** The head's bytes begin at `from` in `bytes`: the last ones that came, or a copy with what came before. */
  bytes: Buffer = EMPTY
  from = 0
  scanned: Scanned = 'incomplete'
  #kept: Buffer | undefined
  #keptBytes = 0
  /** Add it to a place in `bytes` to get that place in the bytes that came. */
  #shift = 0

  get isEmpty(): boolean {
    return this.#keptBytes === 0
  }

  /** Scans what is kept and `bytes` from `at` on. Unless the head is incomplete, nothing is kept afterwards. */
  scan(scanner: HeadScanner, bytes: Buffer, at: number, kind: 'request' | 'response' | 'trailers'): this {
    if (this.#keptBytes === 0) {
      this.bytes = bytes
      this.from = at
      this.#shift = 0
      this.scanned = scanner.scan(bytes, at, kind)
      if (this.scanned === 'incomplete') this.#keep(bytes, at)
      return this
    }
    this.#shift = at - this.#keptBytes
    this.#keep(bytes, at)
    this.bytes = this.#kept?.subarray(0, this.#keptBytes) ?? EMPTY
    this.from = 0
    this.scanned = scanner.scan(this.bytes, 0, kind)
    if (this.scanned !== 'incomplete') {
      this.#kept = undefined
      this.#keptBytes = 0
    }
    return this
  }

  /** After a complete head: where in the bytes that were handed in last it ends. */
  consumedTo(scanner: HeadScanner): number {
    return scanner.end + this.#shift
  }

  /** No more than a head can have, and a byte to see that it has more. */
  #keep(bytes: Buffer, at: number): void {
    const to = Math.min(bytes.length, at + HEAD_BYTES_MAX + 1 - this.#keptBytes)
    const length = this.#keptBytes + to - at
    if (this.#kept === undefined || this.#kept.length < length) {
      const grown = Buffer.allocUnsafe(Math.max(CARRY_BYTES_MIN, length, this.#keptBytes * 2))
      this.#kept?.copy(grown, 0, 0, this.#keptBytes)
      this.#kept = grown
    }
    bytes.copy(this.#kept, this.#keptBytes, at, to)
    this.#keptBytes = length
  }
}

const EMPTY = Buffer.alloc(0)
