import { parseOutbound } from '../proxy/cluster-name.ts'
import type { CompiledRoute } from '../route/compiled-route.ts'
import type { HeaderList } from '../route/header-list.ts'
import { setHeaders } from '../telemetry/trace/start-trace.ts'

/** What proxies call each other by of what they do, from the caller's to the called one's. */
export const OPERATION_HEADER = 'x-envoy-decorator-operation'

/** A request's headers with what its proxy calls the route that it takes: the called side's proxy calls it so too. */
export function withOperation(list: HeaderList, route: CompiledRoute, port: number): HeaderList {
  const headers = [...list]
  setHeaders(headers, [OPERATION_HEADER, routeOperation(route, port)])
  return headers
}

/** Of routes by the port that they were asked at: they are the same until configuration changes. */
const KNOWN = new WeakMap<CompiledRoute, Map<number, string>>()

/**
 * What spans call what a route does, as in `cart.shop.svc.cluster.local:80/api*`; of a route that leads to several services,
 * its VirtualService stands for them. istio/istio pilot/pkg/networking/core/route/route.go `GetRouteOperation`.
 */
export function routeOperation(route: CompiledRoute, port: number): string {
  let byPort = KNOWN.get(route)
  if (byPort === undefined) KNOWN.set(route, (byPort = new Map()))
  let operation = byPort.get(port)
  if (operation === undefined) byPort.set(port, (operation = operationOf(route, port)))
  return operation
}

function operationOf({ targets: [first, ...others], uri, source }: CompiledRoute, port: number): string {
  const path = uri?.prefix !== undefined ? `${uri.prefix}*` : (uri?.exact ?? uri?.regex ?? '/*')
  const only = others.length === 0 && first !== undefined ? parseOutbound(first.cluster) : undefined
  if (only !== undefined) return `${only.host}:${only.port}${path}`
  return `${source?.object.metadata.name ?? first?.cluster ?? ''}:${port}${path}`
}
