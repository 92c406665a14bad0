import type { CompiledRoute } from '../route/compiled-route.ts'
import { grpcTimeoutMs } from './grpc.ts'
import type { ReceivedHead } from './received-head.ts'

/** How long a request may take, and each of its attempts. 0: no limit. */
export interface TimeLimits {
  readonly wholeMs: number
  readonly perTryMs: number
}

export const NO_LIMITS: TimeLimits = { wholeMs: 0, perTryMs: 0 }

/** A client may say how long it waits; one of gRPC, up to what the route allows. */
export function timeLimits({ timeoutMs, perTryTimeoutMs }: CompiledRoute, head: ReceivedHead | undefined): TimeLimits {
  const askedMs = head?.isGrpc === true ? (grpcTimeoutMs(head.grpcTimeout) ?? 0) : 0
  const isLess = askedMs !== 0 && (timeoutMs === 0 || askedMs <= timeoutMs)
  const wholeMs = head?.timeoutMs ?? (isLess ? askedMs : timeoutMs)
  const perTryMs = head?.perTryTimeoutMs ?? perTryTimeoutMs
  if (wholeMs === 0 && perTryMs === 0) return NO_LIMITS
  return { wholeMs, perTryMs: wholeMs !== 0 && perTryMs >= wholeMs ? 0 : perTryMs }
}

/** 0: no limit. */
export function timeLeft({ wholeMs }: TimeLimits, spentMs: number): number {
  return wholeMs === 0 ? 0 : Math.max(1, wholeMs - spentMs)
}

export function tryLimit(limits: TimeLimits, spentMs: number): number {
  const leftMs = timeLeft(limits, spentMs)
  if (limits.perTryMs === 0) return leftMs
  return leftMs === 0 ? limits.perTryMs : Math.min(leftMs, limits.perTryMs)
}

export function isTimeOver({ wholeMs }: TimeLimits, spentMs: number): boolean {
  return wholeMs !== 0 && spentMs >= wholeMs
}
