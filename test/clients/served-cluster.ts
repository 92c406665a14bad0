import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defaultNodeProfile } from '../../src/api/kinds/dabba/node-profile.ts'
import { kubeconfigOf } from '../../src/cli/kubeconfig.ts'
import type { Access } from '../../src/client/access.ts'
import { createPlatform, type Platform, type PlatformOptions } from '../../src/platform.ts'
import { realWorld } from '../../src/world/real-world.ts'
import { helmPath, kubectlPath, type KubectlVersion } from './binaries.ts'

export interface ServedOptions extends Pick<PlatformOptions, 'engine' | 'identity'> {
  readonly kubectl?: KubectlVersion
  readonly nodes?: number
  readonly port?: number
}

/** What a command left: all that it wrote, in the order in which it wrote it. */
export interface Ran {
  readonly code: number
  readonly output: string
}

const FIXTURES = fileURLToPath(new URL('fixtures/', import.meta.url))
/** A command that takes longer than this hangs. */
const PATIENCE_MS = 100_000
/** The exit code of a command that had to be ended. */
const KILLED = -1

/** A cluster served over TLS on the real clock, with a home folder in which real clients run against it. */
export class ServedCluster implements AsyncDisposable {
  readonly platform: Platform
  readonly access: Access
  /** A copy of the fixtures: commands run here, and may write here. */
  readonly folder: string
  readonly #home: string
  readonly #errors: string[]

  private constructor(platform: Platform, access: Access, { home, errors }: { home: string; errors: string[] }) {
    this.platform = platform
    this.access = access
    this.#home = home
    this.#errors = errors
    this.folder = join(home, 'work')
  }

  static async start(options: ServedOptions = {}): Promise<ServedCluster> {
    const { kubectl = '1.35', nodes = 3, port = 0, ...rest } = options
    const errors: string[] = []
    const platform = await createPlatform({
      world: realWorld(),
      nodes: [defaultNodeProfile(nodes)],
      onError: (where, error) => errors.push(`${where}: ${error.message}`),
      ...rest,
    })
    const access = await platform.listen({ port })
    const home = mkdtempSync(join(tmpdir(), 'dabba-clients-'))
    mkdirSync(join(home, 'bin'))
    symlinkSync(kubectlPath(kubectl), join(home, 'bin', 'kubectl'))
    symlinkSync(helmPath(), join(home, 'bin', 'helm'))
    writeFileSync(join(home, 'kubeconfig'), kubeconfigOf('test', access), { mode: 0o600 })
    cpSync(FIXTURES, join(home, 'work'), { recursive: true })
    return new ServedCluster(platform, access, { home, errors })
  }

  get kubeconfig(): string {
    return join(this.#home, 'kubeconfig')
  }

  /** What loops of the cluster failed at, and tried again. */
  get errors(): readonly string[] {
    return this.#errors
  }

  /** Runs a line of shell in the fixtures' folder, with kubectl and helm at hand and nobody's configuration. */
  sh(script: string): Promise<Ran> {
    const env = {
      HOME: this.#home,
      // What kubectl keeps of an edit that was refused goes with the rest.
      TMPDIR: this.#home,
      KUBECONFIG: this.kubeconfig,
      PATH: `${join(this.#home, 'bin')}:/usr/bin:/bin`,
      TZ: 'UTC',
      LC_ALL: 'C.UTF-8',
    }
    return new Promise((resolve, reject) => {
      // A process group of its own, so that what a command left running ends with it.
      const child = spawn('/bin/sh', ['-c', `exec 2>&1\n${script}`], { cwd: this.folder, env, detached: true })
      const timer = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'), PATIENCE_MS)
      const chunks: Buffer[] = []
      child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
      child.on('error', reject)
      child.on('close', (code) => {
        clearTimeout(timer)
        resolve({ code: code ?? KILLED, output: Buffer.concat(chunks).toString() })
      })
      child.stdin.end()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.platform.stop()
    rmSync(this.#home, { recursive: true, force: true })
  }
}
