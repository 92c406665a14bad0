import { type Decision, decide } from '../route/decision.ts'
import { type Call, type CallError, type Path, pathOf } from './call.ts'
import type { ProxyView } from './proxy-view.ts'

/** All that configuration says about one call. What endpoints do is not known yet. */
export interface RoutedCall {
  readonly path: Path
  /** For an HTTP request that reached a route. */
  readonly decision?: Decision
  /** Set where the proxy itself answers; undefined with an error: it closes the connection. */
  readonly status?: number
  /** Envoy's response flags, as an access log shows them. */
  readonly flags: readonly string[]
}

const STATUS_OF_ERROR: Readonly<Partial<Record<CallError, number>>> = {
  'no-virtual-host': 404,
  'no-route': 404,
  'tls-redirect': 301,
}

/** The one brain behind sockets and virtual time: what becomes of a call that a proxy sees. */
export function routeCall(view: ProxyView, call: Call, dice: () => number): RoutedCall {
  const path = pathOf(view, call)
  if (path.error !== undefined) {
    const status = STATUS_OF_ERROR[path.error]
    const flags = path.error === 'no-virtual-host' || path.error === 'no-route' ? ['NR'] : []
    return { path, ...(status !== undefined && { status }), flags }
  }
  if (path.route === undefined || call.request === undefined) {
    return path.tcpCluster !== undefined && !view.hasCluster(path.tcpCluster)
      ? { path, flags: ['NC'] }
      : { path, flags: [] }
  }
  const decision = decide(path.route, call.request, { port: call.port, dice })
  const { outcome, flags } = decision
  if (outcome.kind === 'forward' && !view.hasCluster(outcome.cluster)) {
    return { path, decision, status: 503, flags: [...flags, 'NC'] }
  }
  const status = outcome.kind === 'forward' ? undefined : outcome.status
  return { path, decision, ...(status !== undefined && { status }), flags }
}
