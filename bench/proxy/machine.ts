import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

/** The proxy has one core for itself; whoever calls it and whoever answers share the other. */
export const PROXY_CORE = '0'
/** Keeps a process on one core. */
export const PIN = 'taskset'
export const LOAD_CORE = '1'
export const HOST = '127.0.0.1'

/** A folder and processes that are gone at the end, whatever happens. */
export class Machine implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'dabba-proxy-'))
  readonly #children: ChildProcess[] = []

  write(name: string, text: string): string {
    const path = join(this.folder, name)
    writeFileSync(path, text)
    return path
  }

  start(core: string, command: string, args: readonly string[]): ChildProcess {
    const child = spawn(PIN, ['-c', core, command, ...args], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    this.#children.push(child)
    return child
  }

  [Symbol.dispose](): void {
    for (const child of this.#children) child.kill('SIGKILL')
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Names of those commands that are not on the PATH. */
export function missing(commands: readonly string[]): readonly string[] {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return commands.filter((command) => !folders.some((folder) => existsSync(join(folder, command))))
}

/** Processor time of a process and its threads, in microseconds: what the scheduler counted. */
export function cpuMicroseconds(pid: number): number {
  let nanoseconds = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
  }
  return nanoseconds / 1_000
}

export function residentMegabytes(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) / 1_024
}

export function descriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
  const { port } = server.address() as { readonly port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

export async function untilListening(port: number): Promise<void> {
  for (let turn = 0; turn < 300; turn++) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, HOST)
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (isOpen) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`nobody listens on port ${port}`)
}

/** Requests that wrk got answered, over 64 connections that are kept. */
export async function saturate(
  port: number,
  options: { readonly seconds: number; readonly headers: readonly string[] },
): Promise<{ readonly requests: number; readonly perSecond: number }> {
  const headers = options.headers.flatMap((header) => ['-H', header])
  const load = ['-t1', '-c64', `-d${options.seconds}`, ...headers, `http://${HOST}:${port}/index.html`]
  const { stdout } = await promisify(execFile)(PIN, ['-c', LOAD_CORE, 'wrk', ...load])
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1])
  if (/Non-2xx|Socket errors/.test(stdout) || !(requests > 0)) throw new Error(`wrk had failures:\n${stdout}`)
  return { requests, perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]) }
}
