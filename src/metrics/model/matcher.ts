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
