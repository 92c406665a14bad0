import type { HttpMatch, L4Match, StringMatch, StringMatches } from '../config/types/virtual-service.ts'
import { claimMatches, routingClaim } from './claims.ts'
import { headerOf, type MeshRequest, queryParameters } from './request.ts'
import { isPresenceOnly, type TextMatch, textMatch } from './text-match.ts'

/*
 * One entry of `match`: everything in it has to hold. What does not depend on the request (port, gateways, where the
 * caller runs) is decided once, when routes are built. Rules: istio/istio pilot/pkg/networking/core/route/route.go.
 */

export type RequestMatch = (request: MeshRequest) => boolean

/** Where routes are built for: what a match may ask about besides the request. */
export interface RouteContext {
  readonly port: number
  /** `mesh`, or the gateways that the routes are for, as `namespace/name`. */
  readonly gateways: ReadonlySet<string>
  readonly labels: Readonly<Record<string, string>>
  readonly namespace: string
}

/** Gateways, where named, are all that is asked about the caller. */
export function appliesTo(match: HttpMatch, { port, gateways, labels, namespace }: RouteContext): boolean {
  if (match.port !== undefined && match.port !== 0 && match.port !== port) return false
  if (match.gateways !== undefined && match.gateways.length > 0)
    return match.gateways.some((name) => gateways.has(name))
  if (match.sourceNamespace !== undefined && match.sourceNamespace !== '' && match.sourceNamespace !== namespace) {
    return false
  }
  return Object.entries(match.sourceLabels ?? {}).every(([key, value]) => labels[key] === value)
}

/** Of bytes that are no HTTP, leaving a workload: all that a match says has to hold. */
export function appliesToSidecar(match: L4Match, context: RouteContext): boolean {
  const { gateways: _, ...ofCaller } = match
  return isForGateway(match, context) && appliesTo(ofCaller, context)
}

/** At a gateway nobody asks where it runs. */
export function appliesToGateway(match: L4Match, context: RouteContext): boolean {
  const { port = 0 } = match
  return (port === 0 || port === context.port) && isForGateway(match, context)
}

function isForGateway({ gateways: names = [] }: L4Match, { gateways }: RouteContext): boolean {
  return names.length === 0 || names.some((name) => gateways.has(name))
}

export function requestMatch(match: HttpMatch): RequestMatch {
  const tests = [...wholeTests(match), ...headerTests(match), ...queryTests(match.queryParams)]
  const [only] = tests
  if (tests.length === 1 && only !== undefined) return only
  return (request) => tests.every((test) => test(request))
}

/** Whether it lets every request through, so that no later route can be reached. */
export function isCatchAll(match: HttpMatch): boolean {
  const asksMore = [match.headers, match.queryParams, match.withoutHeaders].some((field) => !isEmpty(field))
  if (asksMore || match.method !== undefined || match.scheme !== undefined || match.authority !== undefined)
    return false
  const { uri } = match
  return uri === undefined || uri.prefix === '/' || uri.regex === '.*' || uri.regex === '*'
}

function wholeTests({ uri, method, scheme, authority, ignoreUriCase = false }: HttpMatch): RequestMatch[] {
  return [
    ...some(uri, (match) => {
      const path = textMatch(match, { ignoreCase: ignoreUriCase })
      return (request) => path(request.path)
    }),
    ...some(method, (match) => onField(textMatch(match), 'method')),
    ...some(scheme, (match) => onField(textMatch(match), 'scheme')),
    ...some(authority, (match) => onField(textMatch(match), 'authority')),
  ]
}

function some(match: StringMatch | undefined, test: (match: StringMatch) => RequestMatch): RequestMatch[] {
  return match === undefined ? [] : [test(match)]
}

function onField(matches: TextMatch, field: 'method' | 'scheme' | 'authority'): RequestMatch {
  return (request) => matches(request[field])
}

function headerTests({ headers = {}, withoutHeaders = {} }: HttpMatch): RequestMatch[] {
  const wanted = Object.entries(headers).map(([name, match]): RequestMatch => {
    const key = name.toLowerCase()
    const matches = textMatch(match)
    const claim = routingClaim(name)
    if (claim !== undefined) return (request) => claimMatches(request.claims, claim, matches)
    return (request) => matches(headerOf(request, key))
  })
  const unwanted = Object.entries(withoutHeaders).map(([name, match]): RequestMatch => {
    const key = name.toLowerCase()
    const matches = textMatch(match)
    const claim = routingClaim(name)
    if (claim !== undefined) return (request) => !claimMatches(request.claims, claim, matches)
    // A header that is missing counts as empty, unless the question is whether it is there.
    const missing = isPresenceOnly(match) ? undefined : ''
    return (request) => !matches(headerOf(request, key) ?? missing)
  })
  return [...wanted, ...unwanted]
}

function queryTests(parameters: StringMatches | undefined): RequestMatch[] {
  const wanted = Object.entries(parameters ?? {}).map(([name, match]) => ({ name, matches: textMatch(match) }))
  if (wanted.length === 0) return []
  return [
    (request) => {
      const values = queryParameters(request.query ?? '')
      return wanted.every(({ name, matches }) => matches(values.get(name)))
    },
  ]
}

function isEmpty(field: StringMatches | undefined): boolean {
  return field === undefined || Object.keys(field).length === 0
}
