/** How long PromQL queries take over the database in memory, and for how long they keep others waiting. */
import { labelsOf } from '../src/metrics/model/labels.ts'
import { QueryEngine } from '../src/metrics/promql/engine.ts'
import type { QueryResult } from '../src/metrics/promql/results.ts'
import { memoryTsdb, type Tsdb } from '../src/metrics/tsdb/tsdb.ts'
import { RealClock } from '../src/world/real-clock.ts'
import { benchSeries, HISTORY_MS, QUERY_SHAPES, type QueryShape, SCRAPE_INTERVAL_MS } from './promql-shapes.ts'

const RUNS = 9
/** No slice of a query may be longer: others wait for it. */
const SLICE_MAX_MS = 50

process.exitCode = await main()

async function main(): Promise<number> {
  const storage = memoryTsdb()
  const began = performance.now()
  const samples = await fill(storage)
  console.log(
    `${samples.toLocaleString('en')} samples written in ${((performance.now() - began) / 1_000).toFixed(1)} s`,
  )
  const engine = new QueryEngine({ clock: new RealClock() })
  let longestMs = 0
  for (const shape of QUERY_SHAPES) {
    const took: number[] = []
    let series = 0
    const slicesMs: number[] = []
    for (let run = 0; run < RUNS; run++) {
      const slices = watchSlices()
      const startedMs = performance.now()
      series = seriesIn(await evaluate(engine, storage, shape))
      took.push(performance.now() - startedMs)
      slicesMs.push(slices.stop())
    }
    const [medianMs, sliceMs] = [median(took), median(slicesMs)]
    longestMs = Math.max(longestMs, sliceMs)
    console.log(
      `${shape.name.padEnd(42)} ${medianMs.toFixed(1).padStart(8)} ms   longest slice ${sliceMs.toFixed(0).padStart(3)} ms   ${series} series`,
    )
  }
  return longestMs <= SLICE_MAX_MS ? 0 : 1
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function evaluate(engine: QueryEngine, storage: Tsdb, { query, spanMs, stepMs }: QueryShape): Promise<QueryResult> {
  const endMs = HISTORY_MS - SCRAPE_INTERVAL_MS
  if (spanMs === 0) return engine.instant(storage, query, endMs)
  return engine.range(storage, query, { startMs: endMs - spanMs, endMs, stepMs })
}

function seriesIn({ value }: QueryResult): number {
  if (value.type === 'matrix') return value.series.length
  return value.type === 'vector' ? value.samples.length : 1
}

/** Scrape after scrape, as samples come in. */
async function fill(storage: Tsdb): Promise<number> {
  const series = Array.from(benchSeries(), ({ labels, value }) => ({ labels: labelsOf(labels), value, ref: 0 }))
  const scrapes = HISTORY_MS / SCRAPE_INTERVAL_MS
  for (let scrape = 0; scrape < scrapes; scrape++) {
    const appender = storage.appender()
    const timestampMs = scrape * SCRAPE_INTERVAL_MS
    for (const one of series) one.ref = appender.append(one.ref, one.labels, { timestampMs, value: one.value(scrape) })
    await appender.commit()
  }
  return series.length * scrapes
}

/** Measures the longest time in which nothing else had a turn. */
function watchSlices(): { stop(): number } {
  let longestMs = 0
  let lastMs = performance.now()
  let isStopped = false
  const look = (): void => {
    const nowMs = performance.now()
    longestMs = Math.max(longestMs, nowMs - lastMs)
    lastMs = nowMs
    if (!isStopped) setImmediate(look)
  }
  setImmediate(look)
  return {
    stop: () => {
      isStopped = true
      return Math.max(longestMs, performance.now() - lastMs)
    },
  }
}
