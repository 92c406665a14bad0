import { type HeaderList, NO_HEADERS } from '../../route/header-list.ts'
import { type BodyParts, part } from './body-parts.ts'
import { ChunkedDecoder } from './chunked-decoder.ts'
import type { HeadScanner } from './head-scanner.ts'
import type { Framing } from './message-head.ts'

/**
 * Finds in a connection's bytes what belongs to one body, and where it ends.
 *
 * Invariants:
 *  1. `read` takes all bytes up to the end of the body or of the bytes, and nothing after the end of the body.
 *  2. After `isRefused` nothing more is read: where the body ends is not known.
 */
export class BodyReader {
  isComplete = true
  isRefused = false
  trailers: HeaderList = NO_HEADERS
  #left = 0
  #chunks: ChunkedDecoder | undefined
  readonly #scanner: HeadScanner

  constructor(scanner: HeadScanner) {
    this.#scanner = scanner
  }

  /** Whether it has no other end than the connection's. */
  get endsWithConnection(): boolean {
    return this.#left === Number.POSITIVE_INFINITY
  }

  begin(framing: Framing, bodyBytes: number): void {
    this.isComplete = framing === 'none'
    this.isRefused = false
    this.trailers = NO_HEADERS
    this.#left = framing === 'until-close' ? Number.POSITIVE_INFINITY : bodyBytes
    this.#chunks = framing === 'chunked' ? new ChunkedDecoder(this.#scanner) : undefined
  }

  /** Where the bytes stand that are not of this body; the end of all where there are none. */
  read(bytes: Buffer, from: number, parts: BodyParts): number {
    if (this.#chunks !== undefined) return this.#readChunks(this.#chunks, bytes, from, parts)
    const to = Math.min(bytes.length, from + this.#left)
    this.#left -= to - from
    this.isComplete = this.#left === 0
    if (to > from) parts.onBody(part(bytes, from, to))
    return to
  }

  #readChunks(chunks: ChunkedDecoder, bytes: Buffer, from: number, parts: BodyParts): number {
    const to = chunks.read(bytes, from, parts)
    this.isRefused = chunks.state === 'refused'
    this.isComplete = chunks.state === 'complete'
    this.trailers = chunks.trailers
    return to
  }
}
