import { byteText, type ByteText } from './byte-text.ts'

/** What a lexer finds, in the words that error messages use (prometheus: model/textparse/promparse.go). */
export type Token =
  | 'INVALID'
  | 'EOF'
  | 'LINEBREAK'
  | 'WHITESPACE'
  | 'HELP'
  | 'TYPE'
  | 'UNIT'
  | 'EOFWORD'
  | 'TEXT'
  | 'COMMENT'
  | 'MNAME'
  | 'QSTRING'
  | 'BOPEN'
  | 'BCLOSE'
  | 'LNAME'
  | 'LVALUE'
  | 'COMMA'
  | 'EQUAL'
  | 'TIMESTAMP'
  | 'VALUE'

/** What is expected next decides what a character means. */
export type LexerState =
  | 'init'
  | 'comment'
  | 'metadata name'
  | 'metadata text'
  | 'labels'
  | 'label value'
  | 'value'
  | 'timestamp'
  | 'exemplar'
  | 'exemplar value'
  | 'exemplar timestamp'

const NUL = 0
export const TAB = 0x09
export const LINE_FEED = 0x0a
export const SPACE = 0x20
export const QUOTE = 0x22
export const HASH = 0x23
const COMMA = 0x2c
const EQUAL = 0x3d
const BACKSLASH = 0x5c
export const BRACE_OPEN = 0x7b
const BRACE_CLOSE = 0x7d

/**
 * Where a lexer stands in a text, and the tokens that both text formats share. It never goes back: where a token cannot be finished, `at` stands on the
 * character that does not fit, and error messages quote up to that one.
 */
export class Scanner {
  readonly bytes: Buffer
  /** Made when it is first asked for: a scrape like the one before needs it nowhere. */
  #text: ByteText | undefined
  at = 0
  /** Where the token found last begins. */
  start = 0
  state: LexerState = 'init'

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get text(): ByteText {
    return (this.#text ??= byteText(this.bytes))
  }

  get length(): number {
    return this.bytes.length
  }

  /** The text of the token found last. */
  get token(): ByteText {
    return this.text.slice(this.start, this.at)
  }

  /** The code of the character at hand; NaN at the end. */
  peek(): number {
    return this.text.charCodeAt(this.at)
  }

  /** One character that is a token of its own, after which `state` holds. */
  single(token: Token, state: LexerState): Token {
    this.at++
    this.state = state
    return token
  }

  /** Letters, digits and underscores, not beginning with a digit; `colons` are letters too in names of metrics. */
  name(token: Token, options: { colons: boolean; next: LexerState }): Token {
    const { text } = this
    let at = this.at
    if (!isNameStart(text.charCodeAt(at), options.colons)) return 'INVALID'
    at++
    for (;;) {
      const code = text.charCodeAt(at)
      if (!isNameStart(code, options.colons) && !isDigit(code)) break
      at++
    }
    this.at = at
    this.state = options.next
    return token
  }

  /** A text in double quotes; a backslash escapes any character but a line break. */
  quoted(token: Token, options: { lineBreaks: boolean; nuls: boolean; next: LexerState }): Token {
    const { text } = this
    for (this.at++; ; this.at++) {
      let code = text.charCodeAt(this.at)
      if (code === NUL && options.nuls) continue
      if (code === QUOTE) break
      if (code === BACKSLASH) {
        code = text.charCodeAt(++this.at)
        while (code === NUL && options.nuls) code = text.charCodeAt(++this.at)
        if (!(code > NUL) || code === LINE_FEED) return 'INVALID'
      } else if (!(code > NUL) || (code === LINE_FEED && !options.lineBreaks)) return 'INVALID'
    }
    this.at++
    this.state = options.next
    return token
  }

  /** What stands between braces, after names and values. */
  labelPart(options: { lineBreaks: boolean; state: LexerState; value: LexerState; end: LexerState }): Token {
    switch (this.peek()) {
      case QUOTE:
        return this.quoted('QSTRING', { lineBreaks: options.lineBreaks, nuls: false, next: options.state })
      case COMMA:
        return this.single('COMMA', options.state)
      case EQUAL:
        return this.single('EQUAL', options.value)
      case BRACE_CLOSE:
        return this.single('BCLOSE', options.end)
      default:
        return this.name('LNAME', { colons: false, next: options.state })
    }
  }

  skipBlanks(): void {
    while (this.peek() === SPACE || this.peek() === TAB) this.at++
  }
}

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

function isNameStart(code: number, colons: boolean): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f || (colons && code === 0x3a)
}
