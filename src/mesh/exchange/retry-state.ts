import { parseDuration } from '../../base/duration.ts'
import { hasHeader, type HeaderList, headerValue } from '../route/header-list.ts'
import type { RetryPolicy } from '../route/retry.ts'
import { grpcStatusIn } from './grpc.ts'
import type { FailureKind } from './steps.ts'

/** envoyproxy/envoy source/common/router/retry_state_impl.cc. */
const BACK_OFF_BASE_MS = 25
const BACK_OFF_GROWTH_MAX = 10

/** Codes of gRPC by the condition that retries them. */
const GRPC_CONDITIONS: Readonly<Record<string, number>> = {
  cancelled: 1,
  'deadline-exceeded': 4,
  'resource-exhausted': 8,
  internal: 13,
  unavailable: 14,
}

/** A policy, ready to be asked. Made once for each policy. */
interface Conditions {
  readonly on: ReadonlySet<string>
  readonly statuses: ReadonlySet<number>
  readonly grpcStatuses: ReadonlySet<number>
  readonly baseMs: number
}

const NO_NAMES: readonly string[] = []

const READY = new WeakMap<RetryPolicy, Conditions>()

/** What a client asks for besides, in `x-envoy-…` headers. */
export interface RetryWishes {
  readonly on?: string | undefined
  readonly max?: number | undefined
  readonly statuses?: string | undefined
  readonly headers?: string | undefined
}

/** How often a request may still be tried again, and after what. */
export class RetryState {
  readonly policy: RetryPolicy
  readonly #conditions: Conditions
  readonly #headers: readonly string[]
  #left: number
  #backOffMs: number

  constructor(policy: RetryPolicy, wishes?: RetryWishes) {
    this.policy = policy
    this.#conditions = wishes === undefined ? conditionsOf(policy) : wishedConditions(policy, wishes)
    this.#headers = wishes?.headers === undefined ? NO_NAMES : namesIn(wishes.headers)
    this.#left = wishes?.max ?? policy.attempts
    this.#backOffMs = this.#conditions.baseMs
  }

  get isSpent(): boolean {
    return this.#left <= 0
  }

  wantsAfterAnswer(status: number, headers: HeaderList): boolean {
    const { on, statuses, grpcStatuses } = this.#conditions
    // What has been refused for its number would only be refused again.
    if (hasHeader(headers, 'x-envoy-ratelimited')) return on.has('envoy-ratelimited')
    if (hasHeader(headers, 'x-envoy-overloaded')) return false
    if (status >= 500 && on.has('5xx')) return true
    if (status >= 502 && status <= 504 && on.has('gateway-error')) return true
    if (status === 409 && on.has('retriable-4xx')) return true
    if (on.has('retriable-status-codes') && statuses.has(status)) return true
    if (on.has('retriable-headers') && this.#headers.some((name) => hasHeader(headers, name))) return true
    if (grpcStatuses.size === 0) return false
    const grpcStatus = grpcStatusIn(headers)
    return grpcStatus !== undefined && grpcStatuses.has(grpcStatus)
  }

  wantsAfterFailure(how: FailureKind, beforeRequest: boolean): boolean {
    const { on } = this.#conditions
    if (how === 'overflow') return false
    if (on.has('reset') || on.has('5xx') || on.has('gateway-error')) return true
    if (beforeRequest && on.has('reset-before-request')) return true
    if (how === 'refused-stream') return on.has('refused-stream')
    return (how === 'connect' || how === 'connect-timeout' || how === 'tls') && on.has('connect-failure')
  }

  /** Uses one retry up, and says how long to wait before it: whole milliseconds below what the back-off has grown to. */
  next(dice: () => number): number {
    this.#left--
    const backOffMs = this.#backOffMs
    this.#backOffMs = Math.min(backOffMs * 2, this.#conditions.baseMs * BACK_OFF_GROWTH_MAX)
    return Math.floor(dice() * backOffMs)
  }
}

function namesIn(list: string): readonly string[] {
  return list.split(',').flatMap((name) => name.trim().toLowerCase() || [])
}

function conditionsOf(policy: RetryPolicy): Conditions {
  const known = READY.get(policy)
  if (known !== undefined) return known
  const { retryOn, statusCodes, backoff } = policy
  const conditions: Conditions = {
    on: new Set(retryOn),
    statuses: new Set(statusCodes),
    grpcStatuses: new Set(retryOn.flatMap((condition) => GRPC_CONDITIONS[condition] ?? [])),
    baseMs: (backoff === undefined ? undefined : parseDuration(backoff)) || BACK_OFF_BASE_MS,
  }
  READY.set(policy, conditions)
  return conditions
}

function wishedConditions(policy: RetryPolicy, { on = '', statuses = '' }: RetryWishes): Conditions {
  const wished = on.split(',').map((condition) => condition.trim())
  const codes = statuses.split(',').flatMap((text) => (/^\d{3}$/.test(text.trim()) ? [Number(text)] : []))
  const retryOn = [...policy.retryOn, ...wished.filter((condition) => condition !== '')]
  return conditionsOf({ ...policy, retryOn, statusCodes: [...policy.statusCodes, ...codes] })
}

export function wishesIn(headers: HeaderList): RetryWishes {
  const max = headerValue(headers, 'x-envoy-max-retries')
  return {
    on: [headerValue(headers, 'x-envoy-retry-on'), headerValue(headers, 'x-envoy-retry-grpc-on')]
      .filter(Boolean)
      .join(),
    max: max !== undefined && /^\d+$/.test(max) ? Number(max) : undefined,
    statuses: headerValue(headers, 'x-envoy-retriable-status-codes'),
    headers: headerValue(headers, 'x-envoy-retriable-header-names'),
  }
}
