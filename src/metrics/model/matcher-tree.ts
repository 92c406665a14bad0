/**
 * What a regular expression says, for those that say nothing unusual. Whether letters match in either case is part of the
 * leaves, so that the tree can be taken apart and put together.
 */
export type RegexTree =
  | { readonly type: 'literal'; readonly text: string; readonly isFolded: boolean }
  /** A set of characters, in the syntax of JavaScript: `[a-z]`, and `.` for any. */
  | { readonly type: 'set'; readonly source: string; readonly isFolded: boolean; readonly members?: readonly string[] }
  | { readonly type: 'sequence'; readonly parts: readonly RegexTree[] }
  | { readonly type: 'choice'; readonly options: readonly RegexTree[] }
  /** At least `min` times and at most `max`, which may be Infinity. */
  | { readonly type: 'repeat'; readonly body: RegexTree; readonly min: number; readonly max: number }
  /** Holds at the beginning of the text, or at its end. */
  | { readonly type: 'anchor'; readonly side: '^' | '$' }

/** The source of any character, a newline too. */
export const ANY = '.'

/** The tree of a well-formed RE2 expression; undefined when there is something in it that is not read here. */
export function readRegex(source: string): RegexTree | undefined {
  const reader = new Reader(source)
  try {
    return reader.read()
  } catch (failure) {
    if (failure instanceof Unread) return undefined
    throw failure
  }
}

/** Thrown at what is not read here. */
class Unread extends Error {}

/** How deep groups may lie in one another to be read. */
const DEPTH_MAX = 50

/** How many characters a set may have to be told one by one. */
const MEMBERS_MAX = 64

const ESCAPED_SETS: Readonly<Record<string, string>> = {
  d: '0-9',
  w: '0-9A-Za-z_',
  s: '\\t\\n\\f\\r ',
}

const ESCAPED_CHARACTERS: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  f: '\f',
  v: '\v',
  a: '\u0007',
}

class Reader {
  readonly #characters: readonly string[]
  #at = 0
  #depth = 0
  #isFolded = false

  constructor(source: string) {
    this.#characters = Array.from(source)
  }

  read(): RegexTree {
    const tree = this.#choice()
    if (this.#at < this.#characters.length) throw new Unread()
    return tree
  }

  #peek(ahead = 0): string {
    return this.#characters[this.#at + ahead] ?? ''
  }

  #next(): string {
    const character = this.#peek()
    this.#at++
    return character
  }

  #accept(text: string): boolean {
    if (
      !this.#characters
        .slice(this.#at, this.#at + text.length)
        .join('')
        .startsWith(text)
    )
      return false
    this.#at += text.length
    return true
  }

  #choice(): RegexTree {
    const options = [this.#sequence()]
    while (this.#accept('|')) options.push(this.#sequence())
    const [only] = options
    return options.length === 1 && only !== undefined ? only : { type: 'choice', options }
  }

  #sequence(): RegexTree {
    const parts: RegexTree[] = []
    while (this.#peek() !== '' && this.#peek() !== '|' && this.#peek() !== ')') {
      const atom = this.#atom()
      if (atom !== undefined) parts.push(this.#repeated(atom))
    }
    return { type: 'sequence', parts: joined(parts) }
  }

  #repeated(body: RegexTree): RegexTree {
    const bounds = this.#bounds()
    if (bounds === undefined) return body
    // Which repetition is tried first does not change whether the whole matches.
    this.#accept('?')
    if (body.type === 'anchor') throw new Unread()
    return { type: 'repeat', body, ...bounds }
  }

  #bounds(): { readonly min: number; readonly max: number } | undefined {
    if (this.#accept('*')) return { min: 0, max: Infinity }
    if (this.#accept('+')) return { min: 1, max: Infinity }
    if (this.#accept('?')) return { min: 0, max: 1 }
    if (this.#peek() !== '{') return undefined
    const rest = this.#characters.slice(this.#at, this.#at + 12).join('')
    const [whole, min = '', comma, max = ''] = /^\{(\d{1,3})(,?)(\d{0,3})\}/.exec(rest) ?? []
    if (whole === undefined || (comma === '' && max !== '')) throw new Unread()
    this.#at += whole.length
    if (comma === '') return { min: Number(min), max: Number(min) }
    return { min: Number(min), max: max === '' ? Infinity : Number(max) }
  }

  /** Undefined for what only sets flags. */
  #atom(): RegexTree | undefined {
    const character = this.#next()
    switch (character) {
      case '.':
        return { type: 'set', source: ANY, isFolded: false }
      case '^':
      case '$':
        return { type: 'anchor', side: character }
      case '(':
        return this.#group()
      case '[':
        return this.#set()
      case '\\':
        return this.#escape()
      case '*':
      case '+':
      case '?':
      case '{':
        throw new Unread()
      default:
        return this.#literal(character)
    }
  }

  #literal(text: string): RegexTree {
    return { type: 'literal', text, isFolded: this.#isFolded && text.toLowerCase() !== text.toUpperCase() }
  }

  #group(): RegexTree | undefined {
    const wasFolded = this.#isFolded
    if (this.#accept('?')) {
      const flags = this.#flags()
      if (flags === ')') return undefined
    }
    this.#depth++
    if (this.#depth > DEPTH_MAX) throw new Unread()
    const tree = this.#choice()
    if (!this.#accept(')')) throw new Unread()
    this.#depth--
    this.#isFolded = wasFolded
    return tree
  }

  /** `?:`, `?i:`, `?P<name>` and the like, without the question mark; what ended it. Flags alone hold to the group's end. */
  #flags(): ':' | ')' {
    if (this.#peek() === 'P' || this.#peek() === '<') {
      while (this.#peek() !== '>' && this.#peek() !== '') this.#at++
      this.#at++
      return ':'
    }
    for (;;) {
      const flag = this.#next()
      if (flag === ':' || flag === ')') return flag
      // Newlines match anyway.
      if (flag === 'i') this.#isFolded = true
      else if (flag !== 's') throw new Unread()
    }
  }

  #escape(): RegexTree {
    const letter = this.#next()
    const set = ESCAPED_SETS[letter.toLowerCase()]
    if (set === undefined) return this.#literal(escapedCharacter(letter))
    const isNegated = letter !== letter.toLowerCase()
    if (isNegated && this.#isFolded) throw new Unread()
    return { type: 'set', source: `[${isNegated ? '^' : ''}${set}]`, isFolded: this.#isFolded }
  }

  #set(): RegexTree {
    const isNegated = this.#accept('^')
    // What a set leaves out is told differently by JavaScript and RE2 when case does not count.
    if (isNegated && this.#isFolded) throw new Unread()
    let source = ''
    const members: string[] = []
    let isCountable = !isNegated && !this.#isFolded
    do {
      const item = this.#setItem()
      source += item.source
      if (item.members === undefined || members.length + item.members.length > MEMBERS_MAX) isCountable = false
      else members.push(...item.members)
    } while (this.#peek() !== ']')
    this.#at++
    const tree = { type: 'set', source: `[${isNegated ? '^' : ''}${source}]`, isFolded: this.#isFolded } as const
    return isCountable ? { ...tree, members } : tree
  }

  #setItem(): { readonly source: string; readonly members?: readonly string[] } {
    const first = this.#setCharacter()
    if (first.length > 1 && first.startsWith('\\')) return { source: first.slice(1) }
    if (this.#peek() !== '-' || this.#peek(1) === ']') return { source: escapedInSet(first), members: [first] }
    this.#at++
    const last = this.#setCharacter()
    const from = first.codePointAt(0) ?? 0
    const to = last.codePointAt(0) ?? 0
    if (last.length > 1 && last.startsWith('\\')) throw new Unread()
    const source = `${escapedInSet(first)}-${escapedInSet(last)}`
    if (to - from >= MEMBERS_MAX) return { source }
    return { source, members: Array.from({ length: to - from + 1 }, (_, index) => String.fromCodePoint(from + index)) }
  }

  /** One character; of `\d` and its like the members in JavaScript's syntax behind a backslash. */
  #setCharacter(): string {
    const character = this.#next()
    if (character === '' || character === '[') throw new Unread()
    if (character !== '\\') return character
    const letter = this.#next()
    const set = ESCAPED_SETS[letter]
    return set === undefined ? escapedCharacter(letter) : `\\${set}`
  }
}

function escapedCharacter(letter: string): string {
  const known = ESCAPED_CHARACTERS[letter]
  if (known !== undefined) return known
  if (!/^[!-/:-@[-`{-~]$/.test(letter)) throw new Unread()
  return letter
}

function escapedInSet(character: string): string {
  return /^[\w ]$/.test(character) || character > '\u007f'
    ? character
    : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}

/** Neighbouring literals as one. */
function joined(parts: readonly RegexTree[]): readonly RegexTree[] {
  const result: RegexTree[] = []
  for (const part of parts) {
    const last = result.at(-1)
    if (part.type === 'literal' && last?.type === 'literal' && part.isFolded === last.isFolded) {
      result[result.length - 1] = { ...last, text: last.text + part.text }
    } else {
      result.push(part)
    }
  }
  return result
}
