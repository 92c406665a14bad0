import { formatFloat } from '../../../../base/go-numbers.ts'
import { type CorsPolicy, validateCorsPolicy } from './cors-policy.ts'
import {
  type Destination,
  type RouteDestination,
  totalWeightProblem,
  validateDestination,
  weightProblem,
} from './destination.ts'
import { type DirectResponse, validateDirectResponse } from './direct-response.ts'
import { durationProblem } from './durations.ts'
import { type FaultInjection, type Percent, validateFaultInjection } from './fault-injection.ts'
import { type HttpMatch, validateHttpMatches } from './http-match.ts'
import { type HttpRetry, validateHttpRetry } from './http-retry.ts'
import { countOf, error, errorOf, isGiven, listedError, type Maybe, type Problem, warning } from './problem.ts'
import { type HttpRedirect, type HttpRewrite, redirectProblem, rewriteProblem } from './redirect.ts'
import { authorityProblem, type Headers, validateHeaders } from './route-headers.ts'

export interface HttpRoute {
  readonly name?: string
  readonly match?: Maybe<readonly Maybe<HttpMatch>[]>
  readonly route?: Maybe<readonly Maybe<HttpRouteDestination>[]>
  readonly redirect?: Maybe<HttpRedirect>
  readonly directResponse?: Maybe<DirectResponse>
  readonly delegate?: Maybe<object>
  readonly rewrite?: Maybe<HttpRewrite>
  readonly timeout?: string
  readonly retries?: Maybe<HttpRetry>
  readonly fault?: Maybe<FaultInjection>
  readonly mirror?: Maybe<Destination>
  readonly mirrors?: Maybe<readonly Maybe<Mirror>[]>
  readonly mirrorPercent?: number
  readonly mirrorPercentage?: Maybe<Percent>
  readonly corsPolicy?: Maybe<CorsPolicy>
  readonly headers?: Maybe<Headers>
}

export interface HttpRouteDestination extends RouteDestination {
  readonly headers?: Maybe<Headers>
}

interface Mirror {
  readonly destination?: Maybe<Destination>
  readonly percentage?: Maybe<Percent>
}

interface Place {
  /** The route is of a VirtualService without hosts, to which another delegates. */
  readonly isDelegate: boolean
  /** The route stands for one of the Gateway API. */
  readonly isConverted: boolean
}

export function* validateHttpRoute(route: HttpRoute, { isDelegate, isConverted }: Place): Generator<Problem> {
  yield* isGiven(route.delegate) && !isDelegate ? validateRoot(route) : validateActions(route, isDelegate)
  yield* validateHttpMatches(route.match)
  yield* validateHeaders(route.headers)
  yield* validateCorsPolicy(route.corsPolicy)
  yield* validateFaultInjection(route.fault)
  yield* validateMirrorPercent(route)
  yield* validateDestination(route.mirror)
  yield* validateMirrors(route.mirrors)
  yield* errorOf(redirectProblem(route.redirect, route.match))
  yield* validateDirectResponse(route.directResponse)
  yield* validateHttpRetry(route.retries)
  yield* errorOf(rewriteProblem(route.rewrite))
  yield* errorOf(authorityProblem(route.rewrite?.authority ?? '', route.headers))
  yield* validateDestinations(route.route ?? [], isConverted)
  if (isGiven(route.timeout)) yield* errorOf(durationProblem(route.timeout))
}

/** A route that delegates says where requests go by its delegate only. */
function* validateRoot({ name = '', redirect, route }: HttpRoute): Generator<Problem> {
  if (isGiven(redirect)) yield error(`root HTTP route ${name} must not specify redirect`)
  if (isGiven(route)) yield error(`root HTTP route ${name} must not specify route`)
}

/** A route does one of three: send on, redirect, answer. */
function* validateActions(http: HttpRoute, isDelegate: boolean): Generator<Problem> {
  const { route, redirect, directResponse, fault, rewrite, mirror, mirrors } = http
  if (isDelegate && isGiven(http.delegate)) yield error('delegate HTTP route cannot contain delegate')
  if (isGiven(redirect) || isGiven(directResponse)) {
    const action = isGiven(redirect) ? 'redirect' : 'direct_response'
    if (countOf(route) > 0) yield error(`HTTP route cannot contain both route and ${action}`)
    if (isGiven(fault)) yield error(`HTTP route cannot contain both fault and ${action}`)
    if (isGiven(rewrite)) yield error(`HTTP route rule cannot contain both rewrite and ${action}`)
    if (isGiven(redirect) && isGiven(directResponse)) {
      yield error('HTTP route rule cannot contain both direct_response and redirect')
    }
  } else if (countOf(route) === 0) {
    yield error('HTTP route, redirect or direct_response is required')
  }
  if (isGiven(mirror) && countOf(mirrors) > 0) yield error('HTTP route cannot contain both mirror and mirrors')
}

function* validateMirrorPercent({ mirrorPercent, mirrorPercentage }: HttpRoute): Generator<Problem> {
  if (isGiven(mirrorPercent)) {
    if (mirrorPercent > 100) yield error(`mirror_percent must have a max value of 100 (it has ${mirrorPercent})`)
    yield warning('using deprecated setting "mirrorPercent", use "mirrorPercentage" instead')
  }
  yield* validateShare(mirrorPercentage, 'mirror_percentage')
}

function* validateMirrors(mirrors: Maybe<readonly Maybe<Mirror>[]>): Generator<Problem> {
  for (const mirror of mirrors ?? []) {
    if (!isGiven(mirror)) yield error('mirror cannot be null')
    else if (!isGiven(mirror.destination)) yield error('destination is required for mirrors')
    else {
      yield* validateDestination(mirror.destination)
      yield* validateShare(mirror.percentage, 'mirror percentage')
    }
  }
}

function* validateShare(percent: Maybe<Percent>, what: string): Generator<Problem> {
  const value = percent?.value ?? 0
  if (value > 100) yield error(`${what} must have a max value of 100 (it has ${formatFloat(value, 'f', 6)})`)
  if (value < 0) yield error(`${what} must have a min value of 0 (it has ${formatFloat(value, 'f', 6)})`)
}

function* validateDestinations(
  routes: readonly Maybe<HttpRouteDestination>[],
  isConverted: boolean,
): Generator<Problem> {
  for (const route of routes) {
    if (!isGiven(route)) {
      yield listedError('weight may not be nil')
      continue
    }
    if (!isGiven(route.destination)) yield listedError('destination is required')
    yield* validateHeaders(route.headers)
    if (!isConverted) yield* validateDestination(route.destination)
    yield* errorOf(weightProblem(route.weight ?? 0))
  }
  yield* errorOf(totalWeightProblem(routes))
}
