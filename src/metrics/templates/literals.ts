import { parseFloat } from '../../base/go-numbers.ts'

/** The text that a quoted Go literal stands for; undefined when it is malformed (strconv.Unquote). */
export function unquote(literal: string): string | undefined {
  const mark = literal.charAt(0)
  const inner = literal.slice(1, -1)
  if (literal.length < 2 || literal.at(-1) !== mark) return undefined
  if (mark === '`') return inner.replaceAll('\r', '')
  if (!isWellFormed(inner, mark)) return undefined
  // Bytes written as \xff or \377 may make up characters together, so everything is put together as bytes.
  const parts: Buffer[] = []
  let last = 0
  for (const match of inner.matchAll(ESCAPE)) {
    parts.push(Buffer.from(inner.slice(last, match.index)))
    const part = unescape(match[0])
    if (part === undefined) return undefined
    parts.push(part)
    last = match.index + match[0].length
  }
  parts.push(Buffer.from(inner.slice(last)))
  return Buffer.concat(parts).toString()
}

const ESCAPE = /\\(?:[0-7]{3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[abfnrtv\\'"])/g

function isWellFormed(inner: string, mark: string): boolean {
  const rest = inner.replace(ESCAPE, (escape) => (escape === (mark === '"' ? "\\'" : '\\"') ? '\\' : ''))
  return !rest.includes('\\') && !rest.includes(mark) && !rest.includes('\n')
}

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
}

function unescape(escape: string): Buffer | undefined {
  const letter = escape.charAt(1)
  const simple = SIMPLE[letter]
  if (simple !== undefined && escape.length === 2) return Buffer.from(simple)
  if (letter === 'u' || letter === 'U') {
    const code = Number.parseInt(escape.slice(2), 16)
    const isScalar = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
    return isScalar ? Buffer.from(String.fromCodePoint(code)) : undefined
  }
  const byte = letter === 'x' ? Number.parseInt(escape.slice(2), 16) : Number.parseInt(escape.slice(1), 8)
  return byte > 255 ? undefined : Buffer.from([byte])
}

/** What a numeric literal may stand for: whole numbers are both, `1.0` is too (text/template/parse/node.go). */
export interface NumberLiteral {
  readonly float?: number
  readonly int?: bigint
}

export function readNumber(text: string): NumberLiteral | undefined {
  if (text.startsWith("'")) {
    const character = unquote(text)
    const code = character?.codePointAt(0)
    if (code === undefined || Array.from(character ?? '').length !== 1) return undefined
    return { int: BigInt(code), float: code }
  }
  const digits = text.replaceAll('_', '')
  const sign = digits.startsWith('-') ? -1n : 1n
  const unsigned = digits.replace(/^[+-]/, '')
  if (/^(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|[0-9]+)$/.test(unsigned)) {
    const isOldOctal = /^0[0-7]+$/.test(unsigned)
    if (/^0[0-9]*[89]/.test(unsigned)) return undefined
    const int = sign * BigInt(isOldOctal ? `0o${unsigned}` : unsigned)
    return { int, float: Number(int) }
  }
  const float = parseFloat(digits)
  if (float === undefined) return undefined
  return Number.isSafeInteger(float) ? { float, int: BigInt(float) } : { float }
}
