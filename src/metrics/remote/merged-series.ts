import { compareLabels } from '../model/labels.ts'
import type { Samples } from '../model/samples.ts'
import type { StoredSeries } from '../model/storage.ts'

/** Series of several storages, each sorted by labels, as one list; of two samples of one time, the first storage's counts. */
export function mergeSeries(lists: readonly (readonly StoredSeries[])[]): readonly StoredSeries[] {
  const [first = [], ...others] = lists.filter((list) => list.length > 0)
  return others.reduce(mergeTwo, first)
}

function mergeTwo(a: readonly StoredSeries[], b: readonly StoredSeries[]): readonly StoredSeries[] {
  const merged: StoredSeries[] = []
  let left = 0
  let right = 0
  while (left < a.length || right < b.length) {
    const x = a[left]
    const y = b[right]
    const order = x === undefined ? 1 : y === undefined ? -1 : compareLabels(x.labels, y.labels)
    if (order <= 0) left++
    if (order >= 0) right++
    if (order < 0 && x !== undefined) merged.push(x)
    else if (order > 0 && y !== undefined) merged.push(y)
    else if (x !== undefined && y !== undefined) {
      merged.push({ labels: x.labels, samples: () => mergeSamples(x.samples(), y.samples()) })
    }
  }
  return merged
}

function mergeSamples(a: Samples, b: Samples): Samples {
  const from: (readonly [Samples, number])[] = []
  let left = 0
  let right = 0
  while (left < a.length || right < b.length) {
    const leftMs = left < a.length ? (a.timestamps[left] as number) : Infinity
    const rightMs = right < b.length ? (b.timestamps[right] as number) : Infinity
    from.push(leftMs <= rightMs ? [a, left] : [b, right])
    if (leftMs <= rightMs) left++
    if (rightMs <= leftMs) right++
  }
  const hasHistograms = a.histograms !== undefined || b.histograms !== undefined
  const hasStale = a.stale !== undefined || b.stale !== undefined
  return {
    length: from.length,
    timestamps: Float64Array.from(from, ([{ timestamps }, index]) => timestamps[index] as number),
    values: Float64Array.from(from, ([{ values }, index]) => values[index] as number),
    ...(hasHistograms && { histograms: from.map(([{ histograms }, index]) => histograms?.[index]) }),
    ...(hasStale && { stale: Uint8Array.from(from, ([{ stale }, index]) => stale?.[index] ?? 0) }),
  }
}
