import { parseDuration } from '../../base/duration.ts'
import type { HttpFault } from '../config/types/virtual-service.ts'
import { happens } from './happens.ts'

/** What is done to a share of the requests that take a route. Shares are in percent. */
export interface Fault {
  readonly delay?: { readonly percent: number; readonly ms: number }
  readonly abort?: { readonly percent: number } & Abort
}

export interface Abort {
  readonly status?: number
  /** A name such as `UNAVAILABLE`. */
  readonly grpcStatus?: string
}

/** An abort that does not say how often never happens; a part that says not what is none. */
export function faultOf({ delay, abort }: HttpFault = {}): Fault | undefined {
  const delayMs = delay?.fixedDelay === undefined ? 0 : (parseDuration(delay.fixedDelay) ?? 0)
  const { httpStatus, grpcStatus } = abort ?? {}
  const isAborted = httpStatus !== undefined || grpcStatus !== undefined
  if (delayMs <= 0 && !isAborted) return undefined
  return {
    ...(delayMs > 0 && { delay: { percent: delay?.percentage?.value ?? delay?.percent ?? 0, ms: delayMs } }),
    ...(isAborted && {
      abort: {
        percent: abort?.percentage?.value ?? 0,
        ...(httpStatus !== undefined && { status: httpStatus }),
        ...(grpcStatus !== undefined && { grpcStatus }),
      },
    }),
  }
}

export function injectedDelay({ delay }: Fault, dice: () => number): number {
  return delay !== undefined && happens(delay.percent, dice) ? delay.ms : 0
}

export function injectedAbort({ abort }: Fault, dice: () => number): Abort | undefined {
  return abort !== undefined && happens(abort.percent, dice) ? abort : undefined
}
