import { RE2JS } from 're2js'
import { compareText } from '../../../base/compare-text.ts'
import { goQuote } from '../../../base/go-quote.ts'
import type { Matcher, MatcherOp } from '../../model/matcher.ts'

/** A matcher as Alertmanager has them: regular expressions are anchored, and `.` stops at the end of a line. */
export type AlertMatcher = Matcher

/** Labels of an alert, by name. */
export type LabelSet = Readonly<Record<string, string>>

/** Throws, in RE2's words, when the value is to be a regular expression and is none. */
export function alertMatcher(name: string, op: MatcherOp, value: string): AlertMatcher {
  return { name, op, value, matches: predicate(op, value) }
}

function predicate(op: MatcherOp, value: string): (text: string) => boolean {
  if (op === '=') return (text) => text === value
  if (op === '!=') return (text) => text !== value
  const isLiteral = !/[\\.+*?()|[\]{}^$]/.test(value)
  const pattern = isLiteral ? undefined : RE2JS.compile(`^(?:${value})$`)
  const test = (text: string): boolean => (pattern === undefined ? text === value : pattern.test(text))
  return op === '=~' ? test : (text) => !test(text)
}

/** Whether all matchers agree; a label that is not there is empty. */
export function matchesAll(matchers: readonly AlertMatcher[], labels: LabelSet): boolean {
  return matchers.every(({ name, matches }) => matches(labels[name] ?? ''))
}

/** Characters that cannot be in a name without quotes. */
export const RESERVED = /[\s{}!=~,\\"'`]/u

/** `foo="bar"`; a name is in quotes only where it needs them. */
export function printMatcher({ name, op, value }: AlertMatcher): string {
  if (RESERVED.test(name)) return `${goQuote(name)}${op}${goQuote(value)}`
  return `${name}${op}"${value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')}"`
}

/** `{foo="bar",baz=~"a|b"}` */
export function printMatchers(matchers: readonly AlertMatcher[]): string {
  return `{${matchers.map(printMatcher).join(',')}}`
}

const OPS: readonly MatcherOp[] = ['=', '!=', '=~', '!~']

/** In the order in which routes and groups name them: by name, value, kind. */
export function compareMatchers(a: AlertMatcher, b: AlertMatcher): number {
  return compareText(a.name, b.name) || compareText(a.value, b.value) || OPS.indexOf(a.op) - OPS.indexOf(b.op)
}

/** A matcher in the form of the API. */
export interface MatcherJson {
  readonly name: string
  readonly value: string
  readonly isRegex: boolean
  readonly isEqual: boolean
}

export function matcherToJson({ name, op, value }: AlertMatcher): MatcherJson {
  return { name, value, isRegex: op.endsWith('~'), isEqual: op.startsWith('=') }
}

/** `isEqual` is newer than the rest, and true where it is not given. */
export function matcherFromJson(json: Partial<MatcherJson>): AlertMatcher {
  const { name = '', value = '', isRegex = false, isEqual = true } = json
  return alertMatcher(name, isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=', value)
}
