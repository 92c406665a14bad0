/** The words of a label selector's text: k8s.io/apimachinery pkg/labels/selector.go. */
export type LabelTokenKind =
  | ')'
  | ','
  | '!'
  | '=='
  | '='
  | '>'
  | 'in'
  | '<'
  | '!='
  | 'notin'
  | '('
  | 'identifier'
  | 'end'

export interface LabelToken {
  readonly kind: LabelTokenKind
  readonly literal: string
}

const SYMBOLS: ReadonlySet<string> = new Set(['=', '!', '(', ')', ',', '>', '<'])
const SPACES: ReadonlySet<string> = new Set([' ', '\t', '\r', '\n'])
/** Go's lexer reads a zero byte where the text ends, and so ends at one. */
const END = '\0'

/** All tokens; the last is of kind `end`. */
export function lexLabels(text: string): readonly LabelToken[] {
  const tokens: LabelToken[] = []
  let at = 0
  const peek = (): string => text[at] ?? END
  for (;;) {
    while (SPACES.has(peek())) at++
    if (peek() === END) return [...tokens, { kind: 'end', literal: '' }]
    const start = at
    if (SYMBOLS.has(peek())) {
      at += text.startsWith('==', at) || text.startsWith('!=', at) ? 2 : 1
      const literal = text.slice(start, at)
      tokens.push({ kind: symbolOf(literal), literal })
      continue
    }
    while (peek() !== END && !SYMBOLS.has(peek()) && !SPACES.has(peek())) at++
    const literal = text.slice(start, at)
    tokens.push({ kind: literal === 'in' || literal === 'notin' ? literal : 'identifier', literal })
  }
}

function symbolOf(literal: string): LabelTokenKind {
  switch (literal) {
    case '==':
    case '!=':
    case '=':
    case '!':
    case '(':
    case ')':
    case ',':
    case '>':
      return literal
    default:
      return '<'
  }
}
