/** What a cluster in a test costs: the first one of a process, and each further one. */
import { enableCompileCache } from 'node:module'

const GATE_WARM_MS = 50
const WARM_RUNS = 50

enableCompileCache()
const began = performance.now()
const { startCluster } = await import('../src/testing.ts')
const importMs = performance.now() - began
const coldMs = await started()
const warmMs: number[] = []
for (let run = 0; run < WARM_RUNS; run++) warmMs.push(await started())
const sorted = warmMs.toSorted((left, right) => left - right)
const medianMs = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
const slowestMs = sorted.at(-1) ?? Number.NaN
console.log(
  `test-cluster: ${medianMs.toFixed(1)} ms warm, the median of ${WARM_RUNS} (gate ${GATE_WARM_MS} ms), ${(sorted[0] ?? Number.NaN).toFixed(1)} to ${slowestMs.toFixed(1)} ms; ${coldMs.toFixed(0)} ms cold, after ${importMs.toFixed(0)} ms of imports`,
)
process.exitCode = medianMs <= GATE_WARM_MS ? 0 : 1

/** Until the cluster is there to be used; taking it down again does not count. */
async function started(): Promise<number> {
  const start = performance.now()
  const cluster = await startCluster()
  const tookMs = performance.now() - start
  await cluster[Symbol.asyncDispose]()
  return tookMs
}
