import { aborted } from '../../base/abort.ts'
import { serveWeb } from '../../world/serve-web.ts'
import type { World } from '../../world/world.ts'
import { logger, openPrometheus } from './open-prometheus.ts'
import { FlagReader, type FlagTexts } from './program-flags.ts'
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
  const { clock, random, disk, network } = world
  const reader = new FlagReader(options.flags)
  const given = prometheusSettings(reader)
  const url = `http://${LOOPBACK}:${given.port}${given.routePrefix}`
  const settings = { ...given, externalUrl: given.externalUrl === '' ? url : given.externalUrl }
  const log = logger(clock, options.log)
  const server = await openPrometheus(settings, {
    reader,
    host: {
      clock,
      random,
      disk,
      directory,
      environment,
      log,
      transport: (request, ended) => network.request({ ...request, signal: ended }),
    },
  })
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
