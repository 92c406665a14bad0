import { hasHeader, type HeaderList, NO_HEADERS, withoutHeader } from '../route/header-list.ts'
import { grpcMessage, grpcStatusOf } from './grpc.ts'
import { httpDate } from './http-date.ts'
import type { RespondStep } from './steps.ts'

/** An answer that a proxy gives itself, and why. */
export interface LocalReply {
  readonly status: number
  readonly body: string | Buffer
  /** Envoy's word for the reason. */
  readonly details: string
  /** Where they tell a type of the body, or a date, these are the answer's. */
  readonly headers?: HeaderList
  /** Where it differs from what the HTTP status means. */
  readonly grpcStatus?: number
}

/** Proxies speak HTTP/1.1 at least: Envoy's `accept_http_10` is off. */
export const LOW_VERSION: LocalReply = { status: 426, body: '', details: 'low_version' }

/** To a request that is no HTTP from somewhere on: envoyproxy/envoy source/common/http/http1/codec_impl.cc `sendProtocolError`. */
export function badRequest(details: string): LocalReply {
  return { status: 400, body: 'Bad Request', details }
}

export const NO_HEALTHY_UPSTREAM: LocalReply = {
  status: 503,
  body: 'no healthy upstream',
  details: 'no_healthy_upstream',
}

const OVERLOADED = 'x-envoy-overloaded'

export const OVERFLOW: LocalReply = {
  status: 503,
  body: 'upstream connect error or disconnect/reset before headers. reset reason: overflow',
  details: 'upstream_reset_before_response_started{overflow}',
  headers: [OVERLOADED, 'true'],
}

export const TIME_UP: LocalReply = { status: 504, body: 'upstream request timeout', details: 'response_timeout' }

/** The same for a proxy that says nothing of what it does. */
export function tersely(reply: LocalReply): LocalReply {
  return reply.headers === undefined ? reply : { ...reply, headers: withoutHeader(reply.headers, OVERLOADED) }
}

/** A client of gRPC gets a status of gRPC: envoyproxy/envoy source/common/http/utility.cc, `prepareLocalReply`. */
export function respondWith(
  reply: LocalReply,
  request: {
    readonly isGrpc: boolean
    readonly isHead: boolean
    readonly serverName: string | undefined
    readonly nowMs: number
  },
): RespondStep {
  const { status, body, headers = NO_HEADERS, grpcStatus } = reply
  const common = request.serverName === undefined ? [] : ['server', request.serverName]
  if (!hasHeader(headers, 'date')) common.push('date', httpDate(request.nowMs))
  if (request.isGrpc) {
    const own = ['content-type', 'application/grpc']
    if (!hasHeader(headers, 'grpc-status')) own.push('grpc-status', String(grpcStatus ?? grpcStatusOf(status)))
    if (body.length > 0) own.push('grpc-message', grpcMessage(body.toString()))
    const told = withoutNames(headers, GRPC_OWN)
    return { kind: 'respond', status: 200, headers: [...own, ...told, ...common], body: '', closes: false }
  }
  const told = withoutNames(headers, body.length === 0 ? EMPTY_OWN : OWN)
  const own = ['content-length', String(Buffer.byteLength(body))]
  if (body.length > 0 && !hasHeader(headers, 'content-type')) own.push('content-type', 'text/plain')
  return {
    kind: 'respond',
    status,
    headers: [...own, ...told, ...common],
    body: request.isHead ? '' : body,
    closes: false,
  }
}

/** What a proxy says itself, whatever else is to be said. */
const OWN: ReadonlySet<string> = new Set(['content-length', 'server'])
const EMPTY_OWN: ReadonlySet<string> = new Set([...OWN, 'content-type'])
const GRPC_OWN: ReadonlySet<string> = new Set([...EMPTY_OWN, 'grpc-message'])

function withoutNames(headers: HeaderList, names: ReadonlySet<string>): HeaderList {
  if (headers.length === 0) return headers
  return headers.filter((_, index) => !names.has(headers[index - (index % 2)] ?? ''))
}
