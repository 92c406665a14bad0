import { goQuote } from '../../../../base/go-quote.ts'
import type { HttpMatch, StringMatches } from './http-match.ts'
import { countOf, isGiven, type Maybe, type Problem, warning } from './problem.ts'
import type { StringMatch } from './string-match.ts'

/** A route of any protocol; only those of HTTP, and their matches, have names. */
interface Rule<Match> {
  readonly name?: string
  readonly match?: Maybe<readonly Maybe<Match>[]>
}

/** Routes that no request reaches because an earlier one takes them all. */
export function* findUnreachable<Match extends object>(
  routes: Maybe<readonly Maybe<Rule<Match>>[]>,
): Generator<Problem, readonly Reachable<Match>[]> {
  const seen = new Map<string, string>()
  const reachable: Reachable<Match>[] = []
  let hasCatchAll = false
  for (const [index, route] of (routes ?? []).entries()) {
    if (!isGiven(route)) continue
    const name = nameOf(route, index)
    if (countOf(route.match) === 0) {
      if (hasCatchAll) yield unused(name, 'only the last rule can have no matches')
      hasCatchAll = true
      continue
    }
    let duplicates = 0
    for (const [matchIndex, match] of (route.match ?? []).entries()) {
      if (hasCatchAll) {
        yield unused(name, 'route without matches defined before')
        continue
      }
      const key = keyOf(match)
      const earlier = seen.get(key)
      const matchName = nameOf(match ?? {}, matchIndex)
      if (earlier === undefined) {
        seen.set(key, name)
        if (isGiven(match)) reachable.push({ rule: name, name: matchName, match })
      } else {
        yield ineffective(name, matchName, earlier)
        duplicates++
      }
    }
    if (duplicates === countOf(route.match)) yield unused(name, 'all matches used by prior rules')
  }
  return reachable
}

/** A match that differs from all before it. */
interface Reachable<Match> {
  readonly rule: string
  readonly name: string
  readonly match: Match
}

/** The same of HTTP routes, where the prefix of an earlier match may cover that of a later one as well. */
export function* findUnreachableHttp(routes: Maybe<readonly Maybe<Rule<HttpMatch>>[]>): Generator<Problem> {
  const reachable = yield* findUnreachable(routes)
  const prefixed = reachable.flatMap(({ rule, name, match }, order) =>
    match.uri?.prefix ? [{ rule, name, order, prefix: match.uri.prefix, ...conditionsOf(match) }] : [],
  )
  const byPrefix = Map.groupBy(prefixed, ({ prefix }) => prefix)
  const covered = prefixed.flatMap((later) =>
    shorterPrefixes(later.prefix)
      .flatMap((prefix) => byPrefix.get(prefix) ?? [])
      .filter((earlier) => earlier.order < later.order && covers(earlier, later))
      .map((earlier) => ({ earlier, later })),
  )
  covered.sort((a, b) => a.earlier.order - b.earlier.order || a.later.order - b.later.order)
  for (const { earlier, later } of covered) {
    const duplicate = `${earlier.name} of prefix ${earlier.prefix} on ${earlier.rule}`
    yield ineffective(later.rule, `${later.name} of prefix ${later.prefix}`, duplicate)
  }
}

/** What a match asks for besides its prefix, as far as upstream compares it. */
interface Conditions {
  readonly port: number
  readonly method: string
  readonly authority: string
  readonly headers: ReadonlyMap<string, string>
  readonly queryParams: ReadonlyMap<string, string>
  readonly withoutHeaders: ReadonlyMap<string, string>
}

function conditionsOf(match: HttpMatch): Conditions {
  const method = textOf(match.method)
  return {
    port: match.port ?? 0,
    method: method === '' ? 'exact:GET' : method,
    authority: textOf(match.authority),
    headers: textsOf(match.headers),
    queryParams: textsOf(match.queryParams),
    withoutHeaders: textsOf(match.withoutHeaders),
  }
}

function textsOf(matches: Maybe<StringMatches>): ReadonlyMap<string, string> {
  return new Map(Object.entries(matches ?? {}).map(([name, match]) => [name, textOf(match)]))
}

function textOf(match: Maybe<StringMatch>): string {
  if (match?.exact) return `exact:${match.exact}`
  return match?.prefix ? `prefix:${match.prefix}` : ''
}

/** Upstream takes a condition to cover another when the other's text is how its own begins. */
function covers(earlier: Conditions, later: Conditions): boolean {
  return (
    earlier.port === later.port &&
    earlier.method.startsWith(later.method) &&
    earlier.authority.startsWith(later.authority) &&
    coversAll(earlier.headers, later.headers) &&
    coversAll(earlier.queryParams, later.queryParams) &&
    coversAll(earlier.withoutHeaders, later.withoutHeaders)
  )
}

function coversAll(earlier: ReadonlyMap<string, string>, later: ReadonlyMap<string, string>): boolean {
  if (earlier.size !== later.size) return false
  return [...earlier].every(([name, text]) => {
    const other = later.get(name)
    return other !== undefined && text.startsWith(other)
  })
}

function shorterPrefixes(prefix: string): readonly string[] {
  return Array.from({ length: prefix.length - 1 }, (_, index) => prefix.slice(0, index + 1))
}

function nameOf({ name = '' }: { readonly name?: string }, index: number): string {
  return name === '' ? `#${index}` : goQuote(name)
}

/** Equal for matches that ask the same, whatever they are called. */
function keyOf(match: Maybe<object>): string {
  if (!isGiven(match)) return 'null'
  const said = Object.entries(match).filter(([field, value]) => field !== 'name' && Boolean(value))
  return JSON.stringify(Object.fromEntries(said), inOrder)
}

function inOrder(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function unused(rule: string, reason: string): Problem {
  return warning(`virtualService rule ${rule} not used (${reason})`)
}

function ineffective(rule: string, match: string, earlier: string): Problem {
  const why = `duplicate/overlapping match in rule ${earlier}`
  return warning(`virtualService rule ${rule} match ${match} is not used (${why})`)
}
