import { formatFloat } from '../../../../base/go-numbers.ts'
import { goQuote } from '../../../../base/go-quote.ts'
import { GRPC_STATUSES } from '../../../../base/grpc.ts'
import { httpStatusProblem } from './direct-response.ts'
import { durationProblem } from './durations.ts'
import { error, errorOf, isGiven, listedError, type Maybe, type Problem, warning, withoutWarnings } from './problem.ts'

export interface FaultInjection {
  readonly delay?: Maybe<FaultDelay>
  readonly abort?: Maybe<FaultAbort>
}

export interface FaultDelay {
  readonly percentage?: Maybe<Percent>
  readonly fixedDelay?: string
  readonly exponentialDelay?: string
}

export interface FaultAbort {
  readonly percentage?: Maybe<Percent>
  readonly httpStatus?: number
  readonly grpcStatus?: string
  readonly http2Error?: string
}

export interface Percent {
  readonly value?: number
}

export function* validateFaultInjection(fault: Maybe<FaultInjection>): Generator<Problem> {
  if (!isGiven(fault)) return
  const { abort, delay } = fault
  if (!isGiven(abort) && !isGiven(delay)) {
    yield listedError('HTTP fault injection must have an abort and/or a delay')
  }
  yield* withoutWarnings(validateAbort(abort))
  yield* validateDelay(delay)
}

export function* validateAbort(abort: Maybe<FaultAbort>): Generator<Problem> {
  if (!isGiven(abort)) return
  yield* errorOf(percentProblem(abort.percentage))
  if (isGiven(abort.grpcStatus)) yield* errorOf(grpcStatusProblem(abort.grpcStatus))
  else if (isGiven(abort.http2Error)) yield error('HTTP/2 abort fault injection not supported yet')
  else if (isGiven(abort.httpStatus)) yield* errorOf(httpStatusProblem(abort.httpStatus))
  else yield warning('abort configured, but error type not set')
}

export function* validateDelay(delay: Maybe<FaultDelay>): Generator<Problem> {
  if (!isGiven(delay)) return
  yield* errorOf(percentProblem(delay.percentage))
  if (isGiven(delay.fixedDelay)) yield* errorOf(durationProblem(delay.fixedDelay))
  else if (isGiven(delay.exponentialDelay)) {
    yield* errorOf(durationProblem(delay.exponentialDelay))
    yield listedError('exponentialDelay not supported yet')
  }
}

function grpcStatusProblem(status: string): string | undefined {
  if ((GRPC_STATUSES as readonly string[]).includes(status)) return undefined
  const list = "for a list of supported codes, for example 'NOT_FOUND'"
  const see = `See https://github.com/grpc/grpc/blob/master/doc/statuscodes.md ${list}`
  return `gRPC status ${goQuote(status)} is not supported. ${see}`
}

/** Envoy counts in millionths. */
function percentProblem(percent: Maybe<Percent>): string | undefined {
  const value = percent?.value ?? 0
  if (value === 0 || (value >= 0.0001 && value <= 100)) return undefined
  return `percentage ${formatFloat(value, 'g', -1)} is neither 0.0, nor in range [0.0001, 100.0]`
}
