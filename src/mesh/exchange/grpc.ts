import { GRPC_STATUSES } from '../../base/grpc.ts'
import { type HeaderList, headerValue } from '../route/header-list.ts'

export { grpcMessage, isGrpc } from '../../base/grpc.ts'

const UNKNOWN = 2

/** By its name in Istio's configuration, or its number. */
export function grpcCode(text: string): number {
  const code = (GRPC_STATUSES as readonly string[]).indexOf(text.toUpperCase())
  if (code >= 0) return code
  return /^\d+$/.test(text) ? Number(text) : UNKNOWN
}

/** What an HTTP status means to a gRPC client: grpc/grpc doc/http-grpc-status-mapping.md. */
export function grpcStatusOf(httpStatus: number): number {
  switch (httpStatus) {
    case 400:
      return 13
    case 401:
      return 16
    case 403:
      return 7
    case 404:
      return 12
    case 429:
    case 502:
    case 503:
    case 504:
      return 14
    default:
      return UNKNOWN
  }
}

/** envoyproxy/envoy source/common/grpc/status.cc. */
const HTTP_STATUSES = [200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401]

export function httpStatusOf(grpcStatus: number): number {
  return HTTP_STATUSES[grpcStatus] ?? 500
}

export function grpcStatusIn(headers: HeaderList | undefined): number | undefined {
  const text = headers === undefined ? undefined : headerValue(headers, 'grpc-status')
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text)
}

const TIMEOUT_UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 }

/** Of `grpc-timeout`, as in `250m`; undefined where it says nothing. */
export function grpcTimeoutMs(text: string | undefined): number | undefined {
  const [, amount = '', unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(text ?? '') ?? []
  return amount === '' ? undefined : Math.ceil(Number(amount) * (TIMEOUT_UNIT_MS[unit] ?? 0))
}
