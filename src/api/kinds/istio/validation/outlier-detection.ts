import { durationProblem } from './durations.ts'
import { percentProblem } from './numbers.ts'
import { error, errorOf, isGiven, type Maybe, type Problem, warning } from './problem.ts'

export interface OutlierDetection {
  readonly baseEjectionTime?: string
  readonly interval?: string
  readonly consecutiveErrors?: number
  readonly splitExternalLocalOriginErrors?: boolean
  readonly consecutiveLocalOriginFailures?: number
  readonly maxEjectionPercent?: number
  readonly minHealthPercent?: number
}

export function* validateOutlierDetection(outlier: Maybe<OutlierDetection>): Generator<Problem> {
  if (!isGiven(outlier)) return
  const { baseEjectionTime, interval, consecutiveErrors = 0, consecutiveLocalOriginFailures = 0 } = outlier
  if (isGiven(baseEjectionTime)) yield* errorOf(durationProblem(baseEjectionTime))
  if (consecutiveErrors !== 0) {
    const instead = 'use consecutiveGatewayErrors or consecutive5xxErrors instead'
    yield warning(`outlier detection consecutive errors is deprecated, ${instead}`)
  }
  if (outlier.splitExternalLocalOriginErrors !== true && consecutiveLocalOriginFailures > 0) {
    const but = 'but split external local origin errors is set to false'
    yield error(`outlier detection consecutive local origin failures is specified, ${but}`)
  }
  if (isGiven(interval)) yield* errorOf(durationProblem(interval))
  yield* errorOf(percentProblem(outlier.maxEjectionPercent ?? 0))
  yield* errorOf(percentProblem(outlier.minHealthPercent ?? 0))
}
