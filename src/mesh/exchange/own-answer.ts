import type { CompiledRoute } from '../route/compiled-route.ts'
import { ownOutcome } from '../route/decision.ts'
import type { Abort } from '../route/fault.ts'
import { type HeaderList, NO_HEADERS } from '../route/header-list.ts'
import { withListChanges } from '../route/headers.ts'
import type { MeshRequest } from '../route/request.ts'
import { grpcCode, httpStatusOf } from './grpc.ts'
import type { LocalReply } from './local-reply.ts'
import type { OutboundState } from './outbound-state.ts'
import { writtenChanges } from './written-changes.ts'

const DETAILS = 'direct_response'

/** What a request that is aborted on purpose is answered. */
export function abortAnswer({ status, grpcStatus: name }: Abort): LocalReply {
  const said = { body: 'fault filter abort', details: 'fault_filter_abort' }
  const grpcStatus = name === undefined ? undefined : grpcCode(name)
  if (grpcStatus === undefined) return { ...said, status: status ?? 500 }
  return { ...said, status: httpStatusOf(grpcStatus), grpcStatus }
}

/** What a route answers itself, as the proxy sends it. Undefined where it leads to others. */
export function ownAnswer(
  route: CompiledRoute,
  request: MeshRequest,
  exchange: OutboundState,
  now: number,
): LocalReply | undefined {
  const outcome = ownOutcome(route, request, exchange.connection.destination.port)
  if (outcome === undefined) return undefined
  const own: HeaderList = outcome.kind === 'redirect' ? ['location', outcome.location] : NO_HEADERS
  const headers = withListChanges(own, writtenChanges(outcome.headers, exchange, now))
  return { status: outcome.status, body: outcome.kind === 'redirect' ? '' : outcome.body, details: DETAILS, headers }
}
