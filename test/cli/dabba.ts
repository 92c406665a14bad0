import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What a command left. */
export interface Ran {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined
  readonly signal: NodeJS.Signals | undefined
  readonly stdout: string
  readonly stderr: string
}

/** The document of `dabba up -o json`. */
export interface UpDocument {
  readonly name: string
  readonly url: string
  readonly kubeconfig: string
  readonly dataDirectory?: string
  readonly pid: number
  readonly nodes: readonly { readonly name: string; readonly ready: boolean }[]
  readonly applied: number
}

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const MAIN = join(ROOT, 'src', 'cli', 'main.ts')
/** Longer than any command may take that ends by itself, even on a busy machine. */
const PATIENCE_MS = 100_000

/** A folder of its own, with the command line in it: nothing of the user's is seen or changed. */
export class CliHome implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'dabba-cli-'))
  readonly #running = new Set<RunningCli>()

  get env(): Readonly<Record<string, string>> {
    return {
      PATH: '/usr/bin:/bin',
      HOME: this.folder,
      DABBA_HOME: join(this.folder, 'dabba'),
      NODE_COMPILE_CACHE: join(tmpdir(), 'dabba-cli-compile-cache'),
    }
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts)
  }

  /** Runs a command to its end. */
  async run(args: readonly string[], options: { stdin?: string; env?: Record<string, string> } = {}): Promise<Ran> {
    const cli = this.start(args, options)
    cli.child.stdin.end(options.stdin ?? '')
    const timer = setTimeout(() => cli.child.kill('SIGKILL'), PATIENCE_MS)
    const ran = await cli.ended
    clearTimeout(timer)
    return ran
  }

  /** Starts a command that stays, for as long as it is needed. */
  start(args: readonly string[], options: { env?: Record<string, string> } = {}): RunningCli {
    const env = { ...this.env, ...options.env }
    const cli = new RunningCli(spawn(process.execPath, [MAIN, ...args], { cwd: this.folder, env }))
    this.#running.add(cli)
    return cli
  }

  /** Starts a cluster and waits until it is up. */
  async up(args: readonly string[]): Promise<{ cli: RunningCli; document: UpDocument }> {
    const cli = this.start(['up', ...args, '-o', 'json'])
    await cli.printed('\n}\n')
    return { cli, document: JSON.parse(cli.stdout) as UpDocument }
  }

  [Symbol.dispose](): void {
    for (const { child } of this.#running) child.kill('SIGKILL')
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** A command that runs. */
export class RunningCli {
  readonly child: ChildProcessWithoutNullStreams
  readonly ended: Promise<Ran>
  stdout = ''
  stderr = ''
  #onOutput: () => void = () => undefined
  /** All that it said has been heard: that comes after its exit. */
  #hasEnded = false

  constructor(child: ChildProcessWithoutNullStreams) {
    this.child = child
    // Characters are of several bytes, and may come in two parts.
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
      this.#onOutput()
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
      this.#onOutput()
    })
    this.ended = new Promise((resolve) => {
      child.on('close', (code, signal) => {
        this.#hasEnded = true
        resolve({ code: code ?? undefined, signal: signal ?? undefined, stdout: this.stdout, stderr: this.stderr })
        this.#onOutput()
      })
    })
  }

  /** Waits until standard output holds `text`. Rejects, with all that it said, when it ends without. */
  printed(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onOutput = () => {
        if (this.stdout.includes(text)) resolve()
        else if (this.#hasEnded) {
          reject(new Error(`it ended without ${JSON.stringify(text)}:\n${this.stdout}${this.stderr}`))
        }
      }
      this.#onOutput()
    })
  }

  /** Sends a signal and waits for the end. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ran> {
    this.child.kill(signal)
    return this.ended
  }
}
