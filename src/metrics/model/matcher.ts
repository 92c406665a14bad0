import { goQuote } from '../../base/go-quote.ts'
import { isValidLabelName } from './names.ts'
import { patternProblem, compilePattern } from '../../api/cel/patterns.ts'

/** How a matcher compares: equal, not equal, matches the regular expression, does not match it. */
export type MatcherOp = '=' | '!=' | '=~' | '!~'

/** `code=~"5.."`: one condition on one label. Regular expressions are RE2's, anchored at both ends; `.` matches newlines. */
export interface Matcher {
  readonly name: string
  readonly op: MatcherOp
  readonly value: string
  /** `''` stands for a label that is not there. */
  matches(value: string): boolean
  /** The finite set of values that alone can match, when there is one: `a|b|c`, or what `=` names. */
  readonly only?: readonly string[]
}

/** A regular expression that is malformed, in RE2's words. */
export class RegexError extends Error {
  override readonly name = 'RegexError'
}

/** Throws a RegexError when the value is to be a regular expression and is none. */
export function matcher(name: string, op: MatcherOp, value: string): Matcher {
  switch (op) {
    case '=':
      return { name, op, value, only: [value], matches: (text) => text === value }
    case '!=':
      return { name, op, value, matches: (text) => text !== value }
    default:
  }
  const problem = patternProblem(value)
  if (problem !== undefined) throw new RegexError(problem)
  const compiled = compilePattern(`^(?s:${value})$`)
  return { name, op, value, matches: (text) => compiled.test(text) === (op === '=~') }
}

/** `code=~"5.."`; a name that is more than letters, digits and underscores is quoted. */
export function printMatcher({ name, op, value }: Matcher): string {
  return `${isValidLabelName(name, 'legacy') ? name : goQuote(name)}${op}${goQuote(value)}`
}
