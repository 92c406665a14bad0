import { goQuote } from '../../base/go-quote.ts'
import { formatFloat } from '../../base/go-numbers.ts'
import type { Position } from './syntax/ast.ts'
import { lineAndColumn } from './syntax/parse-error.ts'

export type AnnotationLevel = 'warning' | 'info'

/** Something the user should know about a result; where in the query it arose. */
export interface Annotation {
  readonly level: AnnotationLevel
  readonly text: string
  readonly pos: Position
  /** More to say at the end, from all occurrences together. */
  readonly tally?: Tally
}

/** Adds up what occurrences of one annotation have to say. */
export interface Tally {
  merge(other: Tally): Tally
  text(): string
}

/**
 * The annotations of one query, each text once. Of several places with the same text the last counts, as upstream has it.
 * Source of the wording: prometheus/prometheus util/annotations/annotations.go.
 */
export class Annotations {
  readonly #byText = new Map<string, Annotation>()

  add(annotation: Annotation): void {
    const known = this.#byText.get(annotation.text)
    const tally = known?.tally !== undefined && annotation.tally !== undefined && known.tally.merge(annotation.tally)
    this.#byText.set(annotation.text, tally ? { ...annotation, pos: known?.pos ?? annotation.pos, tally } : annotation)
  }

  get size(): number {
    return this.#byText.size
  }

  /** Warnings or infos as texts, with the line and column in `query` that they are about. */
  texts(level: AnnotationLevel, query: string): string[] {
    const texts: string[] = []
    for (const annotation of this.#byText.values()) {
      if (annotation.level !== level) continue
      texts.push(`${annotation.text}${annotation.tally?.text() ?? ''} (${lineAndColumn(query, annotation.pos.start)})`)
    }
    return texts
  }
}

function warning(text: string, pos: Position): Annotation {
  return { level: 'warning', text: `PromQL warning: ${text}`, pos }
}

function info(text: string, pos: Position): Annotation {
  return { level: 'info', text: `PromQL info: ${text}`, pos }
}

function named(text: string, metricName: string): string {
  return metricName === '' ? text : `${text} for metric name ${goQuote(metricName)}`
}

export function invalidQuantile(q: number, pos: Position): Annotation {
  return warning(`quantile value should be between 0 and 1, got ${general(q)}`, pos)
}

export function invalidRatio(ratio: number, cap: number, pos: Position): Annotation {
  return warning(`ratio value should be between -1 and 1, got ${general(ratio)}, capping to ${general(cap)}`, pos)
}

export function badBucketLabel(metricName: string, label: string, pos: Position): Annotation {
  const text = `bucket label "le" is missing or has a malformed value of ${goQuote(label)}`
  return warning(named(text, metricName), pos)
}

export function mixedFloatsHistograms(metricName: string, pos: Position): Annotation {
  return warning(`encountered a mix of histograms and floats for metric name ${goQuote(metricName)}`, pos)
}

export function mixedFloatsHistogramsInAggregation(pos: Position): Annotation {
  return warning('encountered a mix of histograms and floats for aggregation', pos)
}

export function mixedClassicNative(metricName: string, pos: Position): Annotation {
  return warning(named('vector contains a mix of classic and native histograms', metricName), pos)
}

export function notCounter(metricName: string, pos: Position): Annotation {
  return warning(`this native histogram metric is not a counter: ${goQuote(metricName)}`, pos)
}

export function notGauge(metricName: string, pos: Position): Annotation {
  return warning(`this native histogram metric is not a gauge: ${goQuote(metricName)}`, pos)
}

export function mixedBucketKinds(metricName: string, pos: Position): Annotation {
  const text = 'vector contains a mix of histograms with exponential and custom buckets schemas for metric name'
  return warning(`${text} ${goQuote(metricName)}`, pos)
}

export function incompatibleBucketLayout(operator: string, pos: Position): Annotation {
  return warning(`incompatible bucket layout encountered for binary operator ${operator}`, pos)
}

export function sortInRangeQuery(pos: Position): Annotation {
  return warning('sort is ineffective for range queries since results are always ordered by labels', pos)
}

export function possibleNonCounter(metricName: string, pos: Position): Annotation {
  const text = 'metric might not be a counter, name does not end in _total/_sum/_count/_bucket:'
  return info(`${text} ${goQuote(metricName)}`, pos)
}

export function possibleNonCounterType(metricName: string, type: string, pos: Position): Annotation {
  const text = 'metric might not be a counter, __type__ label is not set to "counter" or "histogram"'
  return info(`${text}, got ${goQuote(type)}: ${goQuote(metricName)}`, pos)
}

export function incompatibleTypes(left: string, operator: string, right: string, pos: Position): Annotation {
  const text = 'incompatible sample types encountered for binary operator'
  return info(`${text} ${goQuote(operator)}: ${left} ${operator} ${right}`, pos)
}

export function histogramIgnoredInAggregation(aggregation: string, pos: Position): Annotation {
  return info(`ignored histogram in ${aggregation} aggregation`, pos)
}

export function histogramIgnoredInMixedRange(metricName: string, pos: Position): Annotation {
  const text = 'ignored histograms in a range containing both floats and histograms for metric name'
  return info(`${text} ${goQuote(metricName)}`, pos)
}

/** Observations of NaN: what they did to the result of a function over native histograms. */
export function nanObservations(effect: 'result' | 'skew' | 'excluded', metricName: string, pos: Position): Annotation {
  const texts = {
    result: 'input to histogram_quantile has NaN observations, result is NaN',
    skew: 'input to histogram_quantile has NaN observations, result is skewed higher',
    excluded: 'input to histogram_fraction has NaN observations, which are excluded from all fractions',
  }
  return info(named(texts[effect], metricName), pos)
}

export type HistogramOperation = 'addition' | 'subtraction' | 'aggregation'

export function counterResetsCollide(operation: HistogramOperation, pos: Position): Annotation {
  return warning(`conflicting counter resets during histogram ${operation}`, pos)
}

export function boundsReconciled(operation: HistogramOperation, pos: Position): Annotation {
  return info(`mismatched custom buckets were reconciled during ${operation}`, pos)
}

export function startTimeOverlap(metricName: string, pos: Position): Annotation {
  const text = `sample has start time that overlaps with previous sample timestamp for metric ${goQuote(metricName)}`
  return { ...warning(text, pos), tally: new Occurrences(1) }
}

class Occurrences implements Tally {
  readonly #count: number

  constructor(count: number) {
    this.#count = count
  }

  merge(other: Tally): Tally {
    return other instanceof Occurrences ? new Occurrences(this.#count + other.#count) : this
  }

  text(): string {
    return this.#count > 1 ? ` (${this.#count} occurrences)` : ''
  }
}

/** Where buckets of a classic histogram had to be made to grow, and by how much. */
export interface ForcedMonotonicity {
  readonly minBucket: number
  readonly maxBucket: number
  readonly maxDiff: number
}

export function forcedMonotonicity(
  metricName: string,
  { pos, timeMs, forced }: { pos: Position; timeMs: number; forced: ForcedMonotonicity },
): Annotation {
  const text =
    'input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)'
  return { ...info(named(text, metricName), pos), tally: new Monotonicity(forced, timeMs, timeMs, 1) }
}

class Monotonicity implements Tally {
  readonly #forced: ForcedMonotonicity
  readonly #firstMs: number
  readonly #lastMs: number
  readonly #count: number

  constructor(forced: ForcedMonotonicity, firstMs: number, lastMs: number, count: number) {
    this.#forced = forced
    this.#firstMs = firstMs
    this.#lastMs = lastMs
    this.#count = count
  }

  merge(other: Tally): Tally {
    if (!(other instanceof Monotonicity)) return this
    const forced = {
      minBucket: Math.min(this.#forced.minBucket, other.#forced.minBucket),
      maxBucket: Math.max(this.#forced.maxBucket, other.#forced.maxBucket),
      maxDiff: Math.max(this.#forced.maxDiff, other.#forced.maxDiff),
    }
    const firstMs = Math.min(this.#firstMs, other.#firstMs)
    return new Monotonicity(forced, firstMs, Math.max(this.#lastMs, other.#lastMs), this.#count + other.#count)
  }

  text(): string {
    const { minBucket, maxBucket, maxDiff } = this.#forced
    const buckets = `from buckets ${general(minBucket)} to ${general(maxBucket)}`
    const span = `from ${rfc3339(this.#firstMs)} to ${rfc3339(this.#lastMs)}`
    return `, ${buckets}, with a max diff of ${formatFloat(maxDiff, 'g', 2)}, over ${this.#count} samples ${span}`
  }
}

function rfc3339(timeMs: number): string {
  return `${new Date(Math.floor(timeMs / 1_000) * 1_000).toISOString().slice(0, 19)}Z`
}

function general(value: number): string {
  return formatFloat(value, 'g', -1)
}
