/** Where a text stops being JSON, in the words of Go's decoder (encoding/json scanner.go). */
class JsonSyntaxError extends Error {}

/**
 * Why `text` is no JSON, as Go says it: `invalid character '}' looking for beginning of value`. It must not be valid:
 * what JSON.parse refuses is scanned here for the message alone.
 */
export function jsonSyntaxError(text: string): string {
  try {
    new Scanner(text).document()
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.message
    throw error
  }
  return 'invalid character in input'
}

const LITERALS: Readonly<Record<string, string>> = { t: 'true', f: 'false', n: 'null' }
const DIGIT = /[0-9]/

class Scanner {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  document(): void {
    this.#value()
    this.#skipSpace()
    if (this.#at < this.#text.length) this.#fail('after top-level value')
  }

  #value(): void {
    this.#skipSpace()
    const start = this.#peek()
    const literal = LITERALS[start]
    if (start === '{') this.#object()
    else if (start === '[') this.#list()
    else if (start === '"') this.#string()
    else if (start === '-' || DIGIT.test(start)) this.#number()
    else if (literal === undefined) this.#fail('looking for beginning of value')
    else this.#literal(literal)
  }

  #object(): void {
    this.#at++
    this.#skipSpace()
    if (this.#peek() === '}') return this.#step()
    for (;;) {
      this.#skipSpace()
      if (this.#peek() !== '"') this.#fail('looking for beginning of object key string')
      this.#string()
      this.#skipSpace()
      this.#expect(':', 'after object key')
      this.#value()
      this.#skipSpace()
      if (this.#peek() === '}') return this.#step()
      this.#expect(',', 'after object key:value pair')
    }
  }

  #list(): void {
    this.#at++
    this.#skipSpace()
    if (this.#peek() === ']') return this.#step()
    for (;;) {
      this.#value()
      this.#skipSpace()
      if (this.#peek() === ']') return this.#step()
      this.#expect(',', 'after array element')
    }
  }

  #string(): void {
    this.#at++
    for (;;) {
      const char = this.#peek()
      if (char < ' ') this.#fail('in string literal')
      this.#at++
      if (char === '"') return
      if (char === '\\') this.#escape()
    }
  }

  #escape(): void {
    const char = this.#peek()
    if (!'bfnrt\\/"u'.includes(char)) this.#fail('in string escape code')
    this.#at++
    if (char !== 'u') return
    for (let digits = 0; digits < 4; digits++) this.#expect(/[0-9a-fA-F]/, 'in \\u hexadecimal character escape')
  }

  #number(): void {
    if (this.#peek() === '-') this.#at++
    if (this.#peek() === '0') this.#at++
    else {
      this.#expect(DIGIT, 'in numeric literal')
      this.#digits()
    }
    if (this.#text[this.#at] === '.') {
      this.#at++
      this.#expect(DIGIT, 'after decimal point in numeric literal')
      this.#digits()
    }
    if (/[eE]/.test(this.#text[this.#at] ?? '')) {
      this.#at++
      if (/[+-]/.test(this.#text[this.#at] ?? '')) this.#at++
      this.#expect(DIGIT, 'in exponent of numeric literal')
      this.#digits()
    }
  }

  #digits(): void {
    while (DIGIT.test(this.#text[this.#at] ?? '')) this.#at++
  }

  #literal(literal: string): void {
    this.#at++
    for (const char of literal.slice(1)) this.#expect(char, `in literal ${literal} (expecting '${char}')`)
  }

  #skipSpace(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? '')) this.#at++
  }

  #expect(wanted: string | RegExp, context: string): void {
    const char = this.#peek()
    if (typeof wanted === 'string' ? char !== wanted : !wanted.test(char)) this.#fail(context)
    this.#at++
  }

  #step(): void {
    this.#at++
  }

  #peek(): string {
    const char = this.#text[this.#at]
    if (char === undefined) throw new JsonSyntaxError('unexpected end of JSON input')
    return char
  }

  #fail(context: string): never {
    throw new JsonSyntaxError(`invalid character ${quoted(this.#peek())} ${context}`)
  }
}

function quoted(char: string): string {
  if (char === "'") return String.raw`'\''`
  if (char === '"') return `'"'`
  return `'${JSON.stringify(char).slice(1, -1)}'`
}
