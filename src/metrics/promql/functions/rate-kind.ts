import type { Column } from '../column.ts'
import type { RangeCall } from './range-function.ts'

/** `rate`, `increase` and `delta` are one function. */
export interface RateKind {
  /** May only go up: where it goes down, it began anew. */
  readonly isCounter: boolean
  readonly isPerSecond: boolean
}

/** How much farther than the usual distance between samples an edge may be to count as covered. */
export const EXTRAPOLATION_FACTOR = 1.1

/** Where, and how, a rate is to be put down. */
export interface RateTarget {
  readonly step: number
  readonly out: Column
  readonly call: RangeCall
  readonly kind: RateKind
}
