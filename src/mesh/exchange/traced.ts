import { type HeaderList, headerValue, NO_HEADERS, withoutHeader } from '../route/header-list.ts'
import { OPERATION_HEADER } from './route-operation.ts'
import type { Workload } from '../registry/workload.ts'
import { contextHeaders, contextsOf } from '../telemetry/trace/trace-context.ts'
import { setHeaders, startTrace, type TracingPolicy } from '../telemetry/trace/start-trace.ts'

/** A gateway and the proxy of a caller are on the client's side, that of who is called on the server's. */
type Side = 'client' | 'server'

/** Undefined for a proxy that takes no part in traces. */
export type TracingOf = (proxy: Workload, side: Side) => TracingPolicy | undefined

interface TracingProxy {
  readonly mesh: { readonly tracing: TracingOf | undefined; readonly dice: () => number }
  readonly workload: Workload
}

/**
 * The proxy's own span takes the place of the sender's in a list of headers that is nobody else's. Returns the request's
 * identifier, which tells from then on whether it is traced; undefined where the proxy takes no part in traces.
 */
export function trace(
  { mesh, workload }: TracingProxy,
  side: Side,
  request: { headers: string[]; requestId: string },
): string | undefined {
  const { headers, requestId } = request
  const policy = mesh.tracing?.(workload, side)
  if (policy === undefined) return undefined
  const started = startTrace(headers, { requestId, policy, dice: mesh.dice })
  setHeaders(headers, started.headers)
  return started.requestId
}

/**
 * The same for a list that others hold as well: where there is nothing to trace, it is returned as it is. What the caller
 * calls the operation is for the proxy alone.
 */
export function traced(proxy: TracingProxy, side: Side, headers: HeaderList): HeaderList {
  if (proxy.mesh.tracing?.(proxy.workload, side) === undefined) return headers
  const own = withoutHeader(headers, OPERATION_HEADER)
  const requestId = headerValue(own, 'x-request-id') ?? ''
  const next = trace(proxy, side, { headers: own, requestId })
  if (next !== undefined && next !== requestId) setHeaders(own, ['x-request-id', next])
  return own
}

/** What a proxy sends of its own for a request is part of the request's trace, where it takes part in traces itself. */
export function traceHeaders({ mesh, workload }: TracingProxy, headers: HeaderList): HeaderList {
  const side = workload.type === 'gateway' ? 'client' : 'server'
  if (mesh.tracing?.(workload, side) === undefined) return NO_HEADERS
  return [...contextsOf(headers)].flatMap(([propagation, context]) => contextHeaders(context, { propagation }))
}
