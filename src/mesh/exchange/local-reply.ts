import type { HeaderList } from '../route/header-list.ts'
import { grpcMessage, grpcStatusOf } from './grpc.ts'
import { httpDate } from './http-date.ts'
import type { RespondStep } from './steps.ts'

/** An answer that a proxy gives itself, and why. */
export interface LocalReply {
  readonly status: number
  readonly body: string
  /** Envoy's word for the reason. */
  readonly details: string
  readonly headers?: HeaderList
  /** Where it differs from what the HTTP status means. */
  readonly grpcStatus?: number
}

/** Proxies speak HTTP/1.1 at least: Envoy's `accept_http_10` is off. */
export const LOW_VERSION: LocalReply = { status: 426, body: '', details: 'low_version' }

export const NO_HEALTHY_UPSTREAM: LocalReply = {
  status: 503,
  body: 'no healthy upstream',
  details: 'no_healthy_upstream',
}

export const OVERFLOW: LocalReply = {
  status: 503,
  body: 'upstream connect error or disconnect/reset before headers. reset reason: overflow',
  details: 'upstream_reset_before_response_started{overflow}',
  headers: ['x-envoy-overloaded', 'true'],
}

export const TIME_UP: LocalReply = { status: 504, body: 'upstream request timeout', details: 'response_timeout' }

/** A client of gRPC gets a status of gRPC: envoyproxy/envoy source/common/http/utility.cc, `sendLocalReply`. */
export function respondWith(
  reply: LocalReply,
  request: { readonly isGrpc: boolean; readonly isHead: boolean; readonly serverName: string; readonly nowMs: number },
): RespondStep {
  const { status, body, headers = [], grpcStatus } = reply
  const common = ['date', httpDate(request.nowMs), 'server', request.serverName]
  if (request.isGrpc) {
    const message = body === '' ? [] : ['grpc-message', grpcMessage(body)]
    const code = String(grpcStatus ?? grpcStatusOf(status))
    const own = ['content-type', 'application/grpc', 'grpc-status', code, ...message]
    return { kind: 'respond', status: 200, headers: [...own, ...headers, ...common], body: '', closes: false }
  }
  const own = body === '' ? [] : ['content-length', String(Buffer.byteLength(body)), 'content-type', 'text/plain']
  const length = body === '' ? ['content-length', '0'] : []
  return {
    kind: 'respond',
    status,
    headers: [...own, ...headers, ...common, ...length],
    body: request.isHead ? '' : body,
    closes: false,
  }
}
