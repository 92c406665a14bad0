import { wildcardDomainProblem } from './domain-names.ts'
import { isDnsLabel } from './labels.ts'
import { portProblem } from './numbers.ts'
import { errorOf, isGiven, listedError, type Maybe, type Problem } from './problem.ts'

export interface Destination {
  readonly host?: string
  readonly subset?: string
  readonly port?: Maybe<{ readonly number?: number }>
}

/** A share of the traffic, of TCP and TLS routes. */
export interface RouteDestination {
  readonly destination?: Maybe<Destination>
  readonly weight?: number
}

export function* validateDestination(destination: Maybe<Destination>): Generator<Problem> {
  if (!isGiven(destination)) return
  const { host = '', subset = '', port } = destination
  yield* errorOf(host === '*' ? 'invalid destination host *' : wildcardDomainProblem(host))
  if (subset !== '') yield* errorOf(subsetNameProblem(subset))
  if (isGiven(port)) yield* errorOf(portProblem(port.number ?? 0))
}

export function subsetNameProblem(name: string): string | undefined {
  if (name === '') return 'subset name cannot be empty'
  return isDnsLabel(name) ? undefined : `subset name is invalid: ${name}`
}

export function weightProblem(weight: number): string | undefined {
  return weight < 0 ? `weight ${weight} < 0` : undefined
}

/** Several destinations cannot all have no share. */
export function totalWeightProblem(routes: readonly Maybe<{ readonly weight?: number }>[]): string | undefined {
  const total = routes.reduce((sum, route) => sum + (route?.weight ?? 0), 0)
  return routes.length > 1 && total === 0 ? 'total destination weight = 0' : undefined
}

/** `isConverted`: the route stands for one of the Gateway API, whose destinations were looked at before. */
export function* validateRouteDestinations(
  routes: Maybe<readonly Maybe<RouteDestination>[]>,
  { isConverted }: { readonly isConverted: boolean },
): Generator<Problem> {
  for (const route of routes ?? []) {
    if (!isGiven(route)) {
      yield listedError('weight may not be nil')
      continue
    }
    if (!isGiven(route.destination)) yield listedError('destination is required')
    if (!isConverted) yield* validateDestination(route.destination)
    yield* errorOf(weightProblem(route.weight ?? 0))
  }
  yield* errorOf(totalWeightProblem(routes ?? []))
}
