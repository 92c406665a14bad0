import { type HeaderList, NO_HEADERS } from '../../route/header-list.ts'
import { type BodyParts, part } from './body-parts.ts'
import { CLASSES, CR, HEX_VALUES, LF, TOKEN, VALUE } from './bytes.ts'
import { HeadCarry } from './head-carry.ts'
import type { HeadScanner } from './head-scanner.ts'
import { type HeaderFacts, headerFacts } from './message-head.ts'

/** Of all chunks of a body together: they say nothing that anybody reads. */
export const CHUNK_EXTENSION_BYTES_MAX = 16 * 1_024
/** More hexadecimal digits than any size has that a number holds exactly. */
const SIZE_DIGITS_MAX = 13

const SEMICOLON = 0x3b
const EQUALS = 0x3d
const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Takes a chunked body apart, split wherever it may be. Extensions have to be well-formed, and are dropped.
 *
 *     1f;name=value\r\n  <31 bytes>  \r\n  0\r\n  trailer: value\r\n  \r\n
 *     size ext      size-end  data  data-end     trailers                complete
 */
export class ChunkedDecoder {
  state: 'reading' | 'complete' | 'refused' = 'reading'
  trailers: HeaderList = NO_HEADERS
  #step: Step = 'size-first'
  #size = 0
  #digits = 0
  #extensionBytes = 0
  #carry: HeadCarry | undefined
  readonly #scanner: HeadScanner

  constructor(scanner: HeadScanner) {
    this.#scanner = scanner
  }

  /** Where the bytes stand that come after the body; the end of all where there are none. */
  read(bytes: Buffer, from: number, parts: BodyParts): number {
    let at = from
    while (at < bytes.length && this.state === 'reading') {
      if (this.#step === 'data') at = this.#readData(bytes, at, parts)
      else if (this.#step === 'trailers') at = this.#readTrailers(bytes, at)
      else if (this.#step === 'refused') this.state = 'refused'
      else this.#step = this.#after(this.#step, bytes[at++] ?? 0)
    }
    if (this.#step === 'refused') this.state = 'refused'
    return at
  }

  #readData(bytes: Buffer, at: number, parts: BodyParts): number {
    const to = Math.min(bytes.length, at + this.#size)
    this.#size -= to - at
    if (this.#size === 0) this.#step = 'data-cr'
    parts.onBody(part(bytes, at, to))
    return to
  }

  #readTrailers(bytes: Buffer, at: number): number {
    this.#carry ??= new HeadCarry()
    const { bytes: head, from, scanned } = this.#carry.scan(this.#scanner, bytes, at, 'trailers')
    if (scanned === 'incomplete') return bytes.length
    const facts = scanned === 'complete' ? trailerFacts(this.#scanner, head, from) : undefined
    if (facts === undefined || facts.contentLength !== undefined || facts.transferEncoding !== undefined) {
      this.#step = 'refused'
      return bytes.length
    }
    this.trailers = facts.headers
    this.state = 'complete'
    return this.#carry.consumedTo(this.#scanner)
  }

  #after(step: FramingStep, byte: number): Step {
    switch (step) {
      case 'size-first':
      case 'size':
        return this.#afterSize(byte)
      case 'size-lf':
        if (byte !== LF) return 'refused'
        this.#digits = 0
        return this.#size === 0 ? 'trailers' : 'data'
      case 'data-cr':
        return byte === CR ? 'data-lf' : 'refused'
      case 'data-lf':
        return byte === LF ? 'size-first' : 'refused'
      default:
        return ++this.#extensionBytes > CHUNK_EXTENSION_BYTES_MAX ? 'refused' : afterExtension(step, byte)
    }
  }

  #afterSize(byte: number): Step {
    const digit = HEX_VALUES[byte] ?? -1
    if (digit >= 0) {
      this.#size = this.#size * 16 + digit
      return ++this.#digits > SIZE_DIGITS_MAX ? 'refused' : 'size'
    }
    if (this.#step === 'size-first') return 'refused'
    if (byte === CR) return 'size-lf'
    return byte === SEMICOLON ? 'name-first' : 'refused'
  }
}

type Step = FramingStep | 'data' | 'trailers' | 'refused'

type FramingStep = 'size-first' | 'size' | 'size-lf' | 'data-cr' | 'data-lf' | ExtensionStep

type ExtensionStep = 'name-first' | 'name' | 'value-first' | 'value' | 'quoted' | 'escaped' | 'quoted-end'

/** `;name`, `;name=token` or `;name="quoted"`, as often as one likes, and no spaces between. */
function afterExtension(step: ExtensionStep, byte: number): Step {
  const isToken = ((CLASSES[byte] ?? 0) & TOKEN) !== 0
  const isText = ((CLASSES[byte] ?? 0) & VALUE) !== 0
  switch (step) {
    case 'name-first':
      return isToken ? 'name' : 'refused'
    case 'name':
      if (isToken) return 'name'
      return byte === EQUALS ? 'value-first' : afterItem(byte)
    case 'value-first':
      if (byte === QUOTE) return 'quoted'
      return isToken ? 'value' : 'refused'
    case 'value':
      return isToken ? 'value' : afterItem(byte)
    case 'quoted':
      if (byte === QUOTE) return 'quoted-end'
      if (byte === BACKSLASH) return 'escaped'
      return isText ? 'quoted' : 'refused'
    case 'escaped':
      return isText ? 'quoted' : 'refused'
    case 'quoted-end':
      return afterItem(byte)
  }
}

function afterItem(byte: number): Step {
  if (byte === SEMICOLON) return 'name-first'
  return byte === CR ? 'size-lf' : 'refused'
}

function trailerFacts(scanner: HeadScanner, bytes: Buffer, from: number): HeaderFacts | undefined {
  return headerFacts(scanner, bytes, bytes.toString('latin1', from, scanner.end), from)
}
