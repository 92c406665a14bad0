import { parseDuration } from '../../../../base/duration.ts'
import { goQuote } from '../../../../base/go-quote.ts'
import { durationProblem } from './durations.ts'
import { corsHeaderProblem } from './header-names.ts'
import { error, errorOf, isGiven, listedError, type Maybe, type Problem } from './problem.ts'
import { regexMatchProblem, type StringMatch } from './string-match.ts'

export interface CorsPolicy {
  readonly allowOrigins?: Maybe<readonly Maybe<StringMatch>[]>
  readonly allowMethods?: Maybe<readonly string[]>
  readonly allowHeaders?: Maybe<readonly string[]>
  readonly exposeHeaders?: Maybe<readonly string[]>
  readonly maxAge?: string
}

const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  '*',
])

export function* validateCorsPolicy(policy: Maybe<CorsPolicy>): Generator<Problem> {
  if (!isGiven(policy)) return
  for (const origin of policy.allowOrigins ?? []) yield* errorOf(originProblem(origin))
  for (const method of policy.allowMethods ?? []) {
    if (!METHODS.has(method)) yield error(`${goQuote(method)} is not a supported HTTP method`)
  }
  for (const name of policy.allowHeaders ?? []) yield* errorOf(corsHeaderProblem(name))
  for (const name of policy.exposeHeaders ?? []) yield* errorOf(corsHeaderProblem(name))
  if (!isGiven(policy.maxAge)) return
  yield* errorOf(durationProblem(policy.maxAge))
  if ((parseDuration(policy.maxAge) ?? 0) % 1_000 > 0) {
    yield listedError('max_age duration is accurate only to seconds precision')
  }
}

function originProblem(origin: Maybe<StringMatch>): string | undefined {
  const { exact, prefix, regex } = origin ?? {}
  const match = exact ?? prefix ?? regex ?? ''
  if (match === '') return "'' is not a valid match type for CORS allow origins"
  return regexMatchProblem(origin, 'corsPolicy.allowOrigins')
}
