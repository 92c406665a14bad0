import { type EngineFeatures, QueryEngine, type RangeTimes, type RunOptions } from '../../src/metrics/promql/engine.ts'
import type { QueryResult } from '../../src/metrics/promql/results.ts'
import { parseSeriesDescription } from '../../src/metrics/promql/syntax/parse-series.ts'
import { memoryTsdb, type Tsdb } from '../../src/metrics/tsdb/tsdb.ts'
import { VirtualClock } from '../../src/world/virtual-clock.ts'

/** A database with series as Prometheus' test files write them: one a line, a value every `stepMs` from time zero on. */
export async function storageOf(stepMs: number, lines: readonly string[]): Promise<Tsdb> {
  const storage = memoryTsdb({ blockRangeMs: 86_400_000 })
  const appender = storage.appender()
  for (const line of lines) {
    const { labels, values } = parseSeriesDescription(line)
    for (const [index, value] of values.entries()) {
      const timestampMs = index * stepMs
      if (value.type === 'float') appender.append(0, labels, { timestampMs, value: value.value })
      if (value.type === 'stale') appender.appendStale(0, labels, timestampMs)
      if (value.type === 'histogram')
        appender.appendHistogram(0, labels, { timestampMs, histogram: value.histogram, isInteger: false })
    }
  }
  await appender.commit()
  return storage
}

export function engineWith(features: EngineFeatures = {}): QueryEngine {
  return new QueryEngine({ clock: new VirtualClock(0), features })
}

/** The elements of an instant query's vector: labels as text, and values. */
export async function instant(
  storage: Tsdb,
  query: string,
  atMs: number,
  options: RunOptions & { readonly features?: EngineFeatures } = {},
): Promise<Record<string, number>> {
  const { value } = await engineWith(options.features).instant(storage, query, atMs, options)
  if (value.type === 'scalar') return { scalar: value.value }
  if (value.type !== 'vector') throw new Error(`a ${value.type} instead of a vector`)
  return Object.fromEntries(value.samples.map((sample) => [show(sample.labels.toObject()), sample.value]))
}

/** A range query's series: labels as text, and values by their times. */
export async function range(
  storage: Tsdb,
  query: string,
  times: RangeTimes,
  features: EngineFeatures = {},
): Promise<Record<string, Record<number, number>>> {
  return seriesIn(await engineWith(features).range(storage, query, times))
}

export function seriesIn({ value }: QueryResult): Record<string, Record<number, number>> {
  if (value.type !== 'matrix') throw new Error(`a ${value.type} instead of a matrix`)
  return Object.fromEntries(
    value.series.map(({ labels, samples }) => [
      show(labels.toObject()),
      Object.fromEntries(
        Array.from({ length: samples.length }, (_, index) => [samples.timestamps[index], samples.values[index]]),
      ),
    ]),
  )
}

/** `up{job="node"}`, or `{}`. */
function show({ __name__ = '', ...labels }: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`)
  return pairs.length === 0 && __name__ !== '' ? __name__ : `${__name__}{${pairs.join(',')}}`
}
