import { isAbsolute, join } from 'node:path'
import { messageOf } from '../../base/message-of.ts'
import { serveWeb } from '../../world/serve-web.ts'
import { textResponse, type WebHandler } from '../../world/web.ts'
import { Alertmanager } from '../alerting/alertmanager.ts'
import type { MatcherMode } from '../alerting/matchers/parse-matchers.ts'
import { logger, untilAborted } from './open-prometheus.ts'
import { FlagReader } from './program-flags.ts'
import { portOf, routePrefix } from './prometheus-settings.ts'
import type { ProgramOptions } from './run-prometheus.ts'

/** The Alertmanager whose configuration, API and notifications these are. */
const ALERTMANAGER_VERSION = '0.34.0'
const LOOPBACK = '127.0.0.1'

const MODES: Readonly<Record<string, MatcherMode>> = { 'classic-mode': 'classic', 'utf8-strict-mode': 'utf8' }

/** Runs an Alertmanager alone, on a loopback address, until the signal aborts. */
export async function runAlertmanager(options: ProgramOptions): Promise<void> {
  const { world, directory, signal } = options
  const flags = new FlagReader(options.flags)
  const log = logger(world.clock, options.log)
  const port = portOf(flags.text('web.listen-address'))
  const externalUrl = flags.text('web.external-url').replace(/\/+$/, '')
  const prefix = routePrefix(flags.text('web.route-prefix'), externalUrl)
  const absolute = (path: string): string => (isAbsolute(path) ? path : join(directory, path))
  const mode = flags
    .text('enable-feature')
    .split(',')
    .map((name) => MODES[name])
    .find((found) => found !== undefined)
  const retentionMs = flags.durationMs('data.retention')
  const dispatchStartDelayMs = flags.durationMs('dispatch.start-delay')
  const alertmanager = new Alertmanager({
    world,
    configFile: absolute(flags.text('config.file')),
    storagePath: absolute(flags.text('storage.path')).replace(/\/+$/, ''),
    externalUrl: externalUrl === '' ? `http://${LOOPBACK}:${port}${prefix}` : externalUrl,
    routePrefix: prefix,
    version: ALERTMANAGER_VERSION,
    log: (message) => log('warn', message),
    ...(mode !== undefined && { matcherMode: mode }),
    ...(retentionMs !== undefined && { retentionMs }),
    ...(dispatchStartDelayMs !== undefined && { dispatchStartDelayMs }),
  })
  await alertmanager.start()
  const onError = (error: Error): void => log('error', error.message)
  const listener = await serveWeb(world.network, handlerOf(alertmanager), { host: LOOPBACK, port, onError })
  try {
    log('info', `Listening on http://${LOOPBACK}:${listener.port}`)
    options.onReload?.(() => {
      void alertmanager.reload().then(
        () => log('info', 'Completed loading of configuration file'),
        (error: unknown) => log('error', `Loading configuration file failed: ${messageOf(error)}`),
      )
    })
    await untilAborted(signal)
    log('info', 'Received an interrupt, shutting down gracefully...')
  } finally {
    await listener.close()
    await alertmanager.stop()
  }
}

function handlerOf(alertmanager: Alertmanager): WebHandler {
  return async ({ method, path, query, body }) => {
    if (path === '/') return textResponse(200, 'Alertmanager: its API is at /api/v2\n')
    const text = new TextDecoder().decode(await body())
    return alertmanager.handle({ method, path, query, body: text })
  }
}
