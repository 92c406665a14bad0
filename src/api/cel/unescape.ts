/** A literal whose text cannot be read. */
export class UnescapeError extends Error {
  override readonly name = 'UnescapeError'
}

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '`': '`',
  '?': '?',
}

const ESCAPE = /\\(?:([0-3][0-7]{2})|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))/g

/** The text that a string literal stands for, quotes and all: `'a\n'`, `r"\d"`, `'''…'''`. */
export function unescapeString(literal: string): string {
  const { text, raw } = body(literal)
  if (raw) return text
  return text.replace(ESCAPE, (_all, octal?: string, hex?: string, short?: string, long?: string, simple?: string) => {
    if (simple !== undefined) return simpleEscape(simple)
    const code = octal === undefined ? Number.parseInt(hex ?? short ?? long ?? '', 16) : Number.parseInt(octal, 8)
    if (code > 0x10_ff_ff || (code >= 0xd800 && code <= 0xdfff)) throw new UnescapeError('invalid unicode code point')
    return String.fromCodePoint(code)
  })
}

/** The bytes that a bytes literal (without its `b`) stands for: escapes are bytes there, everything else is UTF-8. */
export function unescapeBytes(literal: string): Uint8Array {
  const { text, raw } = body(literal)
  if (raw) return Buffer.from(text, 'utf8')
  const parts: Uint8Array[] = []
  let end = 0
  for (const match of text.matchAll(ESCAPE)) {
    const [all, octal, hex, short, long, simple] = match
    if (short !== undefined || long !== undefined) throw new UnescapeError('unable to unescape string')
    parts.push(Buffer.from(text.slice(end, match.index), 'utf8'))
    parts.push(
      simple === undefined
        ? Buffer.of(octal === undefined ? Number.parseInt(hex ?? '', 16) : Number.parseInt(octal, 8))
        : Buffer.from(simpleEscape(simple), 'utf8'),
    )
    end = match.index + all.length
  }
  parts.push(Buffer.from(text.slice(end), 'utf8'))
  return Buffer.concat(parts)
}

function simpleEscape(character: string): string {
  const meaning = SIMPLE[character]
  if (meaning === undefined) throw new UnescapeError('unable to unescape string')
  return meaning
}

function body(literal: string): { text: string; raw: boolean } {
  const raw = literal.startsWith('r') || literal.startsWith('R')
  const quoted = (raw ? literal.slice(1) : literal).replaceAll('\r\n', '\n').replaceAll('\r', '\n')
  const isTriple = quoted.length >= 6 && (quoted.startsWith("'''") || quoted.startsWith('"""'))
  const width = isTriple ? 3 : 1
  return { text: quoted.slice(width, -width), raw }
}
