import { STATUS_CODES } from './status-codes.ts'
import type { HttpRetry } from '../config/types/virtual-service.ts'

/** When and how often a request is tried again. */
export interface RetryPolicy {
  /** How often after the first try. */
  readonly attempts: number
  /** Envoy's conditions. */
  readonly retryOn: readonly string[]
  readonly statusCodes: readonly number[]
  /** A duration as written; undefined: only the route's timeout limits a try. */
  readonly perTryTimeout?: string
  /** Whether a host that was tried is avoided, by up to `hostSelectionMax` further choices. */
  readonly avoidPreviousHosts: boolean
  readonly hostSelectionMax: number
  readonly retryRemoteLocalities: boolean
  /** The base of the back-off as written; undefined: the proxy's own. */
  readonly backoff?: string
}

/** For a request that asks for retries itself where its route has none. */
export const NO_RETRY: RetryPolicy = {
  attempts: 1,
  retryOn: [],
  statusCodes: [],
  avoidPreviousHosts: false,
  hostSelectionMax: 0,
  retryRemoteLocalities: false,
}

/** For calls to other services, where a route says nothing: istio/istio pilot/pkg/networking/core/route/retry/retry.go. */
export const OUTBOUND_RETRY: RetryPolicy = {
  attempts: 2,
  retryOn: ['connect-failure', 'refused-stream', 'unavailable', 'cancelled', 'retriable-status-codes'],
  statusCodes: [],
  avoidPreviousHosts: true,
  hostSelectionMax: 5,
  retryRemoteLocalities: false,
}

/** A request that never reached the application is safe to send again, whatever its method. */
export const INBOUND_RETRY: RetryPolicy = {
  attempts: 2,
  retryOn: ['reset-before-request'],
  statusCodes: [],
  avoidPreviousHosts: false,
  hostSelectionMax: 0,
  retryRemoteLocalities: false,
}

/** Undefined where retries are off. With a consistent hash, the same host is tried again unless that is ruled out. */
export function outboundRetry(
  retries: HttpRetry | undefined,
  options: { readonly consistentHash?: boolean } = {},
): RetryPolicy | undefined {
  const avoidPreviousHosts = retries?.retryIgnorePreviousHosts ?? options.consistentHash !== true
  if (retries === undefined) return avoidPreviousHosts ? OUTBOUND_RETRY : { ...OUTBOUND_RETRY, avoidPreviousHosts }
  const { attempts = 0, perTryTimeout } = retries
  if (attempts <= 0) return undefined
  return {
    ...OUTBOUND_RETRY,
    ...conditionsOf(retries),
    attempts,
    avoidPreviousHosts,
    retryRemoteLocalities: retries.retryRemoteLocalities ?? false,
    ...(perTryTimeout !== undefined && { perTryTimeout }),
  }
}

/** There is one host behind an inbound route, so what is said of choosing hosts means nothing. */
export function inboundRetry(retries: HttpRetry | undefined): RetryPolicy | undefined {
  if (retries === undefined) return INBOUND_RETRY
  const { attempts = 0 } = retries
  return attempts <= 0 ? undefined : { ...INBOUND_RETRY, ...conditionsOf(retries), attempts }
}

const BY_STATUS = 'retriable-status-codes'

/** Numbers among the conditions are status codes, if there is such a status. */
function conditionsOf({ retryOn = '', backoff }: HttpRetry): Partial<RetryPolicy> {
  const pause = backoff === undefined ? {} : { backoff }
  if (retryOn === '') return pause
  const parts = retryOn.split(',').map((part) => part.trim())
  const named = parts.filter((part) => part !== '' && !isStatus(part))
  const statusCodes = parts.filter(isStatus).map(Number)
  if (statusCodes.length > 0 && !named.includes(BY_STATUS)) named.push(BY_STATUS)
  return { ...pause, retryOn: named, statusCodes }
}

function isStatus(text: string): boolean {
  return /^[+-]?\d+$/.test(text) && STATUS_CODES.has(Number(text))
}
