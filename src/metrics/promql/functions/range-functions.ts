import { CHANGE_FUNCTIONS } from './changes.ts'
import { instantRate } from './instant-rate.ts'
import { OVER_TIME_FUNCTIONS } from './over-time.ts'
import { PREDICTING_FUNCTIONS } from './predict.ts'
import type { RangeFunction } from './range-function.ts'
import { rateFunction } from './rate.ts'

/** Functions over ranges by their names. */
export const RANGE_FUNCTIONS: Readonly<Record<string, RangeFunction>> = {
  rate: rateFunction({ isCounter: true, isPerSecond: true }),
  increase: rateFunction({ isCounter: true, isPerSecond: false }),
  delta: rateFunction({ isCounter: false, isPerSecond: false }),
  irate: instantRate(true),
  idelta: instantRate(false),
  ...OVER_TIME_FUNCTIONS,
  ...PREDICTING_FUNCTIONS,
  ...CHANGE_FUNCTIONS,
}

export function rangeFunction(name: string): RangeFunction {
  const found = RANGE_FUNCTIONS[name]
  if (found === undefined) throw new TypeError(`${name} is no function over ranges`)
  return found
}
