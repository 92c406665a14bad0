import type { CompiledRoute, RouteTarget } from '../route/compiled-route.ts'
import { withListChanges } from '../route/headers.ts'
import { rewrittenPath } from '../route/rewrite.ts'
import type { RoutedRequest } from './routed-request.ts'
import type { OutgoingHead } from './steps.ts'

/** A request as its route sends it on. */
export function outgoingHead(routed: RoutedRequest, route: CompiledRoute, target: RouteTarget): OutgoingHead {
  const path = rewrittenPath(routed.path, route.rule.rewrite, route.uri)
  return {
    method: routed.method,
    scheme: routed.scheme,
    authority: target.authority ?? routed.authority,
    target: routed.query === undefined ? path : `${path}?${routed.query}`,
    headers: withListChanges(routed.list, target.requestChanges),
  }
}

/** One attempt of it: who is called learns how many there were, and how long it has. `limitMs` 0: no limit. */
export function attemptHead(outgoing: OutgoingHead, attempt: number, limitMs: number): OutgoingHead {
  const headers = outgoing.headers.slice()
  headers.push('x-envoy-attempt-count', String(attempt))
  if (limitMs !== 0) headers.push('x-envoy-expected-rq-timeout-ms', String(limitMs))
  const { method, scheme, authority, target } = outgoing
  return { method, scheme, authority, target, headers }
}
