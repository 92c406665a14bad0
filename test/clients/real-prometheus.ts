import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'

/** Debian's, of Prometheus 2.42. */
const PROMETHEUS = '/usr/bin/prometheus'

export const hasPrometheus = existsSync(PROMETHEUS)

/** A real Prometheus on the directory, until disposed of. */
export async function startPrometheus(
  path: string,
  options: { configuration?: string; flags?: readonly string[] } = {},
): Promise<{ url: string; [Symbol.asyncDispose](): Promise<void> }> {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-'))
  const config = join(folder, 'prometheus.yml')
  await writeFile(config, options.configuration ?? '{}')
  const process = spawn(
    PROMETHEUS,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${path}`,
      '--storage.tsdb.retention.time=100y',
      `--web.listen-address=127.0.0.1:${port}`,
      '--enable-feature=native-histograms',
      ...(options.flags ?? []),
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let log = ''
  process.stderr.on('data', (text: Buffer) => (log += text.toString()))
  const ended = new Promise<void>((resolve) => process.on('close', () => resolve()))
  const url = `http://127.0.0.1:${port}`
  for (let attempt = 0; ; attempt++) {
    const ready = await fetch(`${url}/-/ready`).catch(() => undefined)
    if (ready?.ok === true) break
    if (attempt > 600 || process.exitCode !== null) throw new Error(`Prometheus did not start:\n${log}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return {
    url,
    async [Symbol.asyncDispose]() {
      process.kill('SIGTERM')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}
