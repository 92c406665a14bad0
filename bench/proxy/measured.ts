import { type ChildProcess, execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { cpuMicroseconds, LOAD_CORE, PIN, saturate, untilListening } from './machine.ts'

export const STEADY_RATE = 1_000
const WARM_UP_REQUESTS = 60_000
const WARM_UP_SECONDS_MAX = 20
const HEADERS = ['Host: cart.shop', 'x-user-region: mumbai', 'accept: */*', 'user-agent: bench']

/** A proxy in a process of its own, and what its rounds gave. */
export interface MeasuredProxy {
  readonly name: string
  readonly port: number
  readonly pid: number
  readonly saturated: { readonly microseconds: number; readonly perSecond: number }[]
  readonly steady: { readonly coreShare: number; readonly p50Ms: number; readonly p99Ms: number }[]
}

export async function startMeasured(name: string, port: number, start: () => ChildProcess): Promise<MeasuredProxy> {
  const { pid } = start()
  await untilListening(port)
  // The first requests are those of compilers and caches, however long they take on a busy machine.
  let requests = 0
  for (let second = 0; second < WARM_UP_SECONDS_MAX && requests < WARM_UP_REQUESTS; second += 2) {
    requests += (await saturate(port, { seconds: 2, headers: HEADERS })).requests
  }
  return { name, port, pid: pid ?? 0, saturated: [], steady: [] }
}

/** A round at saturation, and one at a fixed rate. */
export async function measure(proxy: MeasuredProxy, seconds: number): Promise<void> {
  const before = cpuMicroseconds(proxy.pid)
  const { requests, perSecond } = await saturate(proxy.port, { seconds, headers: HEADERS })
  proxy.saturated.push({ microseconds: (cpuMicroseconds(proxy.pid) - before) / requests, perSecond })
  proxy.steady.push(await steady(proxy.port, proxy.pid, seconds))
}

export async function steady(
  port: number,
  pid: number | undefined,
  seconds: number,
): Promise<MeasuredProxy['steady'][number]> {
  const load = fileURLToPath(new URL('steady-load.ts', import.meta.url))
  const before = pid === undefined ? 0 : cpuMicroseconds(pid)
  const beganMs = performance.now()
  const args = [
    '-c',
    LOAD_CORE,
    process.execPath,
    load,
    String(port),
    String(STEADY_RATE),
    String(seconds),
    'cart.shop',
  ]
  const { stdout } = await promisify(execFile)(PIN, args)
  const lastedMs = performance.now() - beganMs
  const { answered, sent, failures, p50Ms, p99Ms } = JSON.parse(stdout) as Record<string, number>
  if (answered !== sent || failures !== 0) throw new Error(`a steady load of requests was not answered: ${stdout}`)
  const used = pid === undefined ? 0 : cpuMicroseconds(pid) - before
  return { coreShare: used / 1_000 / lastedMs, p50Ms: p50Ms ?? 0, p99Ms: p99Ms ?? 0 }
}

/** Microseconds of processor time for a request, in the best round. */
export function costOf({ saturated }: MeasuredProxy): number {
  return Math.min(...saturated.map(({ microseconds }) => microseconds))
}

/** The best of all rounds: what the machine did besides made the others worse. */
export function least(
  rounds: MeasuredProxy['steady'] | readonly MeasuredProxy['steady'][number][],
  field: keyof MeasuredProxy['steady'][number],
): number {
  return Math.min(...rounds.map((round) => round[field]))
}
