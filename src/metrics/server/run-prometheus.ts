import type { Clock } from '../../world/clock.ts'
import { processUsage } from '../../world/process-usage.ts'
import { serveWeb } from '../../world/serve-web.ts'
import type { World } from '../../world/world.ts'
import { jobDiscoverers } from '../discovery/job-discoverers.ts'
import { openTsdb } from '../tsdb/tsdb.ts'
import { diskFiles } from './disk-files.ts'
import { FlagReader, type FlagTexts } from './program-flags.ts'
import { PrometheusServer } from './prometheus-server.ts'
import { prometheusSettings } from './prometheus-settings.ts'

const LOOPBACK = '127.0.0.1'

/** A program on the host, and how it is spoken to. */
export interface ProgramOptions {
  readonly world: World
  readonly flags: FlagTexts
  /** Where relative paths begin. */
  readonly directory: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** A line for people who look at its log. */
  readonly log: (line: string) => void
  /** Ends it. */
  readonly signal: AbortSignal
  /** Ask it to read its configuration anew: SIGHUP. */
  onReload?(reload: () => void): void
}

/** Runs a Prometheus alone, on a loopback address, until the signal aborts or somebody asks it to quit. */
export async function runPrometheus(options: ProgramOptions): Promise<void> {
  const { world, directory, environment, signal } = options
  const { clock, disk, network } = world
  const reader = new FlagReader(options.flags)
  const settings = prometheusSettings(reader)
  const log = logger(options)
  const files = diskFiles(disk, directory)
  const path = settings.storagePath.startsWith('/') ? settings.storagePath : `${directory}/${settings.storagePath}`
  const tsdb = await openTsdb({
    world,
    path: path.replace(/\/+$/, ''),
    retentionMs: settings.retentionMs,
    retentionBytes: settings.retentionBytes,
    blockRangeMs: settings.blockRangeMs,
    onProblem: (message) => log('error', message),
  })
  const transport = (request: Parameters<typeof network.request>[0], ended: AbortSignal) =>
    network.request({ ...request, signal: ended })
  const url = `http://${LOOPBACK}:${settings.port}${settings.routePrefix}`
  const external = settings.externalUrl === '' ? url : settings.externalUrl
  const server = new PrometheusServer(
    { ...settings, externalUrl: external },
    {
      flags: reader.all(),
      ports: {
        clock,
        tsdb,
        files,
        transport,
        discoverers: (configs) =>
          jobDiscoverers(configs, { clock, transport, ...files, onProblem: (problem) => log('warn', problem) }),
        log,
        environment,
        processFigures: processUsage,
        snapshot: (at) => tsdb.snapshot(at),
      },
    },
  )
  const listener = await serveWeb(network, (request) => server.handle(request), {
    host: LOOPBACK,
    port: settings.port,
    onError: (error) => log('error', error.message),
  })
  try {
    await server.start()
    log('info', `Listening on http://${LOOPBACK}:${listener.port}`)
    options.onReload?.(() => void server.reload().catch((error: Error) => log('error', error.message)))
    await Promise.race([aborted(signal), server.quit.promise])
    log('info', 'Received an interrupt, shutting down gracefully...')
  } finally {
    await listener.close()
    await server.stop()
  }
}

type Log = (level: 'info' | 'warn' | 'error', message: string) => void

/** Lines as Prometheus writes them. */
export function logger({ world, log }: { readonly world: { readonly clock: Clock }; log(line: string): void }): Log {
  return (level, message) => {
    const time = new Date(world.clock.now()).toISOString()
    log(`time=${time} level=${level.toUpperCase()} msg=${JSON.stringify(message)}`)
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
