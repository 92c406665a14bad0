import type { HeaderList } from '../route/header-list.ts'
import { isGrpc } from './grpc.ts'
import { type RetryWishes, wishesIn } from './retry-state.ts'

/** What a proxy makes of a request's headers before anything looks at them, and what they say to the proxy itself. */
export interface ReceivedHead {
  /** Without what was meant for this proxy alone; without `x-request-id` and `x-forwarded-proto`. */
  readonly headers: string[]
  readonly requestId: string | undefined
  readonly forwardedProto: string | undefined
  readonly forwardedFor: string | undefined
  /** What others say of clients' certificates. */
  readonly certificates: string | undefined
  readonly isGrpc: boolean
  readonly grpcTimeout: string | undefined
  /** Milliseconds that the client allows, in place of the route's. */
  readonly timeoutMs: number | undefined
  readonly perTryTimeoutMs: number | undefined
  readonly wishes: RetryWishes | undefined
}

const X = 'x'.charCodeAt(0)
const DIGITS = /^\d+$/

/** envoyproxy/envoy source/common/http/conn_manager_utility.cc and source/common/router/router.cc. One pass over all. */
export function receivedHead(list: HeaderList): ReceivedHead {
  const headers: string[] = []
  let requestId: string | undefined
  let forwardedProto: string | undefined
  let forwardedFor: string | undefined
  let certificates: string | undefined
  let grpcTimeout: string | undefined
  let grpc = false
  let timeoutMs: number | undefined
  let perTryTimeoutMs: number | undefined
  let hasWishes = false
  for (let index = 0; index < list.length; index += 2) {
    const name = list[index] ?? ''
    const value = list[index + 1] ?? ''
    if (name.charCodeAt(0) === X) {
      switch (name) {
        case 'x-request-id':
          requestId = value
          continue
        case 'x-forwarded-proto':
          forwardedProto = value
          continue
        case 'x-forwarded-for':
          forwardedFor = forwardedFor === undefined ? value : `${forwardedFor},${value}`
          continue
        case 'x-envoy-upstream-rq-timeout-ms':
          if (DIGITS.test(value)) timeoutMs = Number(value)
          continue
        case 'x-envoy-upstream-rq-per-try-timeout-ms':
          if (DIGITS.test(value)) perTryTimeoutMs = Number(value)
          continue
        case 'x-envoy-retry-on':
        case 'x-envoy-retry-grpc-on':
        case 'x-envoy-max-retries':
        case 'x-envoy-retriable-status-codes':
        case 'x-envoy-retriable-header-names':
          hasWishes = true
          continue
        // Only a proxy that has seen a certificate may speak of one.
        case 'x-forwarded-client-cert':
          certificates = certificates === undefined ? value : `${certificates},${value}`
          continue
        case 'x-envoy-attempt-count':
        case 'x-envoy-expected-rq-timeout-ms':
          continue
        default:
      }
    } else if (name === 'content-type') {
      grpc = isGrpc(value)
    } else if (name === 'grpc-timeout') {
      grpcTimeout = value
    }
    headers.push(name, value)
  }
  const wishes = hasWishes ? wishesIn(list) : undefined
  return {
    headers,
    requestId,
    forwardedProto,
    forwardedFor,
    certificates,
    isGrpc: grpc,
    grpcTimeout,
    timeoutMs,
    perTryTimeoutMs,
    wishes,
  }
}
