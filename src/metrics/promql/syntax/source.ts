/**
 * The query as a text with one character for each byte of its UTF-8, so that every offset in it is a byte's: positions in
 * errors and annotations count bytes. The same text when all of it is ASCII.
 */
export function bytesOf(text: string): string {
  return BEYOND_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text
}

/** The other way round. */
export function textOf(bytes: string): string {
  return BEYOND_ASCII.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes
}

// oxlint-disable-next-line no-control-regex -- the range of ASCII begins with them
const BEYOND_ASCII = /[^\u0000-\u007f]/

/** What stands for bytes that are no UTF-8, as bytes itself. */
export const REPLACEMENT_BYTES = '\u00ef\u00bf\u00bd'

/** The character that begins at an offset, and how many bytes it takes; the empty text at the end. */
export function characterAt(bytes: string, offset: number): { readonly character: string; readonly width: number } {
  const lead = bytes.charCodeAt(offset)
  if (Number.isNaN(lead)) return { character: '', width: 0 }
  let width = 1
  if (lead >= 0xc0) width = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2
  return { character: textOf(bytes.slice(offset, offset + width)), width }
}

export function isSpace(byte: string): boolean {
  return byte === ' ' || byte === '\t' || byte === '\n' || byte === '\r'
}

export function isDigit(byte: string): boolean {
  return byte >= '0' && byte <= '9'
}

/** A letter of ASCII, or an underscore. */
export function isAlpha(byte: string): boolean {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte === '_'
}

export function isAlphaNumeric(byte: string): boolean {
  return isAlpha(byte) || isDigit(byte)
}
