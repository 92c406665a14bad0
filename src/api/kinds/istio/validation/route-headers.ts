import { goQuote } from '../../../../base/go-quote.ts'
import { isAuthorityHeader, otherHeaderProblem, requestHeaderProblem } from './header-names.ts'
import { headerValueProblem } from './header-values.ts'
import { errorOf, type Maybe, type Problem } from './problem.ts'

/** What a route changes in the headers of a request and of its answer. */
export interface Headers {
  readonly request?: Maybe<HeaderOperations>
  readonly response?: Maybe<HeaderOperations>
}

interface HeaderOperations {
  readonly set?: Maybe<Readonly<Record<string, string>>>
  readonly add?: Maybe<Readonly<Record<string, string>>>
  readonly remove?: Maybe<readonly string[]>
}

export function* validateHeaders(headers: Maybe<Headers>): Generator<Problem> {
  yield* validateOperations(headers?.request, requestHeaderProblem)
  yield* validateOperations(headers?.response, otherHeaderProblem)
}

function* validateOperations(
  operations: Maybe<HeaderOperations>,
  nameProblem: (name: string) => string | undefined,
): Generator<Problem> {
  for (const values of [operations?.add, operations?.set]) {
    for (const [name, value] of Object.entries(values ?? {})) {
      yield* errorOf(nameProblem(name))
      yield* errorOf(headerValueProblem(value))
    }
  }
  for (const name of operations?.remove ?? []) yield* errorOf(otherHeaderProblem(name))
}

/** The authority can be set in three places, of which a route may use one. */
export function authorityProblem(rewritten: string, headers: Maybe<Headers>): string | undefined {
  let current = rewritten
  for (const values of [headers?.request?.set, headers?.request?.add]) {
    for (const [name, value] of Object.entries(values ?? {})) {
      if (!isAuthorityHeader(name)) continue
      if (current !== '') {
        const both = `have ${goQuote(current)}, attempting to set ${goQuote(value)}`
        return `authority header cannot be set multiple times: ${both}`
      }
      current = value
    }
  }
  return undefined
}
