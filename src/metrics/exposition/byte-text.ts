import { isUtf8 } from 'node:buffer'
import { goQuote } from '../../base/go-quote.ts'

/**
 * A text whose every character stands for one byte. Expositions are read in this form: positions are those of bytes, nothing
 * is decoded that nobody asks for, and text that is not UTF-8 is still there to be complained about.
 */
export type ByteText = string

export function byteText(bytes: Uint8Array): ByteText {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

const BEYOND_ASCII = /[\u0080-\u00ff]/

/** The text that the bytes stand for. */
export function decode(text: ByteText): string {
  return BEYOND_ASCII.test(text) ? Buffer.from(text, 'latin1').toString('utf8') : text
}

/** The same, with every byte that is no UTF-8 kept as a lone surrogate, U+DC80 to U+DCFF: a text that is not well-formed. */
export function decodeKeepingBytes(text: ByteText): string {
  if (isDecodable(text)) return decode(text)
  const parts = text.match(SEQUENCE) ?? []
  return parts.map((part) => (isDecodable(part) ? decode(part) : part.replaceAll(/[^]/g, surrogateOf))).join('')
}

function surrogateOf(byte: string): string {
  return String.fromCharCode(0xdc00 + byte.charCodeAt(0))
}

export function isDecodable(text: ByteText): boolean {
  return !BEYOND_ASCII.test(text) || isUtf8(Buffer.from(text, 'latin1'))
}

/** As Go's `%q` prints bytes: what is not UTF-8 is escaped byte by byte. */
export function quoteBytes(text: ByteText): string {
  if (isDecodable(text)) return goQuote(decode(text))
  const parts = text.match(SEQUENCE) ?? []
  const inner = parts.map((part) =>
    isDecodable(part)
      ? goQuote(decode(part)).slice(1, -1)
      : Buffer.from(part, 'latin1').toString('hex').replace(/../g, '\\x$&'),
  )
  return `"${inner.join('')}"`
}

/** One character in UTF-8 beyond ASCII, or any other byte. */
const SEQUENCE = /[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|[^]/g
