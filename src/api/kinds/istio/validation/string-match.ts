import { goQuote } from '../../../../base/go-quote.ts'
import { patternProblem } from '../../../cel/patterns.ts'
import { isGiven, type Maybe } from './problem.ts'

/** One of the three; none means that any text will do. */
export interface StringMatch {
  readonly exact?: string
  readonly prefix?: string
  readonly regex?: string
}

const PATTERN_MAX = 1024

/** `where` is the field, as upstream calls it. */
export function stringMatchProblem(match: Maybe<StringMatch>, where: string): string | undefined {
  if (match?.prefix === '') return `${goQuote(where)}: prefix string match should not be empty`
  return regexMatchProblem(match, where)
}

/** For matches that may have an empty prefix. */
export function regexMatchProblem(match: Maybe<StringMatch>, where: string): string | undefined {
  if (!isGiven(match?.regex)) return undefined
  if (match.regex === '') return `${goQuote(where)}: regex string match should not be empty`
  return regexProblem(match.regex, where)
}

export function regexProblem(pattern: string, where: string): string | undefined {
  if (Buffer.byteLength(pattern) > PATTERN_MAX) {
    return `${goQuote(where)}: regex is too large, max length allowed is ${PATTERN_MAX}`
  }
  const problem = patternProblem(pattern)
  if (problem === undefined) return undefined
  const hint = 'Istio uses RE2 style regex-based match (https://github.com/google/re2/wiki/Syntax)'
  return `${goQuote(where)}: ${problem}; ${hint}`
}
