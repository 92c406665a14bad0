import type { Clock } from '../../world/clock.ts'
import { textResponse, type WebRequest, type WebResponse } from '../../world/web.ts'
import type { AlertmanagerConfig } from '../config/alerting-config.ts'
import {
  type ConfigSources,
  printPrometheusConfig,
  type PrometheusConfig,
  readPrometheusConfig,
  scrapeConfigsOf,
} from '../config/prometheus-config.ts'
import type { DiscoveryConfigs } from '../config/discoveries.ts'
import type { Discoverer } from '../discovery/target-group.ts'
import { prometheusApi } from '../http/prometheus-api.ts'
import { scrapedMetadata, targetEndpoints } from '../http/target-endpoints.ts'
import { labelsOf } from '../model/labels.ts'
import { QueryEngine } from '../promql/engine.ts'
import { parseQuery } from '../promql/syntax/parse.ts'
import { printExpr } from '../promql/syntax/print.ts'
import { Notifier } from '../rules/notifier.ts'
import { readRuleFile, type RuleFile } from '../rules/rule-file.ts'
import { RuleManager } from '../rules/rule-manager.ts'
import { httpClient } from '../scrape/http-client.ts'
import { ScrapeManager } from '../scrape/scrape-manager.ts'
import type { ScrapeTransport } from '../scrape/transport.ts'
import type { Tsdb } from '../tsdb/tsdb.ts'
import { AlertmanagerTargets } from './alertmanager-targets.ts'
import { engineQuery } from './engine-query.ts'
import type { PrometheusSettings } from './prometheus-settings.ts'

/** What a Prometheus reaches out to. */
export interface PrometheusPorts {
  readonly clock: Clock
  readonly tsdb: Tsdb
  /** Where its configuration, rules, tokens and certificates are. */
  readonly files: ConfigSources
  readonly transport: ScrapeTransport
  /** What finds the targets of a job, or Alertmanagers. */
  discoverers(configs: DiscoveryConfigs): readonly Discoverer[]
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void
  /** The environment, for external labels. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Tells two servers apart that scrape the same targets. */
  readonly identity?: string
}

/** A Prometheus: scrapes, stores, evaluates rules, tells Alertmanagers, answers queries. */
export class PrometheusServer {
  readonly #settings: PrometheusSettings
  readonly #ports: PrometheusPorts
  readonly #scrapes: ScrapeManager
  readonly #rules: RuleManager
  readonly #notifier: Notifier
  readonly #alertmanagers: AlertmanagerTargets
  readonly #api: ReturnType<typeof prometheusApi>
  readonly #startedAtMs: number
  #config: PrometheusConfig | undefined
  #reload = { isSuccess: false, atMs: 0 }
  #isReady = false
  /** Resolves when somebody asked over HTTP that it end. */
  readonly quit = Promise.withResolvers<void>()

  constructor(
    settings: PrometheusSettings,
    { ports, flags }: { readonly ports: PrometheusPorts; readonly flags: Readonly<Record<string, string>> },
  ) {
    this.#settings = settings
    this.#ports = ports
    const { clock, tsdb, files, transport } = ports
    this.#startedAtMs = clock.now()
    const engine = new QueryEngine({
      clock,
      lookbackMs: settings.lookbackMs,
      maxSamples: settings.querySamples,
      timeoutMs: settings.queryTimeoutMs,
      maxConcurrency: settings.queryConcurrency,
      subqueryStepMs: () => this.#config?.global.evaluation_interval ?? DEFAULT_STEP_MS,
      features: settings.engine,
    })
    this.#scrapes = new ScrapeManager({
      storage: tsdb,
      clock,
      transport,
      readText: (path) => files.readText(path),
      discoverers: (job) => ports.discoverers(job),
      offsetSeed: ports.identity ?? '',
    })
    this.#notifier = new Notifier({
      clock,
      externalUrl: settings.externalUrl,
      log: (message) => ports.log('error', message),
      post: (target, body, signal) => this.#alertmanagers.post(target, body, signal),
    })
    this.#alertmanagers = new AlertmanagerTargets({
      clock,
      discoverers: (configs) => ports.discoverers(configs),
      clientOf: (config) => httpClient(config, { transport, clock, readText: (path) => files.readText(path) }),
      onTargets: (targets) => this.#notifier.setAlertmanagers(targets),
    })
    const query = engineQuery(engine, tsdb)
    this.#rules = new RuleManager({
      clock,
      storage: tsdb,
      query,
      notify: (expr, alerts) => this.#notifier.send(expr, alerts),
      resendDelayMs: settings.resendDelayMs,
      outageToleranceMs: settings.outageToleranceMs,
      forGracePeriodMs: settings.forGracePeriodMs,
      log: (message) => ports.log('warn', message),
    })
    this.#api = prometheusApi({
      query: { clock, engine, queryable: tsdb, tsdb, features: settings.engine },
      status: {
        clock,
        startedAtMs: this.#startedAtMs,
        tsdb,
        configText: () => (this.#config === undefined ? '' : printPrometheusConfig(this.#config)),
        flags,
        reload: () => this.#reload,
        storageRetention: retentionText(settings),
        features: { promql: Object.fromEntries([...settings.features].map((name) => [name, true])) },
        adminApi: settings.hasAdminApi,
      },
      ruleGroups: () => this.#rules.groups(),
      metadata: scrapedMetadata(this.#scrapes),
      more: targetEndpoints(this.#scrapes, () => this.#notifier.alertmanagers),
    })
  }

  /** Reads the configuration and begins. Rejects, and has not begun, when the configuration is no good. */
  async start(): Promise<void> {
    await this.reload()
    this.#isReady = true
    this.#ports.log('info', 'Server is ready to receive web requests.')
  }

  /** Reads the configuration anew. Rejects, and goes on with the one before, when it is no good. */
  async reload(): Promise<void> {
    const { clock, log } = this.#ports
    const { configFile } = this.#settings
    log('info', `Loading configuration file filename=${configFile}`)
    try {
      const loaded = await this.#load()
      this.#scrapes.apply(loaded.jobs)
      await this.#apply(loaded.config, loaded.rules)
      this.#reload = { isSuccess: true, atMs: clock.now() }
      log('info', `Completed loading of configuration file filename=${configFile}`)
    } catch (error) {
      this.#reload = { ...this.#reload, isSuccess: false }
      const words = (error as Error).message
      throw new Error(`couldn't load configuration (--config.file=${JSON.stringify(configFile)}): ${words}`, {
        cause: error,
      })
    }
  }

  /** Answers a request, whoever carries it. */
  async handle(request: WebRequest): Promise<WebResponse> {
    const { routePrefix } = this.#settings
    if (!request.path.startsWith(`${routePrefix}/`)) return notFound()
    const path = request.path.slice(routePrefix.length)
    const own = await this.#own({ ...request, path })
    if (own !== undefined) return own
    if (!this.#isReady) return textResponse(503, 'Service Unavailable\n')
    return (await this.#api({ ...request, path })) ?? notFound()
  }

  async stop(): Promise<void> {
    this.#isReady = false
    await this.#alertmanagers.stop()
    await this.#rules.stop()
    await this.#scrapes.stop()
    this.#notifier.stop()
    await this.#ports.tsdb.close()
  }

  /** All that is read before anything is changed. */
  async #load(): Promise<{
    readonly config: PrometheusConfig
    readonly jobs: Awaited<ReturnType<typeof scrapeConfigsOf>>
    readonly rules: ReadonlyMap<string, RuleFile>
  }> {
    const { files, environment = {} } = this.#ports
    const { configFile } = this.#settings
    const directory = configFile.includes('/') ? configFile.slice(0, configFile.lastIndexOf('/')) : '.'
    const text = await files.readText(configFile)
    const config = readPrometheusConfig(text, { file: configFile, directory, environment })
    const jobs = await scrapeConfigsOf(config, files)
    const rules = new Map<string, RuleFile>()
    for (const pattern of config.rule_files) {
      for (const path of await files.match(pattern)) rules.set(path, await this.#readRules(path))
    }
    return { config, jobs, rules }
  }

  async #readRules(path: string): Promise<RuleFile> {
    try {
      const parse = (query: string): unknown => parseQuery(query, this.#settings.engine)
      return readRuleFile(await this.#ports.files.readText(path), { parseQuery: parse })
    } catch (error) {
      throw new Error(`${path}: ${(error as Error).message}`, { cause: error })
    }
  }

  async #apply(config: PrometheusConfig, files: ReadonlyMap<string, RuleFile>): Promise<void> {
    this.#config = config
    const externalLabels = config.global.external_labels
    this.#notifier.applyConfig({
      externalLabels: labelsOf(externalLabels),
      relabelConfigs: config.alerting.alert_relabel_configs,
    })
    this.#alertmanagers.apply(config.alerting.alertmanagers as readonly AlertmanagerConfig[])
    await this.#rules.apply({
      files,
      evaluationIntervalMs: config.global.evaluation_interval,
      queryOffsetMs: config.global.rule_query_offset,
      externalLabels,
      externalUrl: this.#settings.externalUrl,
      printQuery: (query) => printExpr(parseQuery(query, this.#settings.engine)),
    })
  }

  async #own({ method, path }: WebRequest): Promise<WebResponse | undefined> {
    switch (path) {
      case '/-/healthy':
        return textResponse(200, 'Prometheus Server is Healthy.\n')
      case '/-/ready':
        return this.#isReady
          ? textResponse(200, 'Prometheus Server is Ready.\n')
          : textResponse(503, 'Service Unavailable\n')
      case '/-/reload':
        return this.#lifecycle(method, () => this.#reloadOverHttp())
      case '/-/quit':
        return this.#lifecycle(method, async () => {
          this.quit.resolve()
          return textResponse(200, 'Requesting termination... Goodbye!')
        })
      default:
        return undefined
    }
  }

  async #lifecycle(method: string, act: () => Promise<WebResponse>): Promise<WebResponse> {
    if (!this.#settings.hasLifecycle) return textResponse(403, 'Lifecycle API is not enabled.')
    if (method !== 'POST' && method !== 'PUT') return textResponse(405, 'Only POST or PUT requests allowed')
    return act()
  }

  async #reloadOverHttp(): Promise<WebResponse> {
    try {
      await this.reload()
      return textResponse(200, '')
    } catch (error) {
      return textResponse(500, `failed to reload config: ${(error as Error).message}\n`)
    }
  }
}

const DEFAULT_STEP_MS = 60_000

function notFound(): WebResponse {
  return textResponse(404, '404 page not found\n')
}

function retentionText({ retentionMs, retentionBytes }: PrometheusSettings): string {
  const days = retentionMs === 0 ? '' : `${retentionMs / 86_400_000}d`
  const size = retentionBytes === 0 ? '' : `${retentionBytes}B`
  return [days, size].filter((part) => part !== '').join(' or ')
}
