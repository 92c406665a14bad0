/** For how long a query keeps everything else in its process waiting. */
import { prometheusApi } from '../src/metrics/http/prometheus-api.ts'
import { QueryEngine } from '../src/metrics/promql/engine.ts'
import { openTsdb } from '../src/metrics/tsdb/tsdb.ts'
import { realWorld } from '../src/world/real-world.ts'
import type { WebHandler } from '../src/world/web.ts'
import { QUERY_SHAPES, type QueryShape } from './promql-shapes.ts'

/** No slice of a query may be longer: others wait for it. */
const SLICE_MAX_MS = 50
const WARM_UP_RUNS = 3
const RUNS = 5

/** Asks every shape of the data of a directory, in this process; prints the median of its longest slices. */
export async function measureSlices(path: string, pathOf: (shape: QueryShape) => string): Promise<boolean> {
  const world = realWorld({ seed: 'bench' })
  const tsdb = await openTsdb({ world, path, retentionMs: 0 })
  const { clock } = world
  const api = prometheusApi({
    query: { clock, engine: new QueryEngine({ clock }), queryable: tsdb, tsdb, features: {} },
    status: {
      clock,
      startedAtMs: 0,
      tsdb,
      configText: () => '',
      flags: {},
      reload: () => ({ isSuccess: true, atMs: 0 }),
      storageRetention: '',
      features: {},
      adminApi: false,
      families: () => [],
    },
    ruleGroups: () => [],
    metadata: () => [],
  })
  const slices: { readonly name: string; readonly sliceMs: number }[] = []
  for (const shape of QUERY_SHAPES) {
    const longest: number[] = []
    for (let run = -WARM_UP_RUNS; run < RUNS; run++) {
      const watch = watchSlices()
      await ask(async (request) => (await api(request)) ?? { status: 404, headers: {}, body: '' }, pathOf(shape))
      const sliceMs = watch.stop()
      if (run >= 0) longest.push(sliceMs)
    }
    slices.push({ name: shape.name, sliceMs: longest.toSorted((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0 })
  }
  await tsdb.close()
  const [worst] = slices.toSorted((a, b) => b.sliceMs - a.sliceMs)
  const all = slices.map(({ sliceMs }) => sliceMs.toFixed(0)).join(' ')
  console.log(
    `metrics-peer: the longest slices of the shapes ${all} ms (at most ${SLICE_MAX_MS}), the worst: ${worst?.name}`,
  )
  return (worst?.sliceMs ?? 0) <= SLICE_MAX_MS
}

async function ask(api: WebHandler, target: string): Promise<void> {
  const url = new URL(target, 'http://localhost')
  const answer = await api({
    method: 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: {},
    body: () => Promise.resolve(new Uint8Array()),
  })
  if (answer.status !== 200) throw new Error(`${target}: ${String(answer.body)}`)
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
