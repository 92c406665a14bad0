import { goQuote } from '../../base/go-quote.ts'
import { valueRegex } from './matcher-regex.ts'
import { isValidLabelName } from './names.ts'

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

/** Throws a RegexError when the value is to be a regular expression and is none. */
export function matcher(name: string, op: MatcherOp, value: string): Matcher {
  switch (op) {
    case '=':
      return { name, op, value, only: [value], matches: (text) => text === value }
    case '!=':
      return { name, op, value, matches: (text) => text !== value }
    case '=~': {
      const { matches, values } = valueRegex(value)
      return values === undefined ? { name, op, value, matches } : { name, op, value, matches, only: values }
    }
    case '!~': {
      const { matches } = valueRegex(value)
      return { name, op, value, matches: (text) => !matches(text) }
    }
  }
}

/** `code=~"5.."`; a name that is more than letters, digits and underscores is quoted. */
export function printMatcher({ name, op, value }: Matcher): string {
  return `${isValidLabelName(name, 'legacy') ? name : goQuote(name)}${op}${goQuote(value)}`
}
