import { RE2JS } from 're2js'
import type { AlertMatcher, LabelSet } from '../matchers/alert-matcher.ts'
import { MatcherError } from '../matchers/matcher-error.ts'
import { type MatcherMode, parseMatcher } from '../matchers/parse-matchers.ts'
import { json, RefusedRequest } from './http.ts'

/** Matchers of a repeated parameter. `prefix` begins the message about one that is malformed. */
export function filterMatchers(
  query: URLSearchParams,
  name: string,
  { mode, prefix = '' }: { mode: MatcherMode; prefix?: string },
): readonly AlertMatcher[] {
  return query.getAll(name).map((text) => {
    try {
      return parseMatcher(text, mode)
    } catch (failure) {
      if (failure instanceof MatcherError) throw new RefusedRequest(json(400, prefix + failure.message))
      throw failure
    }
  })
}

/** As matchers of routes, but a matcher for nothing tells what is empty from what is not there. */
export function matchesFilter(matchers: readonly AlertMatcher[], labels: LabelSet): boolean {
  return matchers.every(({ name, op, value, matches }) => {
    const isThere = Object.hasOwn(labels, name)
    if (value === '' && (op === '!=' || op === '!~') === isThere) return true
    return matches(labels[name] ?? '')
  })
}

/** Tells which receivers are asked for. */
export function receiverFilter(query: URLSearchParams): ((name: string) => boolean) | undefined {
  const pattern = query.get('receiver')
  if (pattern === null) return undefined
  try {
    const compiled = RE2JS.compile(`^(?:${pattern})$`)
    return (name) => compiled.test(name)
  } catch (failure) {
    const message = failure instanceof Error ? failure.message : String(failure)
    throw new RefusedRequest(json(400, `failed to parse receiver param: ${message}`))
  }
}
