import { type HeaderList, headerValue } from '../route/header-list.ts'

/** Codes of gRPC by their names in Istio's configuration: grpc/grpc doc/statuscodes.md. */
const CODES: ReadonlyMap<string, number> = new Map(
  [
    'OK',
    'CANCELLED',
    'UNKNOWN',
    'INVALID_ARGUMENT',
    'DEADLINE_EXCEEDED',
    'NOT_FOUND',
    'ALREADY_EXISTS',
    'PERMISSION_DENIED',
    'RESOURCE_EXHAUSTED',
    'FAILED_PRECONDITION',
    'ABORTED',
    'OUT_OF_RANGE',
    'UNIMPLEMENTED',
    'INTERNAL',
    'UNAVAILABLE',
    'DATA_LOSS',
    'UNAUTHENTICATED',
  ].map((name, code) => [name, code]),
)

const UNKNOWN = 2

export function grpcCode(text: string): number {
  return CODES.get(text.toUpperCase()) ?? (/^\d+$/.test(text) ? Number(text) : UNKNOWN)
}

export function isGrpc(contentType: string | undefined): boolean {
  if (contentType === undefined || !contentType.startsWith('application/grpc')) return false
  const next = contentType[16]
  return next === undefined || next === '+' || next === ';'
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

/** A message in a header: what is not printable ASCII is escaped. */
export function grpcMessage(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) =>
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('')
}
