/** Compares what a query gave with what a script says it gives; answers the first difference. */
import { compact } from '../../../src/metrics/model/histogram/compact.ts'
import { sameBounds } from '../../../src/metrics/model/histogram/bounds.ts'
import { sameSpans } from '../../../src/metrics/model/histogram/equal.ts'
import type { FloatHistogram } from '../../../src/metrics/model/histogram.ts'
import { compareLabels, type Labels } from '../../../src/metrics/model/labels.ts'
import { printHistogramNotation } from '../../../src/metrics/promql/syntax/print-histogram.ts'
import type { SequenceValue } from '../../../src/metrics/promql/syntax/parse-series.ts'
import type { MatrixValue, QueryResult, QueryValue, VectorValue } from '../../../src/metrics/promql/results.ts'
import type { EvalCommand, Expected, Occurrence } from './script.ts'

/** How far a value may be from what is expected, relative to both. */
const EPSILON = 1e-6
const MIN_NORMAL = 2 ** -1022

export function differenceInValue(value: QueryValue, command: EvalCommand): string | undefined {
  const { expected } = command
  switch (value.type) {
    case 'scalar':
      if (expected.scalar === undefined) return `scalar ${value.value} instead of series`
      return isAlmost(expected.scalar, value.value) ? undefined : `scalar ${value.value} instead of ${expected.scalar}`
    case 'string':
      return expected.text === value.value ? undefined : `"${value.value}" instead of "${expected.text}"`
    case 'vector':
      return differenceInVector(value, expected)
    case 'matrix':
      return differenceInMatrix(value, command)
  }
}

export function differenceInAnnotations(
  { warnings, infos }: QueryResult,
  { warn, info }: Expected,
): string | undefined {
  return differenceInTexts('warnings', warnings, warn) ?? differenceInTexts('infos', infos, info)
}

function differenceInTexts(name: string, texts: readonly string[], wanted: Occurrence | undefined): string | undefined {
  if (wanted === undefined) return undefined
  if (wanted === 'none') return texts.length === 0 ? undefined : `unexpected ${name}: ${texts.join(' | ')}`
  if (texts.length === 0) return `no ${name}`
  if (wanted === 'some') return undefined
  if (!wanted.every((condition) => texts.some(condition))) return `${name} lack one: ${texts.join(' | ')}`
  const odd = texts.find((text) => !wanted.some((condition) => condition(text)))
  return odd === undefined ? undefined : `unexpected one of ${name}: ${odd}`
}

function differenceInVector({ samples }: VectorValue, expected: Expected): string | undefined {
  if (expected.scalar !== undefined) return 'a vector instead of a scalar'
  const wanted = new Map(expected.series.map((one, position) => [one.labels.key, { ...one, position }]))
  for (const [position, { labels, value, histogram }] of samples.entries()) {
    const found = wanted.get(labels.key)
    const shown = histogram === undefined ? value : printHistogramNotation(histogram)
    if (found === undefined) return `unexpected ${show(labels)} ${shown}`
    if (expected.isOrdered && found.position !== position) return `${show(labels)} at position ${position}`
    const [first] = found.values
    if (first === undefined || !isSame(first, value, histogram))
      return `${show(labels)} is ${shown} instead of ${showValue(first)}`
    wanted.delete(labels.key)
  }
  const [missing] = wanted.values()
  return missing && `${show(missing.labels)} is missing`
}

function differenceInMatrix({ series }: MatrixValue, command: EvalCommand): string | undefined {
  const { expected } = command
  const { startMs, stepMs } = expected.range ?? command
  if (expected.scalar !== undefined) return 'a matrix instead of a scalar'
  for (const [index, { labels }] of series.entries()) {
    const next = series[index + 1]
    if (next !== undefined && compareLabels(labels, next.labels) > 0) return 'series are not sorted'
  }
  const wanted = new Map(expected.series.map((one) => [one.labels.key, one]))
  for (const { labels, samples } of series) {
    const found = wanted.get(labels.key)
    if (found === undefined) return `unexpected ${show(labels)} ${Array.from(samples.values).join(' ')}`
    wanted.delete(labels.key)
    const points = found.values.flatMap((value, index) =>
      value.type === 'omitted' ? [] : [{ timeMs: startMs + index * stepMs, value }],
    )
    if (points.length !== samples.length)
      return `${show(labels)} has ${samples.length} points instead of ${points.length}: ${Array.from(samples.values.slice(0, samples.length)).join(' ')}`
    for (const [index, { timeMs, value }] of points.entries()) {
      const histogram = samples.histograms?.[index]
      const number = samples.values[index] ?? 0
      if (samples.timestamps[index] !== timeMs)
        return `${show(labels)} has a point at ${samples.timestamps[index]} instead of ${timeMs}`
      if (isSame(value, number, histogram)) continue
      const shown = histogram === undefined ? number : printHistogramNotation(histogram)
      return `${show(labels)} is ${shown} at ${timeMs} instead of ${showValue(value)}`
    }
  }
  const [missing] = wanted.values()
  return missing && `${show(missing.labels)} is missing`
}

function isSame(expected: SequenceValue, value: number, histogram: FloatHistogram | undefined): boolean {
  if (expected.type === 'float') return histogram === undefined && isAlmost(expected.value, value)
  if (expected.type !== 'histogram' || histogram === undefined) return false
  return isSameHistogram(compact(expected.histogram), compact(histogram), expected.hasHint)
}

function isSameHistogram(a: FloatHistogram, b: FloatHistogram, withHint: boolean): boolean {
  return (
    a.schema === b.schema &&
    isAlmost(a.count, b.count) &&
    isAlmost(a.sum, b.sum) &&
    a.zeroThreshold === b.zeroThreshold &&
    isAlmost(a.zeroCount, b.zeroCount) &&
    sameBounds(a.customValues, b.customValues) &&
    sameSpans(a.positiveSpans, b.positiveSpans) &&
    sameSpans(a.negativeSpans, b.negativeSpans) &&
    areAlmost(a.positiveBuckets, b.positiveBuckets) &&
    areAlmost(a.negativeBuckets, b.negativeBuckets) &&
    (!withHint || a.counterResetHint === b.counterResetHint)
  )
}

function areAlmost(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => isAlmost(value, b[index] ?? Number.NaN))
}

function isAlmost(a: number, b: number): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b)
  if (a === b) return true
  const sum = Math.abs(a) + Math.abs(b)
  const difference = Math.abs(a - b)
  if (a === 0 || b === 0 || sum < MIN_NORMAL) return difference < EPSILON * MIN_NORMAL
  return difference / Math.min(sum, Number.MAX_VALUE) < EPSILON
}

function show(labels: Labels): string {
  return JSON.stringify(labels.toObject())
}

function showValue(value: SequenceValue | undefined): string {
  if (value?.type === 'histogram') return printHistogramNotation(value.histogram)
  return value?.type === 'float' ? String(value.value) : (value?.type ?? 'nothing')
}
