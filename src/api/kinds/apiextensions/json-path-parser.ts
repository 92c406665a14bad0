/** A step of a path; each is taken from all values that the steps before it led to. */
export type PathStep =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'recursive' }
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  | { readonly kind: 'union'; readonly parts: readonly (readonly PathStep[])[] }
  | ArraySlice
  | { readonly kind: 'filter'; readonly left: readonly PathStep[]; readonly test?: FilterTest }

export interface ArraySlice {
  readonly kind: 'slice'
  readonly from?: number
  readonly to?: number
  readonly step?: number
  /** One item by its index; `from` is set. */
  readonly isIndex: boolean
}

export interface FilterTest {
  readonly operator: string
  readonly right: readonly PathStep[]
}

export class JsonPathError extends Error {
  override readonly name = 'JsonPathError'
}

const FIELD = /(?:\\[^]|[^\\ \t\r\n.,[\]$@{}])*/y
const NUMBER = /[+-]?[\d.]*/y
const WORD = /[^ \t\r\n.,[\]$@{}]*/y
const ALPHANUMERIC = /[_\p{L}\p{N}]/u
const SLICE = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/
const FILTER = /^([^!<>=]+)([!<>=]+)(.+)$/
const FILTER_OPENING = '[?('
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', "'": "'", '"': '"' }

/** Reads what stands between the braces of a JSONPath template. After k8s.io/client-go util/jsonpath/parser.go. */
export function parseJsonPath(source: string): readonly PathStep[] {
  return new Parser(source).parse()
}

class Parser {
  readonly #source: string
  #at = 0

  constructor(source: string) {
    this.#source = source
  }

  parse(): readonly PathStep[] {
    const steps: PathStep[] = []
    while (this.#at < this.#source.length) steps.push(...this.#next(steps.at(-1)))
    return steps
  }

  #next(previous: PathStep | undefined): readonly PathStep[] {
    if (this.#source.startsWith(FILTER_OPENING, this.#at)) return [this.#filter()]
    if (this.#source.startsWith('..', this.#at)) return this.#recursive(previous)
    const character = this.#source.charAt(this.#at)
    switch (character) {
      case ' ':
      case '@':
      case '$':
        this.#at++
        return []
      case '[':
        return this.#brackets()
      case '"':
      case "'":
        return [this.#quoted(character)]
      case '.':
        this.#at++
        return [this.#field()]
      default:
        if (/[+\-\d]/.test(character)) return [this.#number()]
        if (ALPHANUMERIC.test(character)) return [this.#word()]
        throw new JsonPathError(`unrecognized character in action: '${character}'`)
    }
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const [text = ''] = pattern.exec(this.#source) ?? []
    this.#at += text.length
    return text
  }

  #field(): PathStep {
    const name = this.#take(FIELD)
    return name === '*' ? { kind: 'wildcard' } : { kind: 'field', name: name.replaceAll('\\', '') }
  }

  #recursive(previous: PathStep | undefined): readonly PathStep[] {
    if (previous?.kind === 'recursive') throw new JsonPathError('invalid multiple recursive descent')
    this.#at += '..'.length
    const hasField = ALPHANUMERIC.test(this.#source.charAt(this.#at))
    return [{ kind: 'recursive' }, ...(hasField ? [this.#field()] : [])]
  }

  #number(): PathStep {
    const text = this.#take(NUMBER)
    const value = Number(text)
    if (text === '' || Number.isNaN(value)) throw new JsonPathError(`cannot parse number ${text}`)
    return { kind: 'literal', value }
  }

  #word(): PathStep {
    const word = this.#take(WORD)
    if (word === 'true' || word === 'false') return { kind: 'literal', value: word === 'true' }
    throw new JsonPathError(`unrecognized identifier ${word}`)
  }

  #quoted(quote: string): PathStep {
    const start = ++this.#at
    while (this.#source.charAt(this.#at) !== quote || this.#source.charAt(this.#at - 1) === '\\') {
      if (this.#at >= this.#source.length) throw new JsonPathError('unterminated quoted string')
      this.#at++
    }
    const text = this.#source.slice(start, this.#at++)
    return { kind: 'literal', value: text.replace(/\\(.)/g, (_, escaped: string) => ESCAPES[escaped] ?? escaped) }
  }

  #brackets(): readonly PathStep[] {
    const end = this.#source.indexOf(']', this.#at)
    if (end < 0) throw new JsonPathError('unterminated array')
    const text = this.#source.slice(this.#at + 1, end)
    this.#at = end + 1
    if (text.includes(',')) {
      return [{ kind: 'union', parts: text.split(',').map((part) => parseJsonPath(`[${part.trim()}]`)) }]
    }
    const [, key] = /^'([^']*)'$/.exec(text) ?? []
    // Dots in a quoted key part fields all the same, unless they are escaped.
    return key === undefined ? [slice(text)] : parseJsonPath(`.${key}`)
  }

  #filter(): PathStep {
    const start = this.#at + FILTER_OPENING.length
    let quote = ''
    for (this.#at = start; ; this.#at++) {
      const character = this.#source.charAt(this.#at)
      if (character === '') throw new JsonPathError('unterminated filter')
      if (character === ')' && quote === '') break
      if (quote === '' && (character === '"' || character === "'")) quote = character
      else if (character === quote && this.#source.charAt(this.#at - 1) !== '\\') quote = ''
    }
    const text = this.#source.slice(start, this.#at)
    if (this.#source.charAt(this.#at + 1) !== ']') throw new JsonPathError('unclosed array expect ]')
    this.#at += ')]'.length
    const [, left, operator, right] = FILTER.exec(text) ?? []
    if (left === undefined || operator === undefined || right === undefined) {
      return { kind: 'filter', left: parseJsonPath(text) }
    }
    return { kind: 'filter', left: parseJsonPath(left), test: { operator, right: parseJsonPath(right) } }
  }
}

function slice(text: string): ArraySlice {
  const [whole, from, to, step] = SLICE.exec(text === '*' ? ':' : text) ?? []
  if (whole === undefined) throw new JsonPathError(`invalid array index ${text}`)
  return {
    kind: 'slice',
    ...bound('from', from),
    ...bound('to', to?.slice(1)),
    ...bound('step', step?.slice(1)),
    isIndex: to === undefined,
  }
}

function bound(name: 'from' | 'step' | 'to', text: string | undefined): Partial<ArraySlice> {
  if (text === undefined || text === '') return {}
  if (text === '-') throw new JsonPathError(`array index ${text} is not a number`)
  return { [name]: Number(text) }
}
