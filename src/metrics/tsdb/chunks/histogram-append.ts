import type { FloatHistogram } from '../../model/histogram.ts'
import {
  GAUGE,
  decodeHistograms,
  HistogramChunk,
  NOT_RESET,
  RESET,
  type ResetHeader,
  UNKNOWN_RESET,
} from './histogram-chunk.ts'
import { bucketIndices, sameSpans, spread, unionSpans } from './histogram-layout.ts'
import { SampleColumns } from './sample-columns.ts'
import { READ_SLACK_BYTES } from './xor-decoder.ts'

/** What becomes of a histogram that comes after others: it goes into their chunk, or into a new one with this header. */
type Verdict = { readonly fits: true } | { readonly fits: false; readonly reset: ResetHeader }

const FITS: Verdict = { fits: true }

/**
 * Whether a histogram (`undefined`: a stale marker) may go into the chunk; the rules of prometheus/prometheus
 * tsdb/chunkenc/histogram.go appendable and appendableGauge.
 */
export function judge(chunk: HistogramChunk, histogram: FloatHistogram | undefined): Verdict {
  const isGauge = histogram?.counterResetHint === 'gauge'
  if (histogram !== undefined && (chunk.reset === GAUGE) !== isGauge) return isGauge ? apart(GAUGE) : apart(NOT_RESET)
  if (histogram?.counterResetHint === 'reset') return apart(RESET)
  if (histogram === undefined) return FITS
  const { last } = chunk
  if (last === undefined) return apart(isGauge ? GAUGE : UNKNOWN_RESET)
  if (!isGauge && histogram.count < last.count) return apart(RESET)
  if (histogram.schema !== last.schema || histogram.zeroThreshold !== last.zeroThreshold) {
    return apart(isGauge ? GAUGE : UNKNOWN_RESET)
  }
  if (!sameNumbers(histogram.customValues, last.customValues)) return apart(isGauge ? GAUGE : RESET)
  return isGauge || !hasBucketReset(last, histogram) ? FITS : apart(RESET)
}

/** The header of a chunk that starts because the one before is full. */
export function headerAfter(previous: HistogramChunk | undefined, histogram: FloatHistogram | undefined): ResetHeader {
  if (histogram?.counterResetHint === 'gauge') return GAUGE
  if (histogram?.counterResetHint === 'reset') return RESET
  if (previous === undefined) return UNKNOWN_RESET
  const verdict = judge(previous, histogram)
  return verdict.fits ? NOT_RESET : verdict.reset
}

/**
 * Appends a histogram that `judge` found to fit. Buckets that only one of the two has are empty in the other; when the chunk
 * lacks some, it is written anew, and the chunk to go on with is another.
 */
export function appendFitting(
  chunk: HistogramChunk,
  histogram: FloatHistogram | undefined,
  timestampMs: number,
): HistogramChunk {
  if (histogram === undefined) {
    chunk.append(undefined, timestampMs)
    return chunk
  }
  const { layout } = chunk
  if (
    sameSpans(layout.positiveSpans, histogram.positiveSpans) &&
    sameSpans(layout.negativeSpans, histogram.negativeSpans)
  ) {
    chunk.append(histogram, timestampMs)
    return chunk
  }
  const positiveSpans = unionSpans(layout.positiveSpans, histogram.positiveSpans)
  const negativeSpans = unionSpans(layout.negativeSpans, histogram.negativeSpans)
  const isWide = positiveSpans === layout.positiveSpans && negativeSpans === layout.negativeSpans
  const open = isWide ? chunk : widened(chunk, { positiveSpans, negativeSpans })
  open.append(spread(histogram, { positiveSpans, negativeSpans }), timestampMs)
  return open
}

function apart(reset: ResetHeader): Verdict {
  return { fits: false, reset }
}

/** Whether a bucket went down, or one that counted is gone. */
function hasBucketReset(last: FloatHistogram, next: FloatHistogram): boolean {
  if (next.zeroCount < last.zeroCount) return true
  for (const side of ['positive', 'negative'] as const) {
    const spans = next[`${side}Spans`]
    const before = last[`${side}Buckets`]
    const after = next[`${side}Buckets`]
    if (sameSpans(last[`${side}Spans`], spans)) {
      if (before.some((count, index) => count > (after[index] ?? 0))) return true
      continue
    }
    const counts = new Map(bucketIndices(spans).map((index, position) => [index, after[position] ?? 0]))
    const indices = bucketIndices(last[`${side}Spans`])
    if (before.some((count, position) => count > (counts.get(indices[position] ?? 0) ?? 0))) return true
  }
  return false
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index])
}

type Spans = Pick<FloatHistogram, 'positiveSpans' | 'negativeSpans'>

function widened(chunk: HistogramChunk, spans: Spans): HistogramChunk {
  const bytes = new Uint8Array(chunk.sizeBytes + READ_SLACK_BYTES)
  chunk.copyTo(bytes, 0)
  const columns = new SampleColumns()
  decodeHistograms({ bytes, offset: 0, isInteger: chunk.isInteger }, { minMs: -Infinity, maxMs: Infinity }, columns)
  let wide: HistogramChunk | undefined
  for (let index = 0; index < columns.length; index++) {
    const old = columns.histograms?.[index]
    const histogram = columns.stale?.[index] === 1 || old === undefined ? undefined : spread(old, spans)
    const timestampMs = columns.timestamps[index] ?? 0
    if (wide === undefined) {
      wide = new HistogramChunk(histogram, { timestampMs, isInteger: chunk.isInteger, reset: chunk.reset })
    } else wide.append(histogram, timestampMs)
  }
  return wide ?? chunk
}
