import type { StringMatch } from '../../../mesh/config/types/virtual-service.ts'
import { textMatch } from '../../../mesh/route/text-match.ts'

/** A text that matches; undefined where none is found. */
export function sampleOf(match: StringMatch): string | undefined {
  const { exact, prefix, regex } = match
  if (exact !== undefined) return exact
  if (prefix !== undefined) return prefix
  if (regex === undefined || regex === '*' || regex === '.*') return 'any'
  const sample = sampleOfRegex(regex)
  return textMatch(match)(sample) ? sample : undefined
}

/** The shortest way through an expression, by its first alternatives. Whoever uses it tries it before. */
function sampleOfRegex(regex: string): string {
  return new RegexWalker(regex).alternation()
}

/** Tried in this order where a set of characters lets anything through but some. */
const CANDIDATES: readonly string[] = ['a', '1', '-', '_', ' ', 'x', '/', '.', 'Z']

class RegexWalker {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /** Up to the end, or to the parenthesis that ends a group. */
  alternation(): string {
    const first = this.#sequence()
    while (this.#takes('|')) this.#sequence()
    return first
  }

  #sequence(): string {
    let sample = ''
    while (this.#at < this.#text.length && !')|'.includes(this.#peek())) {
      const piece = this.#piece()
      sample += piece.repeat(this.#times())
    }
    return sample
  }

  #piece(): string {
    const character = this.#next()
    switch (character) {
      case '^':
      case '$':
        return ''
      case '.':
        return 'a'
      case '\\':
        return escaped(this.#next())
      case '[':
        return this.#set()
      case '(':
        return this.#group()
      default:
        return character
    }
  }

  #group(): string {
    // (?:…), (?i:…), (?i) and (?P<name>…).
    const [opening = ''] = /^\?(?:P?<\w+>|[a-zA-Z-]*:|[a-zA-Z-]*(?=\)))/.exec(this.#text.slice(this.#at)) ?? []
    this.#at += opening.length
    const sample = this.alternation()
    this.#takes(')')
    return sample
  }

  #set(): string {
    const [body = ''] = /^\^?\]?(?:\\.|[^\]\\])*/.exec(this.#text.slice(this.#at)) ?? []
    this.#at += body.length + 1
    const [first = ''] = /^(?:\\.|[^\\^])/.exec(body) ?? []
    if (!body.startsWith('^')) return first.startsWith('\\') ? escaped(first.charAt(1)) : first
    return CANDIDATES.find((candidate) => !body.includes(candidate)) ?? ''
  }

  /** How often a piece has to stand there at least. */
  #times(): number {
    const [quantifier = ''] = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/.exec(this.#text.slice(this.#at)) ?? []
    this.#at += quantifier.length
    if (quantifier.startsWith('{')) return Number.parseInt(quantifier.slice(1), 10)
    return quantifier.startsWith('*') || quantifier.startsWith('?') ? 0 : 1
  }

  #takes(character: string): boolean {
    if (this.#peek() !== character) return false
    this.#at++
    return true
  }

  #peek(): string {
    return this.#text.charAt(this.#at)
  }

  #next(): string {
    return this.#text.charAt(this.#at++)
  }
}

function escaped(letter: string): string {
  switch (letter) {
    case 'd':
      return '1'
    case 'w':
    case 'D':
    case 'S':
      return 'a'
    case 's':
    case 'W':
      return ' '
    case 'b':
    case 'A':
    case 'z':
      return ''
    default:
      return letter
  }
}
