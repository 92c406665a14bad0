import { dirname, join } from 'node:path'
import { messageOf } from '../../base/message-of.ts'
import type { Timer } from '../../world/clock.ts'
import type { World } from '../../world/world.ts'
import { EXPOSITION_TYPE, printFamilies } from '../instrument/metric-families.ts'
import { TemplateParseError } from '../templates/parser.ts'
import { AlertStore } from './alerts/alert-store.ts'
import { answer, changesSilences } from './api/api.ts'
import { type AlertmanagerRequest, type AlertmanagerResponse, json, text } from './api/http.ts'
import type { ApiState } from './api/state.ts'
import { ConfigError } from './config/config-error.ts'
import { type AlertmanagerConfig, loadAlertmanagerConfig } from './config/alertmanager-config.ts'
import { Dispatcher } from './dispatch/dispatcher.ts'
import { findFiles } from '../find-files.ts'
import { integrationsOf } from './integrations.ts'
import type { LabelSet } from './matchers/alert-matcher.ts'
import type { MatcherMode } from './matchers/parse-matchers.ts'
import { NotificationLog } from './notify/notification-log.ts'
import { type Flush, type Muting, NotificationPipeline } from './notify/pipeline.ts'
import { OwnMetrics } from './own-metrics.ts'
import { Inhibitor } from './routing/inhibitor.ts'
import { type Route, routeTree } from './routing/route.ts'
import { Silences } from './silences/silences.ts'
import { readState, writeState } from './state-file.ts'
import { notificationData } from './templates/notification-data.ts'
import { NotificationTemplates } from './templates/notification-templates.ts'
import { templateData } from './templates/template-data.ts'

const MINUTE_MS = 60_000

/** How often what is over is swept out, and what is known is written down (prometheus/alertmanager app/options.go). */
const ALERTS_SWEEP_INTERVAL_MS = 30 * MINUTE_MS
const MAINTENANCE_INTERVAL_MS = 15 * MINUTE_MS
const RETENTION_MS = 120 * 60 * MINUTE_MS

export interface AlertmanagerOptions {
  readonly world: Pick<World, 'clock' | 'random' | 'network' | 'disk'>
  readonly configFile: string
  /** Where silences and the log of notifications are kept; nowhere when it is not given. */
  readonly storagePath?: string
  /** As seen from outside: notifications link to it. */
  readonly externalUrl: string
  /** What paths begin with: `/alerts`. */
  readonly routePrefix?: string
  readonly matcherMode?: MatcherMode
  /** For how long silences that are over, and what was told, are remembered. */
  readonly retentionMs?: number
  /** For how long after the start nothing is told. */
  readonly dispatchStartDelayMs?: number
  /** Others that share the work: who comes how late, and what they have told. */
  readonly cluster?: {
    readonly peerWaitMs: () => number
    readonly notificationLog: NotificationLog
    readonly silences?: Silences
  }
  readonly version: string
  readonly log: (message: string) => void
}

/** What a configuration makes. */
interface Running {
  readonly config: AlertmanagerConfig
  readonly route: Route
  readonly inhibitor: Inhibitor
  readonly pipeline: NotificationPipeline
  readonly dispatcher: Dispatcher
  readonly unsubscribe: () => void
}

/**
 * Takes in alerts, groups them, and tells those who are to know; an Alertmanager by its configuration, its API and its
 * notifications.
 */
export class Alertmanager {
  readonly #options: AlertmanagerOptions
  readonly #alerts = new AlertStore()
  readonly #silences: Silences
  readonly #notificationLog: NotificationLog
  readonly #metrics = new OwnMetrics()
  readonly #timers: Timer[] = []
  readonly #startedAtMs: number
  #running: Running | undefined

  constructor(options: AlertmanagerOptions) {
    const { world, cluster, matcherMode: mode = 'fallback' } = options
    this.#options = options
    this.#startedAtMs = world.clock.now()
    this.#silences = cluster?.silences ?? new Silences({ random: world.random.fork('silences'), mode })
    this.#notificationLog = cluster?.notificationLog ?? new NotificationLog()
  }

  /** Reads the configuration and what was kept, and begins. Rejects with a `ConfigError`. */
  async start(): Promise<void> {
    const { storagePath, world } = this.#options
    if (storagePath !== undefined) {
      const stores = { silences: this.#silences, notificationLog: this.#notificationLog }
      await readState(stores, { disk: world.disk, folder: storagePath, nowMs: world.clock.now() })
    }
    await this.reload()
    this.#every(ALERTS_SWEEP_INTERVAL_MS, () => this.#sweepAlerts())
    this.#every(MAINTENANCE_INTERVAL_MS, () => void this.#maintain())
  }

  /** Takes over the configuration as it is now. Rejects with a `ConfigError`, and goes on with the one before. */
  async reload(): Promise<void> {
    const fresh = await this.#prepared()
    const before = this.#running
    this.#running = fresh
    before?.unsubscribe()
    before?.dispatcher.stop()
    for (const alert of this.#alerts.list()) {
      fresh.inhibitor.add(alert)
      fresh.dispatcher.dispatch(alert)
    }
    fresh.dispatcher.start(this.#startedAtMs + (this.#options.dispatchStartDelayMs ?? 0))
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) timer.cancel()
    this.#running?.unsubscribe()
    this.#running?.dispatcher.stop()
    this.#running = undefined
    await this.#save()
  }

  /** Answers a request of HTTP. */
  async handle(request: AlertmanagerRequest): Promise<AlertmanagerResponse> {
    const { routePrefix = '' } = this.#options
    const prefix = routePrefix === '/' ? '' : routePrefix
    if (!request.path.startsWith(`${prefix}/`)) return text(404, '404 page not found\n')
    const path = request.path.slice(prefix.length)
    if (path.startsWith('/api/v2/')) return await this.#answer({ ...request, path: path.slice('/api/v2'.length) })
    if (path.startsWith('/api/v1/')) return json(410, { status: 'deprecated', error: API_V1_GONE })
    if (path === '/-/healthy' || path === '/-/ready') return text(200, 'OK')
    if (path === '/metrics') return this.#answerMetrics()
    if (path !== '/-/reload') return text(404, '404 page not found\n')
    return request.method === 'POST' || request.method === 'PUT'
      ? await this.#answerReload()
      : text(405, 'Method Not Allowed\n')
  }

  async #answer(request: AlertmanagerRequest): Promise<AlertmanagerResponse> {
    const running = this.#running
    if (running === undefined) return text(503, 'Service Unavailable\n')
    const { world, matcherMode: mode = 'fallback', version } = this.#options
    const state: ApiState = {
      ...running,
      mode,
      version,
      nowMs: world.clock.now(),
      alerts: this.#alerts,
      silences: this.#silences,
      metrics: this.#metrics,
      muting: (labels, nowMs) => this.#muting(labels, nowMs, running.inhibitor),
      startedAtMs: this.#startedAtMs,
    }
    const response = answer(request, state)
    if (changesSilences(request) && response.status === 200) await this.#save()
    return response
  }

  #answerMetrics(): AlertmanagerResponse {
    const { world, version } = this.#options
    const running = this.#running
    if (running === undefined) return text(503, 'Service Unavailable\n')
    const families = this.#metrics.families({
      nowMs: world.clock.now(),
      version,
      startedAtMs: this.#startedAtMs,
      alerts: this.#alerts.list(),
      silences: this.#silences.list(),
      groups: running.dispatcher.groups.length,
      receivers: running.config.receivers.length,
      muting: (labels, nowMs) => this.#muting(labels, nowMs, running.inhibitor),
    })
    return { status: 200, headers: { 'content-type': EXPOSITION_TYPE }, body: printFamilies(families) }
  }

  async #answerReload(): Promise<AlertmanagerResponse> {
    try {
      await this.reload()
      return text(200, '')
    } catch (failure) {
      if (!(failure instanceof ConfigError)) throw failure
      return text(500, `failed to reload config: ${failure.message}\n`)
    }
  }

  async #prepared(): Promise<Running> {
    const { clock } = this.#options.world
    try {
      const fresh = await this.#prepare()
      this.#metrics.reloaded(true, clock.now())
      return fresh
    } catch (failure) {
      this.#metrics.reloaded(false, clock.now())
      throw failure
    }
  }

  async #prepare(): Promise<Running> {
    const { world, configFile, externalUrl, log, matcherMode, retentionMs = RETENTION_MS, cluster } = this.#options
    const { clock, random, network, disk } = world
    const folder = dirname(configFile)
    const config = loadAlertmanagerConfig(await this.#readConfig(), matcherMode)
    const templates = await this.#templates(config, folder)
    const context = { clock, network, disk, folder, templates, externalUrl, random: random.fork('mails') }
    const receivers = new Map(config.receivers.map((receiver) => [receiver.name, integrationsOf(receiver, context)]))
    const route = routeTree(config.route)
    const inhibitor = new Inhibitor(config.inhibitRules)
    const peerWaitMs = cluster?.peerWaitMs ?? ((): number => 0)
    const pipeline = new NotificationPipeline({
      clock,
      random: random.fork('notifications'),
      log,
      receivers,
      timeIntervals: config.timeIntervals,
      notificationLog: this.#notificationLog,
      muting: (labels, nowMs) => this.#muting(labels, nowMs, inhibitor),
      peerWaitMs,
      retentionMs,
      onNotified: (integration, outcome) => this.#metrics.notified(integration, outcome),
      onSuppressed: (alerts) => this.#metrics.alertsSuppressed(alerts),
    })
    const dispatcher = new Dispatcher(route, {
      clock,
      log,
      peerWaitMs,
      flush: (flush, signal) => pipeline.run(flush, signal),
      renderRouteLabels: (group) => renderRouteLabels(group, { templates, externalUrl, log }),
    })
    const unsubscribe = this.#alerts.subscribe((alert) => {
      inhibitor.add(alert)
      dispatcher.dispatch(alert)
    })
    return { config, route, inhibitor, pipeline, dispatcher, unsubscribe }
  }

  async #readConfig(): Promise<string> {
    const { world, configFile } = this.#options
    try {
      return await world.disk.readText(configFile)
    } catch (failure) {
      throw new ConfigError(`cannot read ${configFile}: ${messageOf(failure)}`, { cause: failure })
    }
  }

  async #templates(config: AlertmanagerConfig, folder: string): Promise<NotificationTemplates> {
    const { clock, disk } = this.#options.world
    const templates = new NotificationTemplates(() => clock.now())
    for (const pattern of config.templates) {
      for (const file of await findFiles(disk, pattern, folder)) {
        try {
          templates.add(file.slice(file.lastIndexOf('/') + 1), await disk.readText(file))
        } catch (failure) {
          if (!(failure instanceof TemplateParseError)) throw failure
          throw new ConfigError(`failed to parse templates: ${failure.message}`, { cause: failure })
        }
      }
    }
    return templates
  }

  #muting(labels: LabelSet, nowMs: number, inhibitor: Inhibitor): Muting {
    const inhibitedBy = inhibitor.mutedBy(labels, nowMs)
    return {
      silencedBy: this.#silences.mutedBy(labels, nowMs),
      inhibitedBy: inhibitedBy === undefined ? [] : [inhibitedBy],
    }
  }

  #sweepAlerts(): void {
    const nowMs = this.#options.world.clock.now()
    this.#alerts.sweep(nowMs)
    this.#running?.inhibitor.sweep(nowMs)
  }

  async #maintain(): Promise<void> {
    const { world, retentionMs = RETENTION_MS } = this.#options
    this.#silences.sweep(world.clock.now(), retentionMs)
    this.#notificationLog.sweep(world.clock.now())
    await this.#save()
  }

  /** Failures to write are told, and the next time tries again. */
  async #save(): Promise<void> {
    const { storagePath, world, log } = this.#options
    if (storagePath === undefined) return
    try {
      const stores = { silences: this.#silences, notificationLog: this.#notificationLog }
      await writeState(stores, { disk: world.disk, folder: storagePath })
    } catch (failure) {
      log(`Creating a snapshot in ${join(storagePath)} failed: ${messageOf(failure)}`)
    }
  }

  #every(intervalMs: number, work: () => void): void {
    const { clock } = this.#options.world
    const slot = this.#timers.length
    const tick = (): void => {
      work()
      this.#timers[slot] = clock.schedule(intervalMs, tick)
    }
    this.#timers.push(clock.schedule(intervalMs, tick))
  }
}

const API_V1_GONE =
  'The Alertmanager v1 API was deprecated in version 0.16.0 and is removed as of version 0.27.0 - please use the equivalent route in the v2 API'

function renderRouteLabels(
  group: Omit<Flush, 'routeLabels'>,
  {
    templates,
    externalUrl,
    log,
  }: { templates: NotificationTemplates; externalUrl: string; log: (message: string) => void },
): LabelSet {
  const { route, groupLabels, alerts } = group
  if (Object.keys(route.labels).length === 0) return {}
  const data = notificationData({
    receiver: route.receiver,
    alerts,
    notificationReason: 'unknown',
    groupLabels,
    routeLabels: route.labels,
    externalUrl,
  })
  return templates.renderRouteLabels(route.labels, templateData(data), (name, failure) => {
    log(`failed to render route label ${name}: ${messageOf(failure)}`)
  })
}
