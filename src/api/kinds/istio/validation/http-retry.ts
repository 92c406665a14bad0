import { goQuote } from '../../../../base/go-quote.ts'
import { durationProblem } from './durations.ts'
import { readInteger } from './numbers.ts'
import { error, errorOf, isGiven, listedError, type Maybe, type Problem } from './problem.ts'

export interface HttpRetry {
  readonly attempts?: number
  readonly perTryTimeout?: string
  readonly retryOn?: string
  readonly retryRemoteLocalities?: boolean
  readonly backoff?: string
}

/** Envoy's own, of x-envoy-retry-on and x-envoy-retry-grpc-on. */
const CONDITIONS: ReadonlySet<string> = new Set([
  '5xx',
  'gateway-error',
  'reset',
  'reset-before-request',
  'connect-failure',
  'retriable-4xx',
  'refused-stream',
  'retriable-status-codes',
  'retriable-headers',
  'envoy-ratelimited',
  'http3-post-connect-failure',
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
])

/** Statuses that have a name (Go's net/http StatusText): ranges from the first to the last of each hundred. */
const NAMED_STATUSES: readonly (readonly [number, number])[] = [
  [100, 103],
  [200, 208],
  [226, 226],
  [300, 305],
  [307, 308],
  [400, 418],
  [421, 426],
  [428, 429],
  [431, 431],
  [451, 451],
  [500, 508],
  [510, 511],
]

export function* validateHttpRetry(retry: Maybe<HttpRetry>): Generator<Problem> {
  if (!isGiven(retry)) return
  const { attempts = 0, perTryTimeout, retryOn = '', retryRemoteLocalities, backoff } = retry
  if (attempts < 0) yield listedError('attempts cannot be negative')
  if (attempts === 0 && (isGiven(perTryTimeout) || retryOn !== '' || isGiven(retryRemoteLocalities))) {
    yield error('http retry policy configured when attempts are set to 0 (disabled)')
  }
  if (isGiven(perTryTimeout)) yield* errorOf(durationProblem(perTryTimeout))
  const conditions = retryOn === '' ? [] : retryOn.split(',')
  for (const condition of conditions) {
    if (CONDITIONS.has(condition) || isNamedStatus(readInteger(condition) ?? 0)) continue
    yield error(`${goQuote(condition)} is not a valid retryOn policy`)
  }
  if (isGiven(backoff)) yield* errorOf(durationProblem(backoff))
}

function isNamedStatus(status: number): boolean {
  return NAMED_STATUSES.some(([first, last]) => status >= first && status <= last)
}
