import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram } from '../histogram.ts'

/** Exponential schemas queries know (prometheus/prometheus model/histogram/generic.go). */
const SCHEMA_MIN = -4
const SCHEMA_MAX = 8

export function hasCustomBuckets(histogram: Pick<FloatHistogram, 'schema'>): boolean {
  return histogram.schema === CUSTOM_BUCKETS_SCHEMA
}

export function isExponentialSchema(schema: number): boolean {
  return schema >= SCHEMA_MIN && schema <= SCHEMA_MAX
}

/** Where bucket `index` ends: its inclusive upper bound, in absolute terms. */
export function upperBound(index: number, schema: number, customValues: readonly number[]): number {
  if (schema !== CUSTOM_BUCKETS_SCHEMA) return exponentialBound(index, schema)
  if (index < 0) return -Infinity
  return customValues[index] ?? Infinity
}

/**
 * base^index with base = 2^(2^-schema). The bound that would be 2^1024, which no float is, is the largest float: the bucket
 * after it holds the infinities.
 */
export function exponentialBound(index: number, schema: number): number {
  if (schema <= 0) {
    const exponent = index * 2 ** -schema
    return exponent === 1024 ? Number.MAX_VALUE : 2 ** exponent
  }
  const perPower = 2 ** schema
  const exponent = Math.floor(index / perPower)
  const fraction = index - exponent * perPower
  if (exponent === 1024 && fraction === 0) return Number.MAX_VALUE
  // In two factors, so that a bound near the largest float does not overflow on the way.
  return (
    2 ** (fraction / perPower) * 0.5 * 2 ** (exponent + 1 > 1023 ? 1023 : exponent + 1) * (exponent + 1 > 1023 ? 2 : 1)
  )
}

/** The bucket of a coarser schema that takes in bucket `index`. */
export function coarserIndex(index: number, from: number, to: number): number {
  return Math.floor((index - 1) / 2 ** (from - to)) + 1
}

export function sameBounds(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((bound, index) => bound === b[index]))
}

/** Bounds that both have. */
export function sharedBounds(a: readonly number[], b: readonly number[]): readonly number[] {
  const known = new Set(b)
  return a.filter((bound) => known.has(bound))
}
