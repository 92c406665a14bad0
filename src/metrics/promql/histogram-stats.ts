import { isCounterReset } from '../model/histogram/counter-reset.ts'
import type { FloatHistogram } from '../model/histogram.ts'
import type { Samples } from '../model/samples.ts'

/**
 * Histograms reduced to count and sum. Whether a counter was reset is told from the buckets, so it is found out before they
 * are gone. Source: prometheus/prometheus promql/histogram_stats_iterator.go.
 */
export function histogramStats({ histograms, stale, length }: Samples): readonly (FloatHistogram | undefined)[] {
  const stats: (FloatHistogram | undefined)[] = []
  let previous: FloatHistogram | undefined
  for (let index = 0; index < length; index++) {
    const histogram = histograms?.[index]
    stats.push(histogram === undefined || stale?.[index] === 1 ? histogram : reduced(histogram, previous))
    if (histogram !== undefined && stale?.[index] !== 1) previous = histogram
  }
  return stats
}

function reduced(histogram: FloatHistogram, previous: FloatHistogram | undefined): FloatHistogram {
  const { counterResetHint, schema, count, sum } = histogram
  return {
    counterResetHint:
      counterResetHint !== 'unknown' || previous === undefined
        ? counterResetHint
        : isCounterReset(histogram, previous)
          ? 'reset'
          : 'not-reset',
    schema,
    count,
    sum,
    ...WITHOUT_BUCKETS,
  }
}

const WITHOUT_BUCKETS = {
  zeroThreshold: 0,
  zeroCount: 0,
  positiveSpans: [],
  negativeSpans: [],
  positiveBuckets: [],
  negativeBuckets: [],
  customValues: [],
} as const
