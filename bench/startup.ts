/**
 * How long from `dabba up --in-memory` to a Ready node that kubectl sees, how much memory that takes, and how much of a
 * core an idle cluster uses. The first run, which fills Node's compile cache, does not count.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { kubectlPath } from '../test/clients/binaries.ts'

const GATE_SECONDS = 1
const GATE_MEGABYTES = 150
const GATE_IDLE_RATIO = 0.01
const RUNS = 5
const IDLE_SECONDS = 10
/** An idle cluster is one that has come to rest. */
const REST_SECONDS = 3
const PATIENCE_SECONDS = 60
const POLL_MS = 5
/** Linux counts the memory of processes in pages of 4 KiB. */
const PAGES_PER_MEGABYTE = 256

const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const kubectl = kubectlPath('1.35')

interface Start {
  readonly readySeconds: number
  readonly megabytes: number
  readonly idleRatio: number
}

process.exitCode = await main()

async function main(): Promise<number> {
  if (process.platform !== 'linux') {
    console.log('startup: skipped, since memory and processor time are read from /proc')
    return 0
  }
  await start({ measuresIdle: false })
  const starts: Start[] = []
  for (let run = 1; run <= RUNS; run++) starts.push(await start({ measuresIdle: run === RUNS }))
  const seconds = median(starts.map(({ readySeconds }) => readySeconds))
  const megabytes = Math.max(...starts.map((one) => one.megabytes))
  const idleRatio = starts.at(-1)?.idleRatio ?? Number.NaN
  const all = starts.map(({ readySeconds }) => readySeconds.toFixed(2)).join(' ')
  console.log(
    `startup: a Ready node in ${seconds.toFixed(2)} s, the median of ${all} (gate ${GATE_SECONDS} s), ${megabytes.toFixed(0)} MB resident (gate ${GATE_MEGABYTES} MB), ${(100 * idleRatio).toFixed(2)} % of a core when idle (gate ${100 * GATE_IDLE_RATIO} %)`,
  )
  return seconds <= GATE_SECONDS && megabytes <= GATE_MEGABYTES && idleRatio < GATE_IDLE_RATIO ? 0 : 1
}

async function start({ measuresIdle }: { measuresIdle: boolean }): Promise<Start> {
  const home = mkdtempSync(join(tmpdir(), 'dabba-startup-'))
  const kubeconfig = join(home, 'kubeconfig')
  const began = performance.now()
  const up = spawn(process.execPath, [MAIN, 'up', '--in-memory', '--port', '0', '--kubeconfig', kubeconfig], {
    env: { ...process.env, DABBA_HOME: home },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => up.once('exit', () => resolve()))
  try {
    await readyNode(up, kubeconfig, began)
    const readySeconds = (performance.now() - began) / 1_000
    const pid = up.pid ?? 0
    const atFirst = residentMegabytes(pid)
    const idleRatio = measuresIdle ? await idleRatioOf(pid) : Number.NaN
    return { readySeconds, megabytes: Math.max(atFirst, residentMegabytes(pid)), idleRatio }
  } finally {
    up.kill('SIGTERM')
    await ended
    rmSync(home, { recursive: true, force: true })
  }
}

/** Asks as a user would; asking takes time too, and counts. */
async function readyNode(up: ChildProcess, kubeconfig: string, began: number): Promise<void> {
  while (performance.now() - began < PATIENCE_SECONDS * 1_000) {
    if (up.exitCode !== null) throw new Error(`dabba up ended with ${up.exitCode}`)
    if (existsSync(kubeconfig) && (await sees(kubeconfig))) return
    await sleep(POLL_MS)
  }
  throw new Error(`no Ready node after ${PATIENCE_SECONDS} s`)
}

function sees(kubeconfig: string): Promise<boolean> {
  const home = join(kubeconfig, '..')
  const options = { env: { ...process.env, KUBECONFIG: kubeconfig, HOME: home } }
  return new Promise((resolve) => {
    execFile(kubectl, ['get', 'nodes', '--no-headers'], options, (error, stdout) => {
      resolve(error === null && /^\S+\s+Ready\s/m.test(stdout))
    })
  })
}

async function idleRatioOf(pid: number): Promise<number> {
  await sleep(REST_SECONDS * 1_000)
  const before = processorSeconds(pid)
  const began = performance.now()
  await sleep(IDLE_SECONDS * 1_000)
  return (processorSeconds(pid) - before) / ((performance.now() - began) / 1_000)
}

/** The time that all threads ran, in nanoseconds: what an idle cluster uses would be lost in the ticks of proc(5) stat. */
function processorSeconds(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`)
  const times = tasks.map((task) => readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0])
  return times.reduce((sum, time) => sum + Number(time), 0) / 1e9
}

function residentMegabytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) / PAGES_PER_MEGABYTE
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN
}

function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs))
}
