import { goQuote, goQuoteRune } from '../../../base/go-quote.ts'
import { Cursor, scanDurationRest, scanNumber } from './cursor.ts'
import { characterAt, isAlpha, isAlphaNumeric, isDigit, isSpace, textOf } from './source.ts'
import { scanRawString, scanString } from './strings.ts'
import { type Token, type TokenType, WORDS } from './tokens.ts'

/** Which rules hold for the next token. */
type Mode = 'statement' | 'braces' | 'duration' | 'over'

/**
 * Cuts a query into tokens, one at each call. What may come depends on what came: in braces all words are identifiers, in
 * brackets only durations are read. After an error there is nothing more. Source: prometheus/prometheus promql/parser/lex.go.
 */
export class Lexer {
  readonly #cursor: Cursor
  readonly #isSeries: boolean
  #mode: Mode = 'statement'
  #parenDepth = 0
  #isBracketOpen = false
  #hasColon = false
  #hasDuration = false

  /** `isSeries`: the name and labels before a series' values, where numbers have no hexadecimal form. */
  constructor(bytes: string, options: { readonly isSeries: boolean } = { isSeries: false }) {
    this.#cursor = new Cursor(bytes)
    this.#isSeries = options.isSeries
  }

  /** The byte behind the last token. */
  get pos(): number {
    return this.#cursor.pos
  }

  /** The next byte, before any space is skipped. */
  peekByte(): string {
    return this.#cursor.peek()
  }

  next(): Token {
    const cursor = this.#cursor
    for (;;) {
      if (this.#mode === 'over') return this.#emit('end of input')
      cursor.ignorePending()
      if (this.#mode !== 'duration' && cursor.peek() === '#') skipComment(cursor)
      else if (isSpace(cursor.peek())) cursor.skipSpaces()
      else break
    }
    switch (this.#mode) {
      case 'braces':
        return this.#inBraces()
      case 'duration':
        return this.#inDuration()
      default:
        return this.#inStatement()
    }
  }

  #inStatement(): Token {
    const cursor = this.#cursor
    const byte = cursor.next()
    if (isDigit(byte) || (byte === '.' && isDigit(cursor.peek()))) return this.#numberOrDuration()
    if (isAlpha(byte) || byte === ':') return this.#isBracketOpen ? this.#wordInBrackets(byte) : this.#word()
    switch (byte) {
      case '':
        return this.#end()
      case ',':
      case '*':
      case '/':
      case '%':
      case '+':
      case '-':
      case '^':
      case '@':
        return this.#emit(byte)
      case '=':
      case '!':
      case '<':
      case '>':
        return this.#comparison(byte)
      case '"':
      case "'":
      case '`':
        return this.#string(byte)
      case '(':
      case ')':
        return this.#paren(byte)
      case '{':
        this.#mode = 'braces'
        return this.#emit('{')
      case '[':
        return this.#openBracket()
      case ']':
        if (!this.#isBracketOpen) return this.#unexpected('right bracket', byte)
        this.#isBracketOpen = false
        return this.#emit(']')
      default:
        return this.#error(`unexpected character: ${goQuoteRune(this.#wholeCharacter())}`)
    }
  }

  #end(): Token {
    if (this.#parenDepth !== 0) return this.#error('unclosed left parenthesis')
    if (this.#isBracketOpen) return this.#error('unclosed left bracket')
    this.#mode = 'over'
    return this.#emit('end of input')
  }

  #comparison(byte: '=' | '!' | '<' | '>'): Token {
    const cursor = this.#cursor
    if (cursor.accept('=')) return this.#emit(`${byte}=`)
    if (byte === '<' || byte === '>') return this.#emit(cursor.accept('/') ? `${byte}/` : byte)
    if (byte === '=' && cursor.peek() !== '~') return this.#emit('=')
    return this.#error(`unexpected character after '${byte}': ${goQuoteRune(this.#nextCharacter())}`)
  }

  #paren(byte: '(' | ')'): Token {
    this.#parenDepth += byte === '(' ? 1 : -1
    if (this.#parenDepth >= 0) return this.#emit(byte)
    this.#cursor.ignorePending()
    return this.#error(`unexpected right parenthesis '${byte}'`)
  }

  #openBracket(): Token {
    if (this.#isBracketOpen) return this.#unexpected('left bracket', '[')
    this.#hasColon = false
    this.#isBracketOpen = true
    this.#mode = 'duration'
    return this.#emit('[')
  }

  /** In brackets, behind a number: a colon, or the name of a function of durations. */
  #wordInBrackets(byte: string): Token {
    if (byte === ':') {
      if (this.#hasColon) return this.#unexpected('colon', byte)
      this.#hasColon = true
      return this.#emit(':')
    }
    const word = this.#durationWord(byte)
    return word ?? this.#error(`unexpected character: '${byte}', expected ':'`)
  }

  #durationWord(byte: string): Token | undefined {
    if (!DURATION_WORD_STARTS.has(byte.toLowerCase())) return undefined
    while (isAlpha(this.#cursor.peek())) this.#cursor.next()
    const type = WORDS.get(this.#cursor.pending.toLowerCase())
    return type !== undefined && DURATION_WORDS.has(type) ? this.#emit(type) : undefined
  }

  #inDuration(): Token {
    const cursor = this.#cursor
    const byte = cursor.next()
    if (isDigit(byte) || (byte === '.' && isDigit(cursor.peek()))) {
      this.#hasDuration = true
      this.#mode = 'statement'
      return this.#numberOrDuration()
    }
    switch (byte) {
      case '':
        return this.#error('unexpected end of input in duration expression')
      case ']':
        this.#isBracketOpen = false
        this.#mode = 'statement'
        return this.#emit(']')
      case ':':
        return this.#colonInDuration()
      case '(':
      case ')':
        return this.#paren(byte)
      case '+':
      case '-':
      case '*':
      case '/':
      case '%':
      case '^':
      case ',':
        return this.#emit(byte)
      default:
    }
    const word = this.#durationWord(byte)
    if (word !== undefined) return word
    const character = goQuoteRune(isAlpha(byte) ? byte : this.#wholeCharacter())
    return this.#error(`unexpected character in duration expression: ${character}`)
  }

  #colonInDuration(): Token {
    let wrong: string | undefined
    if (!this.#hasDuration) wrong = 'unexpected colon before duration in duration expression'
    else if (this.#hasColon) wrong = 'unexpected repeated colon in duration expression'
    if (wrong !== undefined) {
      this.#cursor.ignorePending()
      return this.#error(wrong)
    }
    this.#hasColon = true
    return this.#emit(':')
  }

  #inBraces(): Token {
    const cursor = this.#cursor
    const byte = cursor.next()
    if (isAlpha(byte)) {
      cursor.acceptWord()
      return this.#emit('identifier')
    }
    switch (byte) {
      case '':
        return this.#error('unexpected end of input inside braces')
      case ',':
        return this.#emit(',')
      case '"':
      case "'":
      case '`':
        return this.#string(byte)
      case '=':
        return this.#emit(cursor.accept('~') ? '=~' : '=')
      case '!':
        if (cursor.accept('~')) return this.#emit('!~')
        if (cursor.accept('=')) return this.#emit('!=')
        return this.#error(`unexpected character after '!' inside braces: ${goQuoteRune(this.#nextCharacter())}`)
      case '{':
        return this.#unexpected('left brace', byte)
      case '}':
        this.#mode = 'statement'
        return this.#emit('}')
      default:
        return this.#error(`unexpected character inside braces: ${goQuoteRune(this.#wholeCharacter())}`)
    }
  }

  #string(mark: string): Token {
    const problem = mark === '`' ? scanRawString(this.#cursor) : scanString(this.#cursor, mark)
    return problem === undefined ? this.#emit('string') : this.#error(problem)
  }

  #numberOrDuration(): Token {
    const cursor = this.#cursor
    cursor.pos = cursor.start
    if (scanNumber(cursor, this.#isSeries)) return this.#emit('number')
    if (scanDurationRest(cursor)) return this.#emit('duration')
    return this.#error(`bad number or duration syntax: ${goQuote(textOf(cursor.pending))}`)
  }

  #word(): Token {
    const cursor = this.#cursor
    while (isAlphaNumeric(cursor.peek()) || cursor.peek() === ':') cursor.next()
    const word = cursor.pending
    const type = WORDS.get(word.toLowerCase())
    // These came late: they still are names of metrics wherever no parenthesis follows.
    const isName = type !== undefined && FILL_WORDS.has(type) && !this.#isParenNext()
    if (type !== undefined && !isName) return this.#emit(type)
    return this.#emit(word.includes(':') ? 'metric identifier' : 'identifier')
  }

  #isParenNext(): boolean {
    const { bytes, pos } = this.#cursor
    let ahead = pos
    while (isSpace(bytes.charAt(ahead))) ahead++
    return bytes.charAt(ahead) === '('
  }

  /** The character whose first byte was just read. */
  #wholeCharacter(): string {
    return characterAt(this.#cursor.bytes, this.#cursor.pos - 1).character
  }

  /** At the end, Go shows the character that stands for none. */
  #nextCharacter(): string {
    const { character } = characterAt(this.#cursor.bytes, this.#cursor.pos)
    return character === '' ? '\ufffd' : character
  }

  #emit(type: TokenType): Token {
    const { start, pos, pending } = this.#cursor
    return { type, start, end: pos, text: textOf(pending) }
  }

  #unexpected(what: string, byte: string): Token {
    return this.#error(`unexpected ${what} '${byte}'`)
  }

  #error(message: string): Token {
    this.#mode = 'over'
    return { type: 'error', start: this.#cursor.start, end: this.#cursor.bytes.length, text: message }
  }
}

const DURATION_WORDS: ReadonlySet<TokenType> = new Set<TokenType>(['step', 'range', 'max_of', 'min_of'])
const DURATION_WORD_STARTS: ReadonlySet<string> = new Set([...DURATION_WORDS].map((word) => word.charAt(0)))
const FILL_WORDS: ReadonlySet<TokenType> = new Set<TokenType>(['fill', 'fill_left', 'fill_right'])

function skipComment(cursor: Cursor): void {
  while (cursor.peek() !== '' && cursor.peek() !== '\n' && cursor.peek() !== '\r') cursor.next()
}
