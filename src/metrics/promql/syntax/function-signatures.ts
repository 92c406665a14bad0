import type { ValueType } from './ast.ts'

/** How a function may be called and what it gives. Source: prometheus/prometheus promql/parser/functions.go. */
export interface FunctionSignature {
  readonly name: string
  readonly argTypes: readonly ValueType[]
  /** 0: exactly `argTypes`; n: the last one may be missing, or stand up to n times; -1: any number of times. */
  readonly variadic: number
  readonly returnType: ValueType
  /** Refused unless experimental functions are enabled. */
  readonly isExperimental: boolean
}

interface Traits {
  readonly args?: readonly ValueType[]
  readonly variadic?: number
  readonly returns?: ValueType
  readonly isExperimental?: boolean
}

export function functionSignature(name: string): FunctionSignature | undefined {
  return SIGNATURES.get(name)
}

const VECTOR: Traits = { args: ['vector'] }
const MATRIX: Traits = { args: ['matrix'] }

const SIGNATURES: ReadonlyMap<string, FunctionSignature> = new Map([
  ...signatures(
    'abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor histogram_avg' +
      ' histogram_count histogram_stddev histogram_stdvar histogram_sum ln log10 log2 rad sgn sin sinh' +
      ' sort sort_desc sqrt tan tanh timestamp',
    VECTOR,
  ),
  ...signatures(
    'absent_over_time avg_over_time changes count_over_time delta deriv first_over_time idelta' +
      ' increase irate last_over_time max_over_time min_over_time present_over_time rate resets' +
      ' stddev_over_time stdvar_over_time sum_over_time',
    MATRIX,
  ),
  ...signatures('clamp', { args: ['vector', 'scalar', 'scalar'] }),
  ...signatures('clamp_max clamp_min', { args: ['vector', 'scalar'] }),
  ...signatures('day_of_month day_of_week day_of_year days_in_month hour minute month year', {
    args: ['vector'],
    variadic: 1,
  }),
  ...signatures('end range start step', { returns: 'scalar', isExperimental: true }),
  ...signatures('histogram_fraction', { args: ['scalar', 'scalar', 'vector'] }),
  ...signatures('histogram_quantile', { args: ['scalar', 'vector'] }),
  ...signatures('histogram_quantiles', {
    args: ['vector', 'string', 'scalar', 'scalar'],
    variadic: 9,
    isExperimental: true,
  }),
  ...signatures('double_exponential_smoothing', { args: ['matrix', 'scalar', 'scalar'], isExperimental: true }),
  ...signatures('info', { args: ['vector', 'vector'], variadic: 1, isExperimental: true }),
  ...signatures('label_replace', { args: ['vector', 'string', 'string', 'string', 'string'] }),
  ...signatures('label_join', { args: ['vector', 'string', 'string', 'string'], variadic: -1 }),
  ...signatures('max_of min_of', { args: ['scalar', 'scalar'], returns: 'scalar', isExperimental: true }),
  ...signatures('mad_over_time ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time', {
    args: ['matrix'],
    isExperimental: true,
  }),
  ...signatures('pi time', { returns: 'scalar' }),
  ...signatures('predict_linear', { args: ['matrix', 'scalar'] }),
  ...signatures('quantile_over_time', { args: ['scalar', 'matrix'] }),
  ...signatures('round', { args: ['vector', 'scalar'], variadic: 1 }),
  ...signatures('scalar', { args: ['vector'], returns: 'scalar' }),
  ...signatures('sort_by_label sort_by_label_desc', { args: ['vector', 'string'], variadic: -1, isExperimental: true }),
  ...signatures('start_timestamp', { args: ['vector'], isExperimental: true }),
  ...signatures('vector', { args: ['scalar'] }),
])

/** Functions that are called alike, by name. */
function signatures(names: string, traits: Traits): readonly (readonly [string, FunctionSignature])[] {
  const { args = [], variadic = 0, returns = 'vector', isExperimental = false } = traits
  return names
    .split(' ')
    .map((name) => [name, { name, argTypes: args, variadic, returnType: returns, isExperimental }] as const)
}
