import { isAbsolute, join } from 'node:path'
import { textResponse, type WebHandler } from '../../world/web.ts'
import { Alertmanager, type AlertmanagerOptions } from '../alerting/alertmanager.ts'
import type { MatcherMode } from '../alerting/matchers/parse-matchers.ts'
import type { Log } from './open-prometheus.ts'
import type { FlagReader } from './program-flags.ts'
import { portOf, routePrefix } from './prometheus-settings.ts'

/** The Alertmanager whose configuration, API and notifications these are. */
const ALERTMANAGER_VERSION = '0.34.0'

const MODES: Readonly<Record<string, MatcherMode>> = { 'classic-mode': 'classic', 'utf8-strict-mode': 'utf8' }

/** Where an Alertmanager runs: on the host, or in a pod. */
export interface AlertmanagerHost {
  readonly world: AlertmanagerOptions['world']
  /** Where relative paths begin. */
  readonly directory: string
  /** By which others reach it, when no flag says so. */
  readonly host: string
  readonly log: Log
}

/** An Alertmanager as its flags want it, which is not started yet; and the port that they name. */
export function openAlertmanager(
  flags: FlagReader,
  { world, directory, host, log }: AlertmanagerHost,
): { readonly alertmanager: Alertmanager; readonly port: number; readonly handler: WebHandler } {
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
    externalUrl: externalUrl === '' ? `http://${host}:${port}${prefix}` : externalUrl,
    routePrefix: prefix,
    version: ALERTMANAGER_VERSION,
    log: (message) => log('warn', message),
    ...(mode !== undefined && { matcherMode: mode }),
    ...(retentionMs !== undefined && { retentionMs }),
    ...(dispatchStartDelayMs !== undefined && { dispatchStartDelayMs }),
  })
  return { alertmanager, port, handler: handlerOf(alertmanager) }
}

function handlerOf(alertmanager: Alertmanager): WebHandler {
  return async ({ method, path, query, body }) => {
    if (path === '/') return textResponse(200, 'Alertmanager: its API is at /api/v2\n')
    const text = new TextDecoder().decode(await body())
    return alertmanager.handle({ method, path, query, body: text })
  }
}
