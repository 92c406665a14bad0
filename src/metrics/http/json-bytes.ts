const ZERO = 0x30
const MINUS = 0x2d
const POINT = 0x2e

/** Two digits of every number below 100. */
const DIGIT_PAIRS = Uint8Array.from({ length: 200 }, (_, index) => {
  const number = Math.floor(index / 2)
  return ZERO + (index % 2 === 0 ? Math.floor(number / 10) : number % 10)
})

/** From here on not every whole number is one of its own. */
const SAFE_MAX = 2 ** 53
/** Decimals of at most 15 digits are told apart by their numbers, so that the first one found is the shortest. */
const DECIMAL_MAX = 1e15
const SMALL_MAX = 1e9
const PART = 1e8
const FIRST_BYTES = 1 << 16
/** More than any number takes. */
const NUMBER_BYTES_MAX = 32

/** Gathers JSON as bytes: texts of millions of numbers would be joined, measured and encoded once more. */
export class JsonBytes {
  #bytes = new Uint8Array(FIRST_BYTES)
  #length = 0
  readonly #encoder = new TextEncoder()

  text(text: string): void {
    this.#reserve(text.length * 3)
    this.#length += this.#encoder.encodeInto(text, this.#bytes.subarray(this.#length)).written
  }

  /** Texts without characters beyond ASCII, which need no encoding. */
  ascii(text: string): void {
    const { length } = text
    this.#reserve(length)
    const bytes = this.#bytes
    const from = this.#length
    for (let index = 0; index < length; index++) bytes[from + index] = text.charCodeAt(index)
    this.#length = from + length
  }

  copy(bytes: Uint8Array): void {
    const { length } = bytes
    this.#reserve(length)
    const into = this.#bytes
    const from = this.#length
    // Short ones: a call of `set` costs more than they do.
    for (let index = 0; index < length; index++) into[from + index] = bytes[index] as number
    this.#length = from + length
  }

  /** A number in its shortest form, if that is a plain decimal which is quickly found; false, and nothing written, if not. */
  decimal(value: number): boolean {
    const magnitude = Math.abs(value)
    if (!(magnitude >= 1e-3 && magnitude < SAFE_MAX)) return false
    this.#reserve(NUMBER_BYTES_MAX)
    const whole = Math.floor(magnitude)
    if (whole === magnitude) {
      this.#sign(value)
      this.#whole(whole)
      return true
    }
    const thousands = Math.round(magnitude * 1_000)
    if (thousands >= DECIMAL_MAX || thousands / 1_000 !== magnitude) return false
    this.#sign(value)
    this.#whole(whole)
    this.#fraction(thousands - whole * 1_000)
    return true
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #sign(value: number): void {
    if (value < 0) this.#bytes[this.#length++] = MINUS
  }

  #whole(value: number): void {
    if (value < SMALL_MAX) {
      this.#small(value)
      return
    }
    const upper = Math.floor(value / PART)
    this.#whole(upper)
    this.#length += 8
    this.#digitsBefore(this.#length, value - upper * PART, 4)
  }

  #small(value: number): void {
    const digits = digitsOf(value)
    this.#length += digits
    const pairs = digits >> 1
    const leading = this.#digitsBefore(this.#length, value, pairs)
    if ((digits & 1) === 1) this.#bytes[this.#length - digits] = ZERO + leading
  }

  /** The last `pairs` × 2 digits, written backwards from a place; returns what stands before them. */
  #digitsBefore(end: number, value: number, pairs: number): number {
    const bytes = this.#bytes
    let rest = value | 0
    let place = end
    for (let pair = 0; pair < pairs; pair++) {
      const quotient = (rest / 100) | 0
      const digits = (rest - quotient * 100) * 2
      bytes[--place] = DIGIT_PAIRS[digits + 1] as number
      bytes[--place] = DIGIT_PAIRS[digits] as number
      rest = quotient
    }
    return rest
  }

  /** Thousandths, without zeros at the end. */
  #fraction(thousandths: number): void {
    const rest = thousandths % 100
    this.#bytes[this.#length++] = POINT
    this.#bytes[this.#length++] = ZERO + (thousandths - rest) / 100
    if (rest === 0) return
    this.#bytes[this.#length++] = DIGIT_PAIRS[rest * 2] ?? 0
    if (rest % 10 !== 0) this.#bytes[this.#length++] = DIGIT_PAIRS[rest * 2 + 1] ?? 0
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }
}

/** Of a number below 10⁹: comparisons, as a loop takes longer than writing them. */
function digitsOf(value: number): number {
  if (value < 10_000) return value < 100 ? (value < 10 ? 1 : 2) : value < 1_000 ? 3 : 4
  if (value < 10_000_000) return value < 100_000 ? 5 : value < 1_000_000 ? 6 : 7
  return value < 100_000_000 ? 8 : 9
}
