import type { CompiledRoute } from '../route/compiled-route.ts'
import { ownOutcome } from '../route/decision.ts'
import { NO_HEADERS } from '../route/header-list.ts'
import { withListChanges } from '../route/headers.ts'
import type { MeshRequest } from '../route/request.ts'
import type { LocalReply } from './local-reply.ts'

const DETAILS = 'direct_response'

/** What a route answers itself, as the proxy sends it. Undefined where it leads to others. */
export function ownAnswer(route: CompiledRoute, request: MeshRequest, port: number): LocalReply | undefined {
  const outcome = ownOutcome(route, request, port)
  if (outcome === undefined) return undefined
  const { status } = outcome
  if (outcome.kind === 'redirect') {
    return { status, body: '', details: DETAILS, headers: ['location', outcome.location] }
  }
  return { status, body: outcome.body, details: DETAILS, headers: withListChanges(NO_HEADERS, outcome.headers) }
}
