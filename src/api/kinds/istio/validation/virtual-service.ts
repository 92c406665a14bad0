import { goQuote } from '../../../../base/go-quote.ts'
import { isIpAddress, ipSubnetProblem } from './addresses.ts'
import type { Annotated } from './annotations.ts'
import { type RouteDestination, validateRouteDestinations } from './destination.ts'
import { gatewayDomainProblem, wildcardDomainProblem } from './domain-names.ts'
import { validateExportTo } from './export-to.ts'
import { MESH_GATEWAY, validateGatewayNames } from './gateway-names.ts'
import { isClaimHeader } from './header-names.ts'
import { hostsOverlap, isSubsetOf } from '../hosts.ts'
import { type HttpRoute, validateHttpRoute } from './http-route.ts'
import { type Labels, validateLabels } from './labels.ts'
import { portProblem } from './numbers.ts'
import {
  countOf,
  error,
  errorOf,
  isGiven,
  listedError,
  type Maybe,
  type Problem,
  warning,
  withoutWarnings,
} from './problem.ts'
import { findUnreachable, findUnreachableHttp } from './unreachable-rules.ts'

export interface VirtualService {
  readonly hosts?: Maybe<readonly string[]>
  readonly gateways?: Maybe<readonly string[]>
  readonly http?: Maybe<readonly Maybe<HttpRoute>[]>
  readonly tls?: Maybe<readonly Maybe<TlsRoute>[]>
  readonly tcp?: Maybe<readonly Maybe<TcpRoute>[]>
  readonly exportTo?: Maybe<readonly string[]>
}

interface TlsRoute {
  readonly match?: Maybe<readonly Maybe<TlsMatch>[]>
  readonly route?: Maybe<readonly Maybe<RouteDestination>[]>
}

interface TcpRoute {
  readonly match?: Maybe<readonly Maybe<L4Match>[]>
  readonly route?: Maybe<readonly Maybe<RouteDestination>[]>
}

interface L4Match {
  readonly destinationSubnets?: Maybe<readonly string[]>
  readonly port?: number
  readonly sourceLabels?: Maybe<Labels>
  readonly gateways?: Maybe<readonly string[]>
}

interface TlsMatch extends L4Match {
  readonly sniHosts?: Maybe<readonly string[]>
}

export function* validateVirtualService(service: VirtualService, object: Annotated): Generator<Problem> {
  const { hosts, gateways, http, tls, tcp, exportTo } = service
  const isConverted = object.annotations['internal.istio.io/route-semantics'] === 'gateway'
  if (countOf(hosts) === 0) yield* validateDelegate(service)
  yield* validateGatewayNames(gateways, { isConverted })
  if (!isForGateway(service) || countOf(gateways) === 0) yield* validateClaims(service)
  yield* validateHosts(service)
  if (countOf(http) + countOf(tcp) + countOf(tls) === 0) {
    yield error('http, tcp or tls must be provided in virtual service')
  }
  const place = { isDelegate: countOf(hosts) === 0, isConverted }
  for (const route of http ?? []) {
    if (isGiven(route)) yield* validateHttpRoute(route, place)
    else yield error('http route may not be null')
  }
  for (const route of tls ?? []) if (isGiven(route)) yield* validateTlsRoute(route, { service, isConverted })
  for (const route of tcp ?? []) if (isGiven(route)) yield* validateTcpRoute(route, isConverted)
  yield* validateExportTo(exportTo, { namespace: object.namespace })
  yield* findUnreachableHttp(http)
  yield* findUnreachable(tcp)
  yield* findUnreachable(tls)
}

/** One without hosts gives its HTTP routes to others, and nothing else. */
function* validateDelegate({ gateways, tls, tcp }: VirtualService): Generator<Problem> {
  if (countOf(gateways) > 0) yield error('delegate virtual service must have no gateways specified')
  if (countOf(tls) > 0) yield error('delegate virtual service must have no tls route specified')
  if (countOf(tcp) > 0) yield error('delegate virtual service must have no tcp route specified')
}

function isForGateway({ gateways }: VirtualService): boolean {
  return !(gateways ?? []).includes(MESH_GATEWAY)
}

/** Only a gateway reads the claims of a token before it routes. */
function* validateClaims({ http, gateways }: VirtualService): Generator<Problem> {
  const found = `found no gateways: [${(gateways ?? []).join(' ')}]`
  for (const match of (http ?? []).flatMap((route) => route?.match ?? [])) {
    for (const name of [match?.headers, match?.withoutHeaders].flatMap((headers) => Object.keys(headers ?? {}))) {
      if (!isClaimHeader(name)) continue
      yield error(`JWT claim based routing (key: ${name}) is only supported for gateway, ${found}`)
    }
  }
}

function* validateHosts(service: VirtualService): Generator<Problem> {
  const hosts = service.hosts ?? []
  const isAtGateway = countOf(service.gateways) > 0 && isForGateway(service)
  const isSni = (service.tls ?? []).some((route) => route?.match?.some((match) => countOf(match?.sniHosts) > 0))
  let areValid = true
  for (const host of hosts) {
    const problem = isAtGateway ? gatewayDomainProblem(host, { isSni }) : wildcardDomainProblem(host)
    if (problem !== undefined && !isIpAddress(host)) yield error(problem)
    else if (problem === undefined && !isAtGateway && host === '*') {
      yield error('wildcard host * is not allowed for virtual services bound to the mesh gateway')
    } else continue
    areValid = false
  }
  if (!areValid) return
  for (const [index, host] of hosts.entries()) {
    for (const other of hosts.slice(index + 1)) {
      if (hostsOverlap(host, other)) yield error(`duplicate hosts in virtual service: ${host} & ${other}`)
    }
  }
}

function* validateTlsRoute(
  { match, route }: TlsRoute,
  { service, isConverted }: { readonly service: VirtualService; readonly isConverted: boolean },
): Generator<Problem> {
  if (countOf(match) === 0) yield error('TLS route must have at least one match condition')
  for (const one of match ?? []) {
    if (isGiven(one)) yield* validateTlsMatch(one, service)
    else yield error('TLS match may not be null')
  }
  if (countOf(route) === 0) yield error('TLS route is required')
  yield* validateRouteDestinations(route, { isConverted })
}

function* validateTlsMatch(match: TlsMatch, service: VirtualService): Generator<Problem> {
  if (countOf(match.sniHosts) === 0) yield error('TLS match must have at least one SNI host')
  for (const host of match.sniHosts ?? []) yield* validateSniHost(host, service)
  yield* validateL4Match(match)
}

function* validateSniHost(host: string, service: VirtualService): Generator<Problem> {
  const problem = isForGateway(service) ? gatewayDomainProblem(host, { isSni: true }) : wildcardDomainProblem(host)
  if (problem !== undefined && isIpAddress(host)) {
    yield warning(`using an IP address (${goQuote(host)}) goes against SNI spec and most clients do not support this`)
    return
  }
  if (problem !== undefined) {
    yield error(problem)
    return
  }
  const hosts = service.hosts ?? []
  if (hosts.some((owner) => isSubsetOf(host, owner))) return
  const owners = `the virtual service hosts: [${hosts.join(', ')}]`
  yield error(`SNI host ${goQuote(host)} is not a compatible subset of any of ${owners}`)
}

function* validateTcpRoute({ match, route }: TcpRoute, isConverted: boolean): Generator<Problem> {
  for (const one of match ?? []) {
    if (isGiven(one)) yield* withoutWarnings(validateL4Match(one))
    else yield listedError('tcp match may not be nil')
  }
  if (countOf(route) === 0) yield error('TCP route is required')
  yield* validateRouteDestinations(route, { isConverted })
}

function* validateL4Match({ destinationSubnets, port = 0, sourceLabels, gateways }: L4Match): Generator<Problem> {
  for (const subnet of destinationSubnets ?? []) yield* errorOf(ipSubnetProblem(subnet))
  if (port !== 0) yield* errorOf(portProblem(port))
  yield* validateLabels(sourceLabels)
  yield* validateGatewayNames(gateways, { isConverted: false })
}
