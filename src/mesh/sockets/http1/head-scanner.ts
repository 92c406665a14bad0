import { CLASSES, COLON, CR, LF, SPACE, TAB, TOKEN, VALUE } from './bytes.ts'

/** Of the first line and all headers together: Envoy's `max_request_headers_kb`. */
export const HEAD_BYTES_MAX = 60 * 1_024
/** Envoy's `max_headers_count`. */
export const HEADERS_MAX = 100

export type Scanned = 'complete' | 'incomplete' | 'refused'

const MARKS_PER_HEADER = 4

/**
 * Finds the lines of a head in bytes as they came, and where in each a header's name and value begin and end. It copies
 * nothing. What is not plainly a head is refused: lines that end in a bare LF, a CR alone, folded lines, space before a
 * colon, control characters. What one reader takes for the end of a message and another does not is how requests are
 * smuggled.
 *
 *     GET /cart HTTP/1.1\r\nHost:  shop \r\n\r\n
 *     ^lineStart        ^lineEnd   ^   ^        ^end
 *                          ^  ^ marks of the first header, and of its value
 *
 * Invariants:
 *  1. What `scan` says of bytes does not depend on how many follow: more bytes make `incomplete` into something else, never
 *     `complete` or `refused`.
 *  2. The fields are of the last `scan`, and good until the next.
 */
export class HeadScanner {
  lineStart = 0
  lineEnd = 0
  /** After the empty line that ends the head. */
  end = 0
  headers = 0
  /** The status that tells a client why its head was refused. */
  refusedStatus = 0
  readonly #marks = new Int32Array(HEADERS_MAX * MARKS_PER_HEADER)

  nameStart(header: number): number {
    return this.#marks[header * MARKS_PER_HEADER] ?? 0
  }

  nameEnd(header: number): number {
    return this.#marks[header * MARKS_PER_HEADER + 1] ?? 0
  }

  valueStart(header: number): number {
    return this.#marks[header * MARKS_PER_HEADER + 2] ?? 0
  }

  valueEnd(header: number): number {
    return this.#marks[header * MARKS_PER_HEADER + 3] ?? 0
  }

  /** `trailers` have no line before the headers. */
  scan(bytes: Uint8Array, from: number, kind: 'request' | 'response' | 'trailers'): Scanned {
    this.headers = 0
    const limit = from + HEAD_BYTES_MAX
    const to = Math.min(bytes.length, limit)
    const start = kind === 'request' ? afterEmptyLines(bytes, from, to) : from
    const at = kind === 'trailers' ? start : this.#scanFirstLine(bytes, start, to)
    const end = at < 0 ? at : this.#scanHeaders(bytes, at, to)
    if (end >= 0) {
      this.end = end
      return 'complete'
    }
    if (end === REFUSED) return 'refused'
    if (to < limit) return 'incomplete'
    this.refusedStatus = 431
    return 'refused'
  }

  #scanFirstLine(bytes: Uint8Array, from: number, to: number): number {
    const end = valueEnd(bytes, from, to)
    this.lineStart = from
    this.lineEnd = end
    return this.#afterLine(bytes, end, to)
  }

  #scanHeaders(bytes: Uint8Array, from: number, to: number): number {
    const marks = this.#marks
    for (let at = from; ;) {
      if (at >= to) return INCOMPLETE
      if (bytes[at] === CR) return this.#afterLine(bytes, at, to)
      const nameStart = at
      while (at < to && ((CLASSES[bytes[at] ?? 0] ?? 0) & TOKEN) !== 0) at++
      if (at >= to) return INCOMPLETE
      if (bytes[at] !== COLON || at === nameStart) return this.#refuse(400)
      const nameEnd = at++
      while (at < to && (bytes[at] === SPACE || bytes[at] === TAB)) at++
      const valueStart = at
      const lineEnd = valueEnd(bytes, at, to)
      at = this.#afterLine(bytes, lineEnd, to)
      if (at < 0) return at
      if (this.headers === HEADERS_MAX) return this.#refuse(431)
      const mark = this.headers * MARKS_PER_HEADER
      marks[mark] = nameStart
      marks[mark + 1] = nameEnd
      marks[mark + 2] = valueStart
      marks[mark + 3] = trimmedEnd(bytes, valueStart, lineEnd)
      this.headers++
    }
  }

  /** Where the next line begins, when this one ends at `at` as it must. */
  #afterLine(bytes: Uint8Array, at: number, to: number): number {
    if (at >= to) return INCOMPLETE
    if (bytes[at] !== CR) return this.#refuse(400)
    if (at + 1 >= to) return INCOMPLETE
    return bytes[at + 1] === LF ? at + 2 : this.#refuse(400)
  }

  #refuse(status: number): number {
    this.refusedStatus = status
    return REFUSED
  }
}

const INCOMPLETE = -1
const REFUSED = -2

function valueEnd(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  while (at < to && ((CLASSES[bytes[at] ?? 0] ?? 0) & VALUE) !== 0) at++
  return at
}

function trimmedEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = end
  while (at > start && (bytes[at - 1] === SPACE || bytes[at - 1] === TAB)) at--
  return at
}

/** Some clients end a body with a line that does not belong to it (RFC 9112, 2.2). */
function afterEmptyLines(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  while (at + 1 < to && bytes[at] === CR && bytes[at + 1] === LF) at += 2
  return at
}
