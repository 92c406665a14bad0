/** A text as Go's `%q` shows it: in double quotes, everything that cannot be seen escaped (strconv.Quote). */
export function goQuote(text: string): string {
  return `"${escaped(text, '"')}"`
}

/** One character as Go's `%q` shows it: in single quotes (strconv.QuoteRune). */
export function goQuoteRune(character: string): string {
  return `'${escaped(character, "'")}'`
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
}

/** What needs no look at single characters: most texts. */
const PLAIN = /^[ !#-&(-[\]-~]*$/

/** What Go's strconv.IsPrint accepts: letters, marks, numbers, punctuation, symbols and the ASCII space. */
const PRINTABLE = /^[ \p{L}\p{M}\p{N}\p{P}\p{S}]$/u

function escaped(text: string, mark: string): string {
  if (PLAIN.test(text)) return text
  let result = ''
  for (const character of text) result += escapedCharacter(character, mark)
  return result
}

function escapedCharacter(character: string, mark: string): string {
  if (character === mark) return `\\${mark}`
  const known = ESCAPES[character]
  if (known !== undefined) return known
  if (PRINTABLE.test(character)) return character
  const code = character.codePointAt(0) ?? 0
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`
  if (isStrayByte(code)) return `\\x${hex(code - STRAY_BYTES_FROM, 2)}`
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`
}

/** Where a text has a byte that is no UTF-8, a lone surrogate stands for it: Go has the byte itself. */
const STRAY_BYTES_FROM = 0xdc00

function isStrayByte(code: number): boolean {
  return code >= STRAY_BYTES_FROM + 0x80 && code <= STRAY_BYTES_FROM + 0xff
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, '0')
}
