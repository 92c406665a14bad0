/** Prometheus' programs as processes on loopback, ours and Debian's. */
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../test/clients/free-port.ts'

export const DEBIAN_PROMETHEUS = '/usr/bin/prometheus'
const DABBA = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
/** Of `/proc/PID/stat`: fixed on Linux. */
const TICKS_PER_SECOND = 100
const READY_TRIES = 1_200

export interface Peer extends AsyncDisposable {
  readonly url: string
  /** From its start until it was ready. */
  readonly readyMs: number
  /** Processor time so far. */
  cpuSeconds(): number
}

export interface PeerOptions {
  /** For its configuration. */
  readonly directory: string
  readonly data: string
  readonly config?: object
}

export async function startPeer(program: 'dabba' | 'prometheus', options: PeerOptions): Promise<Peer> {
  const port = await freePort()
  const config = join(options.directory, `${program}.yml`)
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(options.config ?? {}))
  const flags = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${options.data}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]
  const profile = process.env['DABBA_BENCH_PROFILE']
  const nodeFlags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  const beganMs = performance.now()
  const child =
    program === 'dabba'
      ? spawn(process.execPath, [...nodeFlags, DABBA, 'prometheus', ...flags], { stdio: ['ignore', 'ignore', 'pipe'] })
      : spawn(DEBIAN_PROMETHEUS, flags, { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4_000)))
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = `http://127.0.0.1:${port}`
  for (let attempt = 0; ; attempt++) {
    const response = await fetch(`${url}/-/ready`).catch(() => undefined)
    if (response?.ok === true) break
    if (child.exitCode !== null || attempt > READY_TRIES) throw new Error(`${program} did not start:\n${log}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return {
    url,
    readyMs: performance.now() - beganMs,
    cpuSeconds: () => cpuSecondsOf(child.pid ?? 0),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** User and system time: fields 14 and 15, counted behind the name, which may hold spaces. */
function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}
