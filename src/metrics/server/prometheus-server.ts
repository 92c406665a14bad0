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
import { federate } from '../http/federate.ts'
import { remotePaths } from '../http/remote-paths.ts'
import { PROMETHEUS_VERSION } from '../http/status-endpoints.ts'
import { scrapedMetadata, targetEndpoints } from '../http/target-endpoints.ts'
import { EXPOSITION_TYPE, type MetricFamily, printFamilies } from '../instrument/metric-families.ts'
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
import { engineQuery } from '../rules/engine-query.ts'
import type { PrometheusSettings } from './prometheus-settings.ts'
import { RemoteReads } from './remote-reads.ts'
import { RemoteWrites } from './remote-writes.ts'
import { type ProcessFigures, SelfMetrics } from './self-metrics.ts'
import { handlerOf, startPage } from './web-pages.ts'

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
  /** What the process uses, where it has one of its own. */
  processFigures?(): ProcessFigures
  /** Copies what is stored; absent for a database in memory. */
  snapshot?(options: { readonly withHead: boolean }): Promise<string>
}

/** A Prometheus: scrapes, stores, evaluates rules, tells Alertmanagers, answers queries. */
export class PrometheusServer {
  readonly #settings: PrometheusSettings
  readonly #ports: PrometheusPorts
  readonly #scrapes: ScrapeManager
  readonly #rules: RuleManager
  readonly #notifier: Notifier
  readonly #remoteWrites: RemoteWrites
  /** Ours, and what others have. */
  readonly #stored: RemoteReads
  readonly #alertmanagers: AlertmanagerTargets
  readonly #api: ReturnType<typeof prometheusApi>
  readonly #startedAtMs: number
  readonly #engine: QueryEngine
  readonly #metrics = new SelfMetrics()
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
    const engine = (this.#engine = new QueryEngine({
      clock,
      lookbackMs: settings.lookbackMs,
      maxSamples: settings.querySamples,
      timeoutMs: settings.queryTimeoutMs,
      maxConcurrency: settings.queryConcurrency,
      subqueryStepMs: () => this.#config?.global.evaluation_interval ?? DEFAULT_STEP_MS,
      features: settings.engine,
      onQuery: (timings) => this.#metrics.query(timings),
    }))
    this.#remoteWrites = new RemoteWrites({
      clock,
      storage: tsdb,
      clientOf: (config) => httpClient(config, { transport, clock, readText: (path) => files.readText(path) }),
      onProblem: (problem) => ports.log('warn', problem),
    })
    this.#stored = new RemoteReads({
      clock,
      storage: tsdb,
      clientOf: (config) => httpClient(config, { transport, clock, readText: (path) => files.readText(path) }),
    })
    this.#scrapes = new ScrapeManager({
      storage: this.#remoteWrites.storage,
      clock,
      transport,
      readText: (path) => files.readText(path),
      discoverers: (job) => ports.discoverers(job),
      offsetSeed: ports.identity ?? '',
      onScrape: (outcome) => this.#metrics.scrape(outcome),
      onProblem: (problem) => ports.log('error', problem),
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
    const query = engineQuery(engine, this.#stored)
    this.#rules = new RuleManager({
      clock,
      storage: this.#remoteWrites.storage,
      query,
      notify: (expr, alerts) => this.#notifier.send(expr, alerts),
      resendDelayMs: settings.resendDelayMs,
      outageToleranceMs: settings.outageToleranceMs,
      forGracePeriodMs: settings.forGracePeriodMs,
      log: (message) => ports.log('warn', message),
      onEvaluated: (group) => this.#metrics.evaluated(group),
    })
    this.#api = this.#makeApi(engine, flags)
  }

  #makeApi(engine: QueryEngine, flags: Readonly<Record<string, string>>): ReturnType<typeof prometheusApi> {
    const settings = this.#settings
    const { clock, tsdb, snapshot } = this.#ports
    return prometheusApi({
      query: { clock, engine, queryable: this.#stored, tsdb, features: settings.engine },
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
        families: () => this.#families(),
        ...(snapshot !== undefined && { snapshot }),
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
      this.#remoteWrites.check(loaded.config.remote_write)
      this.#stored.check(loaded.config.remote_read)
      this.#alertmanagers.check(loaded.config.alerting.alertmanagers as readonly AlertmanagerConfig[])
      this.#scrapes.apply(loaded.jobs)
      await this.#apply(loaded.config, loaded.rules)
      this.#reload = { isSuccess: true, atMs: clock.now() }
      this.#metrics.reloaded(true)
      log('info', `Completed loading of configuration file filename=${configFile}`)
    } catch (error) {
      this.#reload = { ...this.#reload, isSuccess: false }
      this.#metrics.reloaded(false)
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
    const { clock } = this.#ports
    const startedMs = clock.now()
    const answer = await this.#answer({ ...request, path })
    if (answer === undefined) return notFound()
    const { status: code, body } = answer
    this.#metrics.request(handlerOf(path), { code, bytes: body.length, durationMs: clock.now() - startedMs })
    return answer
  }

  async #answer(request: WebRequest): Promise<WebResponse | undefined> {
    const own = await this.#own(request)
    if (own !== undefined) return own
    if (!this.#isReady) return textResponse(503, 'Service Unavailable\n')
    const { clock } = this.#ports
    const remote = await remotePaths(request, {
      clock,
      storage: this.#remoteWrites.storage,
      externalLabels: () => this.#config?.global.external_labels ?? {},
      receivesWrite: this.#settings.receivesRemoteWrite,
      ...(this.#settings.receivesOtlp && this.#config !== undefined && { otlp: this.#config.otlp }),
      readSamplesMax: this.#settings.remoteReadSamples,
    })
    return remote ?? this.#api(request)
  }

  #families(): readonly MetricFamily[] {
    const { tsdb, processFigures } = this.#ports
    const { queryConcurrency, retentionBytes } = this.#settings
    const targets = new Map(this.#scrapes.pools().map((pool) => [pool, this.#scrapes.targets(pool).length]))
    return this.#metrics.families({
      version: PROMETHEUS_VERSION,
      reload: this.#reload,
      isReady: this.#isReady,
      queries: this.#engine.queries,
      queriesMax: queryConcurrency,
      tsdb: tsdb.figures(),
      retentionBytes,
      groups: this.#rules.groups(),
      remoteWrites: this.#remoteWrites.state,
      remoteReads: this.#stored.state,
      alertmanagers: this.#notifier.counts,
      targets,
      ...(processFigures !== undefined && { process: processFigures() }),
    })
  }

  async stop(): Promise<void> {
    this.#isReady = false
    try {
      await this.#alertmanagers.stop()
      await this.#rules.stop()
      await this.#scrapes.stop()
      this.#notifier.stop()
      await this.#remoteWrites.stop()
    } finally {
      // Whose disk has been taken away cannot finish what is under way, but rests.
      await this.#ports.tsdb.close()
    }
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
    this.#remoteWrites.apply(config.remote_write, externalLabels)
    this.#stored.apply(config.remote_read, externalLabels)
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

  async #own(request: WebRequest): Promise<WebResponse | undefined> {
    const { method, path } = request
    const { routePrefix, pageTitle, lookbackMs } = this.#settings
    switch (path) {
      case '/':
        return { status: 302, headers: { location: `${routePrefix}/query` }, body: '' }
      case '/query':
        return startPage(pageTitle, routePrefix)
      case '/metrics':
        return { status: 200, headers: { 'content-type': EXPOSITION_TYPE }, body: printFamilies(this.#families()) }
      case '/federate':
        if (!this.#isReady) return textResponse(503, 'Service Unavailable\n')
        return federate(request, {
          clock: this.#ports.clock,
          queryable: this.#ports.tsdb,
          lookbackMs,
          externalLabels: () => this.#config?.global.external_labels ?? {},
        })
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
