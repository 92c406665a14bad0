import { goQuoteRune } from '../../../base/go-quote.ts'
import type { Cursor } from './cursor.ts'
import { decodeKeepingBytes } from '../../exposition/byte-text.ts'
import { bytesOf, characterAt, REPLACEMENT_BYTES } from './source.ts'

/** Reads to the closing mark; what is wrong with the string, if anything is. The opening mark has been read. */
export function scanString(cursor: Cursor, mark: string): string | undefined {
  for (;;) {
    if (isReplacement(cursor)) return 'invalid UTF-8 rune'
    const byte = cursor.next()
    if (byte === mark) return undefined
    if (byte === '' || byte === '\n') return 'unterminated quoted string'
    const problem = byte === '\\' ? scanEscape(cursor, mark) : undefined
    if (problem !== undefined) return problem
  }
}

/** The same for a string in backquotes, which knows no escapes. */
export function scanRawString(cursor: Cursor): string | undefined {
  for (;;) {
    if (isReplacement(cursor)) return 'invalid UTF-8 rune'
    const byte = cursor.next()
    if (byte === '`') return undefined
    if (byte === '') return 'unterminated raw string'
  }
}

function isReplacement(cursor: Cursor): boolean {
  return cursor.bytes.startsWith(REPLACEMENT_BYTES, cursor.pos)
}

/** How many digits an escape has, and in which base. */
const NUMERIC_ESCAPES: Readonly<Record<string, { readonly digits: number; readonly max: number }>> = {
  x: { digits: 2, max: 0xff },
  u: { digits: 4, max: 0x10ffff },
  U: { digits: 8, max: 0x10ffff },
}

function scanEscape(cursor: Cursor, mark: string): string | undefined {
  const { character } = characterAt(cursor.bytes, cursor.pos)
  if (character === '') return 'escape sequence not terminated'
  if (SIMPLE_ESCAPES.has(character) || character === mark) {
    cursor.pos++
    return undefined
  }
  if (character >= '0' && character <= '7') return scanDigits(cursor, { digits: 3, base: 8, max: 0xff })
  const numeric = NUMERIC_ESCAPES[character]
  if (numeric === undefined) return `unknown escape sequence ${unicodeName(character)}`
  cursor.pos++
  return scanDigits(cursor, { ...numeric, base: 16 })
}

function scanDigits(cursor: Cursor, form: { digits: number; base: number; max: number }): string | undefined {
  let code = 0
  for (let index = 0; index < form.digits; index++) {
    const { character } = characterAt(cursor.bytes, cursor.pos)
    if (character === '') return 'escape sequence not terminated'
    const digit = Number.parseInt(character, form.base)
    if (Number.isNaN(digit)) return `illegal character ${unicodeName(character)} in escape sequence`
    code = code * form.base + digit
    cursor.pos++
  }
  const isSurrogate = code >= 0xd800 && code < 0xe000
  return code > form.max || isSurrogate ? 'escape sequence is an invalid Unicode code point' : undefined
}

/** `U+0063 'c'` */
function unicodeName(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  const quoted = goQuoteRune(character)
  const isPrintable = !quoted.startsWith("'\\") || character === '\\' || character === "'"
  return isPrintable ? `U+${code} '${character}'` : `U+${code}`
}

const SIMPLE_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['a', '\u0007'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['\\', '\\'],
])

/** The text that a string token, which the lexer has found to be in order, stands for. Not well-formed if it holds bytes that are no UTF-8. */
export function unquote(literal: string): string {
  const inner = literal.slice(1, -1)
  if (literal.startsWith('`') || !inner.includes('\\')) return inner
  // Bytes written as \xff or \377 may make up characters together, so everything is put together as bytes.
  let bytes = ''
  let last = 0
  for (const match of inner.matchAll(ESCAPE)) {
    bytes += bytesOf(inner.slice(last, match.index)) + bytesOfEscape(match[0].slice(1))
    last = match.index + match[0].length
  }
  return decodeKeepingBytes(bytes + bytesOf(inner.slice(last)))
}

const ESCAPE = /\\(?:[0-7]{3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)/gsu

function bytesOfEscape(escape: string): string {
  const letter = escape.charAt(0)
  if (letter >= '0' && letter <= '7') return String.fromCharCode(Number.parseInt(escape, 8))
  if (letter === 'x') return String.fromCharCode(Number.parseInt(escape.slice(1), 16))
  if (letter === 'u' || letter === 'U') return bytesOf(String.fromCodePoint(Number.parseInt(escape.slice(1), 16)))
  return bytesOf(SIMPLE_ESCAPES.get(letter) ?? letter)
}
