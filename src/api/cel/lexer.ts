import type { Issue } from './issues.ts'
import { characterCount } from './values.ts'

export type TokenKind =
  | 'punctuation'
  | 'identifier'
  | 'escapedIdentifier'
  | 'int'
  | 'uint'
  | 'float'
  | 'string'
  | 'bytes'
  | 'end'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  /** In code points. */
  readonly offset: number
  /** In UTF-16 units, to cut text out of the source. */
  readonly start: number
}

const ESCAPE = String.raw`\\(?:[abfnrtv"'\\?\x60]|[0-3][0-7]{2}|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})`
const STRING = [
  String.raw`[rR]"""[\s\S]*?"""`,
  String.raw`[rR]'''[\s\S]*?'''`,
  String.raw`[rR]"[^"\n\r]*"`,
  String.raw`[rR]'[^'\n\r]*'`,
  String.raw`"""(?:${ESCAPE}|[^\\])*?"""`,
  String.raw`'''(?:${ESCAPE}|[^\\])*?'''`,
  String.raw`"(?:${ESCAPE}|[^\\"\n\r])*"`,
  String.raw`'(?:${ESCAPE}|[^\\'\n\r])*'`,
].join('|')

/** The first that fits wins, so longer forms stand before their beginnings. The grammar: google/cel-go parser/gen/CEL.g4. */
const RULES: readonly { readonly kind: TokenKind | 'space'; readonly pattern: RegExp }[] = [
  { kind: 'space', pattern: /(?:[\t \r\n\f]|\/\/[^\n]*)+/uy },
  { kind: 'bytes', pattern: new RegExp(`[bB](?:${STRING})`, 'uy') },
  { kind: 'string', pattern: new RegExp(STRING, 'uy') },
  { kind: 'float', pattern: /(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)/uy },
  { kind: 'uint', pattern: /(?:0x[0-9a-fA-F]+|\d+)[uU]/uy },
  { kind: 'int', pattern: /0x[0-9a-fA-F]+|\d+/uy },
  { kind: 'identifier', pattern: /[A-Za-z_][A-Za-z0-9_]*/uy },
  { kind: 'escapedIdentifier', pattern: /`[A-Za-z0-9_.\-/ ]+`/uy },
  { kind: 'punctuation', pattern: /==|!=|<=|>=|&&|\|\||[<>[\]{}().,\-!?:+*/%]/uy },
]

/** `true`, `false`, `null` and `in` are words of the grammar, so that no identifier can be named like them. */
const KEYWORDS = new Set(['true', 'false', 'null', 'in'])

export function tokenize(source: string): { tokens: readonly Token[]; issues: readonly Issue[] } {
  const tokens: Token[] = []
  const issues: Issue[] = []
  let start = 0
  let offset = 0
  while (start < source.length) {
    const token = match(source, start, offset)
    if (token === undefined) {
      const character = String.fromCodePoint(source.codePointAt(start) ?? 0)
      issues.push({ offset, message: `Syntax error: token recognition error at: '${character}'` })
      start += character.length
      offset++
      continue
    }
    if (token.kind !== 'space') tokens.push({ kind: token.kind, text: token.text, offset, start })
    start += token.text.length
    offset += characterCount(token.text)
  }
  tokens.push({ kind: 'end', text: '<EOF>', offset, start })
  return { tokens, issues }
}

function match(
  source: string,
  start: number,
  offset: number,
): (Omit<Token, 'kind'> & { kind: TokenKind | 'space' }) | undefined {
  for (const { kind, pattern } of RULES) {
    pattern.lastIndex = start
    const text = pattern.exec(source)?.[0]
    if (text === undefined) continue
    return { kind: KEYWORDS.has(text) ? 'punctuation' : kind, text, offset, start }
  }
  return undefined
}
