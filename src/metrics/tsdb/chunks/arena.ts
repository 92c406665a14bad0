import { READ_SLACK_BYTES } from './xor-decoder.ts'

/** How many bytes are set aside at a time. */
const SEGMENT_BYTES = 1 << 20

/**
 * Where sealed chunks lie: one after the other, in large segments that are filled once and never written again, so that a
 * reader may keep what it was given. A segment is let go when the last of its chunks is.
 */
export class Arena {
  /** By number; a number is used again once its segment is gone. */
  readonly #segments: (Uint8Array | undefined)[] = []
  readonly #live: number[] = []
  readonly #freeNumbers: number[] = []
  #current = -1
  #used = SEGMENT_BYTES

  /** Bytes held, whether all of them are still in use or not. */
  sizeBytes = 0

  /** Room for `length` bytes: [segment's number, offset]. The caller fills it at once. */
  allocate(length: number): readonly [segment: number, offset: number] {
    const needed = length + READ_SLACK_BYTES
    if (this.#current < 0 || this.#used + needed > (this.#segments[this.#current]?.length ?? 0)) this.#open(needed)
    const offset = this.#used
    this.#used += length
    this.#live[this.#current] = (this.#live[this.#current] ?? 0) + length
    return [this.#current, offset]
  }

  segment(number: number): Uint8Array {
    return this.#segments[number] ?? NO_BYTES
  }

  release(number: number, length: number): void {
    const left = (this.#live[number] ?? 0) - length
    this.#live[number] = left
    if (left > 0 || number === this.#current) return
    this.#drop(number)
  }

  #open(needed: number): void {
    const previous = this.#current
    const number = this.#freeNumbers.pop() ?? this.#segments.length
    const size = Math.max(SEGMENT_BYTES, needed)
    this.#segments[number] = new Uint8Array(size)
    this.#live[number] = 0
    this.sizeBytes += size
    this.#current = number
    this.#used = 0
    if (previous >= 0 && this.#live[previous] === 0) this.#drop(previous)
  }

  #drop(number: number): void {
    this.sizeBytes -= this.#segments[number]?.length ?? 0
    this.#segments[number] = undefined
    this.#freeNumbers.push(number)
  }
}

const NO_BYTES = new Uint8Array(0)
