import { validateGatewayNames } from './gateway-names.ts'
import { matchedHeaderProblem } from './header-names.ts'
import { isDnsLabel, type Labels, validateLabels } from './labels.ts'
import { portProblem } from './numbers.ts'
import { error, errorOf, isGiven, type Maybe, type Problem, withoutWarnings } from './problem.ts'
import { regexMatchProblem, type StringMatch, stringMatchProblem } from './string-match.ts'

export interface HttpMatch {
  readonly name?: string
  readonly uri?: Maybe<StringMatch>
  readonly scheme?: Maybe<StringMatch>
  readonly method?: Maybe<StringMatch>
  readonly authority?: Maybe<StringMatch>
  readonly headers?: Maybe<StringMatches>
  readonly withoutHeaders?: Maybe<StringMatches>
  readonly queryParams?: Maybe<StringMatches>
  readonly port?: number
  readonly sourceLabels?: Maybe<Labels>
  readonly sourceNamespace?: string
  readonly gateways?: Maybe<readonly string[]>
}

export type StringMatches = Readonly<Record<string, Maybe<StringMatch>>>

/** What the matches of one route are wrong in; of the names of gateways, warnings are not told here. */
export function* validateHttpMatches(matches: Maybe<readonly Maybe<HttpMatch>[]>): Generator<Problem> {
  const given = (matches ?? []).filter(isGiven)
  for (const match of given) yield* validateRequest(match)
  for (const match of given) yield* validateSource(match)
}

function* validateRequest(match: HttpMatch): Generator<Problem> {
  for (const [name, value] of Object.entries(match.headers ?? {})) {
    if (!isGiven(value)) yield error(`header match ${name} cannot be null`)
    yield* errorOf(matchedHeaderProblem(name))
    yield* errorOf(stringMatchProblem(value, 'headers'))
  }
  for (const [name, value] of Object.entries(match.withoutHeaders ?? {})) {
    yield* errorOf(matchedHeaderProblem(name))
    // A star is no regular expression here: it says that the header is not there at all.
    if (value?.regex !== '*') yield* errorOf(stringMatchProblem(value, 'withoutHeaders'))
  }
  yield* errorOf(regexMatchProblem(match.uri, 'uri'))
  yield* errorOf(stringMatchProblem(match.scheme, 'scheme'))
  yield* errorOf(stringMatchProblem(match.method, 'method'))
  yield* errorOf(stringMatchProblem(match.authority, 'authority'))
  for (const value of Object.values(match.queryParams ?? {})) yield* errorOf(stringMatchProblem(value, 'queryParams'))
}

function* validateSource({ port = 0, sourceLabels, gateways, sourceNamespace = '' }: HttpMatch): Generator<Problem> {
  if (port !== 0) yield* errorOf(portProblem(port))
  yield* validateLabels(sourceLabels)
  yield* withoutWarnings(validateGatewayNames(gateways, { isConverted: false }))
  if (sourceNamespace !== '' && !isDnsLabel(sourceNamespace)) {
    yield error(`sourceNamespace match ${sourceNamespace} is invalid`)
  }
}
