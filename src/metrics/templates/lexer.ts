/** Kinds of tokens inside and around `{{ … }}`. */
export type TokenKind =
  | 'text'
  | 'left'
  | 'right'
  | 'space'
  | 'identifier'
  | 'field'
  | 'variable'
  | 'number'
  | 'character'
  | 'string'
  | 'raw-string'
  | 'bool'
  | 'keyword'
  | 'dot'
  | 'nil'
  | 'pipe'
  | 'declare'
  | 'assign'
  | '('
  | ')'
  | 'other'
  | 'end'
  | 'error'

export interface Token {
  readonly kind: TokenKind
  /** Where it starts: an index into the text. */
  readonly at: number
  readonly text: string
}

const KEYWORDS = new Set(['block', 'break', 'continue', 'define', 'else', 'end', 'if', 'range', 'template', 'with'])
const SPACES = ' \t\r\n'

/** What stands around an action. */
export interface Delimiters {
  readonly left: string
  readonly right: string
}

export const BRACES: Delimiters = { left: '{{', right: '}}' }

/** A text, and what ends the actions in it. */
interface Source {
  readonly text: string
  readonly right: string
}

/**
 * Splits a template's text into tokens (facts: golang/go src/text/template/parse/lex.go). The last token is `end`, or an
 * `error` whose text is the message.
 */
export function tokensOf(text: string, { left, right }: Delimiters = BRACES): readonly Token[] {
  const source = { text, right }
  const tokens: Token[] = []
  let at = 0
  for (;;) {
    const open = text.indexOf(left, at)
    if (open < 0) break
    const inside = open + left.length
    const trimsBefore = isTrimMarker(text.slice(inside, inside + 2))
    const before = trimsBefore ? trimEnd(text.slice(at, open)) : text.slice(at, open)
    if (before !== '') tokens.push({ kind: 'text', at, text: before })
    const start = inside + (trimsBefore ? 2 : 0)
    if (!text.startsWith('/*', start)) tokens.push({ kind: 'left', at: open, text: left })
    const after = text.startsWith('/*', start) ? skipComment(source, start) : lexAction(source, { start, tokens })
    if (typeof after !== 'number') {
      tokens.push(after)
      return tokens
    }
    at = after
  }
  if (at < text.length) tokens.push({ kind: 'text', at, text: text.slice(at) })
  tokens.push({ kind: 'end', at: text.length, text: '' })
  return tokens
}

/** `- ` right after `{{`. */
function isTrimMarker(two: string): boolean {
  return two.length === 2 && two.startsWith('-') && SPACES.includes(two.charAt(1))
}

function trimEnd(text: string): string {
  return text.replace(/[ \t\r\n]+$/, '')
}

/** Where text goes on after `}}` or ` -}}`, which stands at `at`; undefined when neither does. */
function afterRight({ text, right }: Source, at: number): number | undefined {
  if (text.startsWith(right, at)) return at + right.length
  if (SPACES.includes(text.charAt(at)) && text.charAt(at) !== '' && text.startsWith(`-${right}`, at + 1)) {
    let end = at + 2 + right.length
    while (end < text.length && SPACES.includes(text.charAt(end))) end++
    return end
  }
  return undefined
}

function skipComment(source: Source, start: number): number | Token {
  const close = source.text.indexOf('*/', start + 2)
  if (close < 0) return { kind: 'error', at: start, text: 'unclosed comment' }
  const after = afterRight(source, close + 2)
  return after ?? { kind: 'error', at: start, text: 'comment ends before closing delimiter' }
}

/** The tokens of one action; returns where the text after it begins. */
function lexAction(source: Source, { start, tokens }: { start: number; tokens: Token[] }): number | Token {
  let at = start
  let depth = 0
  for (;;) {
    const after = afterRight(source, at)
    if (after !== undefined) {
      if (depth > 0) return { kind: 'error', at, text: 'unclosed left paren' }
      tokens.push({ kind: 'right', at, text: source.right })
      return after
    }
    const token = lexToken(source, at)
    if (token.kind === 'error') return token
    if (token.kind === '(') depth++
    if (token.kind === ')' && --depth < 0) return { kind: 'error', at, text: 'unexpected right paren' }
    tokens.push(token)
    at += token.text.length
  }
}

const NUMBER = /[+-]?(?:0[xX][0-9a-fA-F_]*|0[oO][0-7_]*|0[bB][01_]*|[0-9_]*)(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]+)?i?/y
const WORD = /[\p{L}\p{Nd}_]+/uy
const QUOTED = /"(?:[^"\\\n]|\\[^\n])*"/y
const CHARACTER = /'(?:[^'\\\n]|\\[^\n])*'/y

function lexToken({ text, right }: Source, at: number): Token {
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
  const error = (message: string): Token => ({ kind: 'error', at, text: message })
  const token = (kind: TokenKind, value: string): Token => ({ kind, at, text: value })
  if (at >= text.length) return error('unclosed action')
  if (SPACES.includes(character)) {
    let end = at
    // A space that belongs to ` -}}` is left for the end of the action.
    while (
      end < text.length &&
      SPACES.includes(text.charAt(end)) &&
      !(end > at && text.startsWith(`-${right}`, end + 1))
    )
      end++
    return token('space', text.slice(at, end))
  }
  switch (character) {
    case ':':
      return text.charAt(at + 1) === '=' ? token('declare', ':=') : error('expected :=')
    case '=':
      return token('assign', '=')
    case '|':
      return token('pipe', '|')
    case '(':
    case ')':
      return token(character, character)
    case '"':
      return whole(QUOTED, 'string') ?? error('unterminated quoted string')
    case '`': {
      const close = text.indexOf('`', at + 1)
      return close < 0 ? error('unterminated raw quoted string') : token('raw-string', text.slice(at, close + 1))
    }
    case "'":
      return whole(CHARACTER, 'character') ?? error('unterminated character constant')
    case '$':
      return named('variable')
    case '.':
      if (!/[0-9]/.test(text.charAt(at + 1))) return named('field')
      break
    default:
      break
  }
  if (/[-+.0-9]/.test(character)) return number()
  if (/[\p{L}\p{Nd}_]/u.test(character)) return named('identifier')
  if (/[!-~]/.test(character)) return token('other', character)
  return error(`unrecognized character in action: ${unicodeName(character)}`)

  function whole(pattern: RegExp, kind: TokenKind): Token | undefined {
    pattern.lastIndex = at
    const match = pattern.exec(text)?.[0]
    return match === undefined ? undefined : token(kind, match)
  }

  function number(): Token {
    NUMBER.lastIndex = at
    const match = NUMBER.exec(text)?.[0] ?? ''
    const end = at + match.length
    const isBroken = match === '' || /[\p{L}\p{Nd}_]/u.test(text.charAt(end))
    return isBroken ? error(`bad number syntax: "${text.slice(at, end + 1)}"`) : token('number', match)
  }

  function named(kind: 'identifier' | 'field' | 'variable'): Token {
    const from = kind === 'identifier' ? at : at + 1
    WORD.lastIndex = from
    const word = WORD.exec(text)?.[0] ?? ''
    const end = from + word.length
    const next = String.fromCodePoint(text.codePointAt(end) ?? 0)
    if (end < text.length && !`${SPACES}.,|:=)(${right.charAt(0)}`.includes(next))
      return error(`bad character ${unicodeName(next)}`)
    if (kind === 'variable') return token('variable', `$${word}`)
    if (kind === 'field') return word === '' ? token('dot', '.') : token('field', `.${word}`)
    if (word === 'true' || word === 'false') return token('bool', word)
    if (word === 'nil') return token('nil', word)
    return token(KEYWORDS.has(word) ? 'keyword' : 'identifier', word)
  }
}

/** `U+00A0`, and the character itself where it can be printed. */
function unicodeName(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character) ? `U+${code} '${character}'` : `U+${code}`
}
