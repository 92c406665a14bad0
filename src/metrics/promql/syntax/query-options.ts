/** Parts of the language that Prometheus holds to be experimental: off unless asked for, as there. */
export interface QueryOptions {
  /** `promql-experimental-functions`: functions and aggregations that may still change. */
  readonly experimentalFunctions?: boolean
  /** `promql-duration-expr`: arithmetic in brackets and behind `offset`. */
  readonly durationExpressions?: boolean
  /** `promql-extended-range-selectors`: `anchored` and `smoothed`. */
  readonly extendedRangeSelectors?: boolean
  /** `promql-binop-fill-modifiers`: `fill`, `fill_left` and `fill_right`. */
  readonly fillModifiers?: boolean
}
