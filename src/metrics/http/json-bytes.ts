import { NUMBER_BYTES_MAX, putAscii, putBytes, putDecimal } from './decimal-bytes.ts'
import { numberText } from './number-text.ts'

const COMMA = 0x2c
const QUOTE = 0x22
const CLOSE = 0x5d

const FIRST_BYTES = 1 << 12
/** Room is asked for beforehand up to here: beyond, it grows with what is really written. */
const EXPECTED_BYTES_MAX = 1 << 24

/** Gathers JSON as bytes: texts of millions of numbers would be joined, measured and encoded once more. */
export class JsonBytes {
  #bytes: Uint8Array = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #length = 0
  readonly #encoder = new TextEncoder()

  /** Room for what will probably come, so that it need not be copied while it grows. */
  expect(bytes: number): void {
    this.#reserve(Math.min(bytes, EXPECTED_BYTES_MAX))
  }

  text(text: string): void {
    this.#reserve(text.length * 3)
    this.#length += this.#encoder.encodeInto(text, this.#bytes.subarray(this.#length)).written
  }

  /** Texts without characters beyond ASCII, which need no encoding. */
  ascii(text: string): void {
    this.#reserve(text.length)
    this.#length = putAscii(this.#bytes, this.#length, text)
  }

  /** Pairs of time and number with commas between them, `[1435781451.781,"1"],[…`, each time given as `[1435781451.781,"`. */
  floats(times: readonly Uint8Array[], values: Float64Array): void {
    const { length } = times
    const longest = times.reduce((most, time) => Math.max(most, time.length), 0)
    this.#reserve(length * (longest + NUMBER_BYTES_MAX))
    const bytes = this.#bytes
    let at = this.#length
    for (let index = 0; index < length; index++) {
      if (index > 0) bytes[at++] = COMMA
      at = putBytes(bytes, at, times[index] as Uint8Array)
      const value = values[index] as number
      const end = putDecimal(bytes, at, value)
      at = end < 0 ? putAscii(bytes, at, numberText(value)) : end
      bytes[at++] = QUOTE
      bytes[at++] = CLOSE
    }
    this.#length = at
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#length + more))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }
}
