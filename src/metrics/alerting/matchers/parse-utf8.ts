import type { MatcherOp } from '../../model/matcher.ts'
import { unquote } from '../../templates/literals.ts'
import { type AlertMatcher, alertMatcher, RESERVED } from './alert-matcher.ts'
import { MatcherError } from './matcher-error.ts'

interface Token {
  readonly kind: '{' | '}' | ',' | 'op' | 'quoted' | 'plain' | 'end'
  readonly text: string
  /** In characters from the beginning. */
  readonly start: number
  readonly end: number
}

/** Matchers of the syntax that allows every name (prometheus/alertmanager matcher/parse). Throws a `MatcherError`. */
export function parseUtf8Matchers(text: string): readonly AlertMatcher[] {
  return new Parser(text).matchers()
}

/** Exactly one matcher. Throws a `MatcherError`. */
export function parseUtf8Matcher(text: string): AlertMatcher {
  const matchers = parseUtf8Matchers(text)
  const [matcher] = matchers
  if (matcher === undefined) throw new MatcherError('no matchers')
  if (matchers.length > 1) throw new MatcherError(`expected 1 matcher, found ${matchers.length}`)
  return matcher
}

const NAMES = {
  brace: 'expected opening brace',
  closeBrace: 'expected close brace',
  labelName: 'expected label name',
  labelValue: 'expected label value',
  operator: "expected an operator such as '=', '!=', '=~' or '!~'",
  separator: 'expected a comma or close brace',
  afterComma: 'expected a matcher or close brace after comma',
  end: 'expected end of input',
}

class Parser {
  readonly #characters: readonly string[]
  #at = 0
  #peeked: Token | undefined

  constructor(text: string) {
    this.#characters = Array.from(text)
  }

  matchers(): readonly AlertMatcher[] {
    const matchers: AlertMatcher[] = []
    if (this.#peek().kind === 'end') return matchers
    const isBraced = this.#peek().kind === '{'
    if (isBraced) this.#take()
    if (this.#peek().kind !== '}' && !(isBraced && this.#peek().kind === 'end')) {
      do {
        matchers.push(this.#matcher())
      } while (this.#isFollowed())
    }
    this.#closeBrace(isBraced)
    const rest = this.#peek(NAMES.end)
    if (rest.kind !== 'end') throw new MatcherError(`${place(rest)}: ${rest.text}: ${NAMES.end}`)
    return matchers
  }

  #matcher(): AlertMatcher {
    const name = this.#expect(['quoted', 'plain'], NAMES.labelName)
    const nameText = unquoted(name)
    const op = this.#expect(['op'], NAMES.operator)
    const value = this.#expect(['plain', 'quoted'], NAMES.labelValue)
    try {
      return alertMatcher(nameText, op.text as MatcherOp, unquoted(value))
    } catch (failure) {
      if (failure instanceof MatcherError) throw failure
      const message = failure instanceof Error ? failure.message : String(failure)
      throw new MatcherError(`failed to create matcher: ${message}`, { cause: failure })
    }
  }

  /** Whether another matcher comes, past the comma before it. */
  #isFollowed(): boolean {
    if (this.#peek(NAMES.separator).kind === 'end') return false
    if (this.#expectPeek([',', '}'], NAMES.separator).kind === '}') return false
    this.#take()
    if (this.#peek(NAMES.afterComma).kind === 'end') return false
    return this.#expectPeek(['}', 'plain', 'quoted'], NAMES.afterComma).kind !== '}'
  }

  #closeBrace(isBraced: boolean): void {
    const next = this.#peek()
    if (!isBraced) {
      if (next.kind === '}') throw new MatcherError(`0:${next.end}: }: ${NAMES.brace}`)
      return
    }
    if (next.kind === '}') {
      this.#take()
      return
    }
    const what = next.kind === 'end' ? 'end of input' : `${place(next)}: unexpected ${next.text}`
    throw new MatcherError(`0:${this.#at}: ${what}: ${NAMES.closeBrace}`)
  }

  #expect(kinds: readonly Token['kind'][], wanted: string): Token {
    this.#expectPeek(kinds, wanted)
    return this.#take()
  }

  #expectPeek(kinds: readonly Token['kind'][], wanted: string): Token {
    const token = this.#peek(wanted)
    if (token.kind === 'end') throw new MatcherError(`end of input: ${wanted}`)
    if (!kinds.includes(token.kind)) throw new MatcherError(`${place(token)}: unexpected ${token.text}: ${wanted}`)
    return token
  }

  #take(): Token {
    const token = this.#peek()
    this.#at = token.end
    this.#peeked = undefined
    return token
  }

  /** What the next token is. A malformed one fails, and says what was wanted there. */
  #peek(wanted?: string): Token {
    if (this.#peeked === undefined) {
      try {
        this.#peeked = scan(this.#characters, this.#at)
      } catch (failure) {
        if (failure instanceof MatcherError && wanted !== undefined) {
          throw new MatcherError(`${failure.message}: ${wanted}`, { cause: failure })
        }
        throw failure
      }
    }
    return this.#peeked
  }
}

function scan(characters: readonly string[], from: number): Token {
  let start = from
  while (/^\s$/u.test(characters[start] ?? '')) start++
  const first = characters[start]
  const token = (kind: Token['kind'], end: number): Token => ({
    kind,
    start,
    end,
    text: characters.slice(start, end).join(''),
  })
  if (first === undefined) return { kind: 'end', start: from, end: from, text: '' }
  if (first === '{' || first === '}' || first === ',') return token(first, start + 1)
  const next = characters[start + 1]
  if (first === '=') return token('op', next === '~' ? start + 2 : start + 1)
  if (first === '!') {
    if (next === '=' || next === '~') return token('op', start + 2)
    // Positions end before what did not fit.
    if (next === undefined)
      throw new MatcherError(`${start}:${start + 1}: unexpected end of input, expected one of '=~'`)
    throw new MatcherError(`${start}:${start + 1}: !: expected one of '=~'`)
  }
  if (first === '"') return token('quoted', endOfQuoted(characters, start))
  if (RESERVED.test(first)) throw new MatcherError(`${start}:${start + 1}: ${first}: invalid input`)
  let end = start + 1
  while (end < characters.length && !RESERVED.test(characters[end] ?? '')) end++
  return token('plain', end)
}

function endOfQuoted(characters: readonly string[], start: number): number {
  for (let at = start + 1; at < characters.length; at++) {
    if (characters[at] === '\\') at++
    else if (characters[at] === '"') return at + 1
  }
  throw new MatcherError(`${start}:${characters.length}: ${characters.slice(start).join('')}: missing end "`)
}

function unquoted(token: Token): string {
  if (token.kind === 'plain') return token.text
  const text = unquote(token.text)
  if (text === undefined || text.includes('\uFFFD'))
    throw new MatcherError(`${place(token)}: ${token.text}: invalid input`)
  return text
}

function place({ start, end }: Token): string {
  return `${start}:${end}`
}
