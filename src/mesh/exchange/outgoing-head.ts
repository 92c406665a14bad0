import { isTerse } from '../config/types/proxy-headers.ts'
import type { CompiledRoute, RouteTarget } from '../route/compiled-route.ts'
import { sentOn } from '../route/decision.ts'
import { type HeaderChange, withListChanges } from '../route/headers.ts'
import type { OutboundState } from './outbound-state.ts'
import type { RoutedRequest } from './routed-request.ts'
import { headersOf } from './server-name.ts'
import type { OutgoingHead } from './steps.ts'
import { writtenChanges } from './written-changes.ts'

/**
 * A request as its route sends it on. Who is called can tell what it was before its route changed it, unless proxies are to
 * be terse (envoyproxy/envoy source/common/router/config_impl.cc).
 */
export function outgoingHead(
  routed: RoutedRequest,
  by: { readonly route: CompiledRoute; readonly target: RouteTarget; readonly exchange: OutboundState },
  now: number,
): OutgoingHead {
  const { route, target } = by
  const changes = writtenChanges(target.requestChanges, by.exchange, now)
  const { authority, path } = sentOn(route, target, routed)
  const isAsCalled = target.authority === undefined && route.rewrite === undefined
  const isTold = !isAsCalled && !isTerse(headersOf(by.exchange.proxy))
  return {
    method: routed.method,
    scheme: routed.scheme,
    authority,
    target: routed.query === undefined ? path : `${path}?${routed.query}`,
    headers: withListChanges(routed.list, isTold ? [...changes, ...asCalled(routed, route, target)] : changes),
  }
}

function asCalled(called: RoutedRequest, { rewrite }: CompiledRoute, { authority }: RouteTarget): HeaderChange[] {
  const changes: HeaderChange[] = []
  if (authority !== undefined) changes.push({ op: 'set', name: 'x-envoy-original-host', value: called.authority })
  if (rewrite !== undefined) changes.push({ op: 'set', name: 'x-envoy-original-path', value: called.target })
  return changes
}

/** One attempt of it: who is called learns how many there were, and how long it has. 0: not told; no limit. */
export function attemptHead(outgoing: OutgoingHead, attempt: number, limitMs: number): OutgoingHead {
  const headers = outgoing.headers.slice()
  if (attempt !== 0) headers.push('x-envoy-attempt-count', String(attempt))
  if (limitMs !== 0) headers.push('x-envoy-expected-rq-timeout-ms', String(limitMs))
  const { method, scheme, authority, target } = outgoing
  return { method, scheme, authority, target, headers }
}
