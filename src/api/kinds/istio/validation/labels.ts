import { goQuote } from '../../../../base/go-quote.ts'
import { isGiven, listedError, type Maybe, type Problem } from './problem.ts'

/*
 * Names and labels as Istio accepts them, which is laxer than Kubernetes: upper case is fine
 * (istio/istio pkg/config/labels/instance.go).
 */

const LABEL_MAX = 63
const PREFIX_MAX = 253
const DNS_LABEL = '[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?'
const QUALIFIED_NAME = '(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const DNS_LABEL_ONLY = new RegExp(`^${DNS_LABEL}$`)
const WILDCARD_LABEL = new RegExp(`^(\\*|(\\*|\\*-)?${DNS_LABEL})$`)
const KEY = new RegExp(`^(${DNS_LABEL}(?:\\.${DNS_LABEL})*/)?(${QUALIFIED_NAME})$`)
const VALUE = new RegExp(`^(${QUALIFIED_NAME})?$`)

export type Labels = Readonly<Record<string, string>>

export function isDnsLabel(text: string): boolean {
  return text.length <= LABEL_MAX && DNS_LABEL_ONLY.test(text)
}

/** A label, `*`, or one that starts with a star, as `*-web`. */
export function isWildcardLabel(text: string): boolean {
  return text.length <= LABEL_MAX && WILDCARD_LABEL.test(text)
}

export function* validateLabels(labels: Maybe<Labels>): Generator<Problem> {
  if (!isGiven(labels)) return
  for (const [key, value] of Object.entries(labels)) {
    const problem = keyProblem(key)
    if (problem !== undefined) yield listedError(`invalid tag key: ${goQuote(key)}${problem}`)
    if (!VALUE.test(value)) yield listedError(`invalid tag value: ${goQuote(value)}`)
  }
}

function keyProblem(key: string): string | undefined {
  const match = KEY.exec(key)
  if (match === null) return ''
  const [, prefix = '', name = ''] = match
  if (prefix.length - 1 > PREFIX_MAX) return ' (DNS prefix is too long)'
  return name.length > LABEL_MAX ? ' (name is too long)' : undefined
}
