import type { Clock } from '../../world/clock.ts'
import { ConfigError } from '../config/schema.ts'
import { foreignDiscoveriesOf } from '../config/discoveries.ts'
import { SCRAPE_CONFIG, type ScrapeConfig } from '../config/scrape-config.ts'
import { DiscoveryManager } from '../discovery/discovery-manager.ts'
import type { Discoverer } from '../discovery/target-group.ts'
import type { Appendable } from '../model/storage.ts'
import type { Labels } from '../model/labels.ts'
import { httpClient, unsupportedClient } from './http-client.ts'
import type { FamilyMetadata } from './scrape-cache.ts'
import type { ScrapeFeatures, ScrapeOutcome, ScrapePorts } from './scrape-loop.ts'
import { ScrapePool } from './scrape-pool.ts'
import type { DroppedTarget, ScrapeTarget } from './scrape-target.ts'
import type { ScrapeTransport } from './transport.ts'

export interface ScrapeManagerOptions {
  readonly storage: Appendable
  readonly clock: Clock
  /** Carries requests to targets. */
  readonly transport: ScrapeTransport
  /** Reads files with tokens and certificates. */
  readText(path: string): Promise<string>
  /** What finds the targets of a job; throws a `ConfigError` when nothing here can. */
  discoverers(config: ScrapeConfig): readonly Discoverer[]
  /** Two that scrape the same targets differ in it, and scrape at other times. */
  readonly offsetSeed?: string
  readonly features?: ScrapeFeatures
  /** Told of each scrape. */
  onScrape?(outcome: ScrapeOutcome): void
  /** Told of what could not be stored. */
  onProblem?(problem: string): void
}

/** What a target says of one family of metrics. */
export interface TargetMetadata {
  readonly scrapePool: string
  readonly target: Labels
  readonly families: readonly FamilyMetadata[]
}

/** Scrapes the targets of all jobs of a configuration. */
export class ScrapeManager {
  readonly #options: ScrapeManagerOptions
  readonly #discovery: DiscoveryManager
  readonly #pools = new Map<string, RunningPool>()
  readonly #shutdown = new AbortController()
  /** Pools whose jobs are gone, and whose series have not ended yet. */
  readonly #ending = new Set<Promise<void>>()

  constructor(options: ScrapeManagerOptions) {
    this.#options = options
    this.#discovery = new DiscoveryManager(options.clock, (job, groups) => this.#pools.get(job)?.pool.sync(groups))
  }

  /**
   * Scrapes these jobs from here on. Jobs that stay as they were are not disturbed. Throws a `ConfigError` before anything has
   * changed when a job asks for what cannot be done here.
   */
  apply(jobs: readonly ScrapeConfig[]): void {
    for (const job of jobs) checkSupported(job)
    const discoverers = jobs.map((job) => this.#options.discoverers(job))
    const names = new Set(jobs.map((job) => job.job_name))
    for (const [name, { pool }] of this.#pools) if (!names.has(name)) this.#remove(name, pool)
    for (const [index, job] of jobs.entries()) this.#applyJob(job, discoverers[index] ?? [])
  }

  /** Names of the pools: one for each job, in order. */
  pools(): readonly string[] {
    return [...this.#pools.keys()]
  }

  /** The configuration of a pool; undefined when there is none of the name. */
  configOf(pool: string): ScrapeConfig | undefined {
    return this.#pools.get(pool)?.pool.config
  }

  /** Targets of one pool, or of all. */
  targets(pool?: string): readonly ScrapeTarget[] {
    return this.#of(pool).flatMap((each) => each.targets())
  }

  droppedTargets(pool?: string): readonly DroppedTarget[] {
    return this.#of(pool).flatMap((each) => each.droppedTargets())
  }

  droppedTargetCounts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#of().map((pool) => [pool.name, pool.droppedCount]))
  }

  /** What was discovered and cannot be scraped, and why. */
  problems(): readonly string[] {
    return this.#of().flatMap((pool) => pool.problems.map((problem) => `${pool.name}: ${problem}`))
  }

  metadata(): readonly TargetMetadata[] {
    return this.#of().flatMap((pool) => pool.metadata().map((each) => ({ scrapePool: pool.name, ...each })))
  }

  /** Ends everything. Series are not marked as ended: who starts again soon goes on with them. */
  async stop(): Promise<void> {
    this.#shutdown.abort(new Error('the scrape manager was stopped'))
    await this.#discovery.stop()
    const pools = this.#of()
    this.#pools.clear()
    await Promise.all(pools.map((pool) => pool.stop({ marksEnd: false })))
    await Promise.all([...pools.map((pool) => pool.settled()), ...this.#ending])
  }

  #of(name?: string): readonly ScrapePool[] {
    const pools = [...this.#pools.values()].map(({ pool }) => pool)
    return name === undefined ? pools : pools.filter((pool) => pool.name === name)
  }

  #applyJob(job: ScrapeConfig, discoverers: readonly Discoverer[]): void {
    const name = job.job_name
    const identity = JSON.stringify(SCRAPE_CONFIG.print(job)) + secretsOf(job)
    const known = this.#pools.get(name)
    if (known?.identity === identity) return
    const ports = this.#portsFor(job)
    if (known !== undefined) {
      known.pool.reload(job, { ports, groups: this.#discovery.groups(name) })
      this.#pools.set(name, { pool: known.pool, identity })
    } else {
      const pool = new ScrapePool(job, { ports, shutdown: this.#shutdown.signal })
      this.#pools.set(name, { pool, identity })
    }
    this.#discovery.apply(name, discoverers)
  }

  #portsFor(job: ScrapeConfig): ScrapePorts {
    const { storage, clock, transport, readText, features = {}, offsetSeed = '', onScrape, onProblem } = this.#options
    const client = httpClient(job, { transport, clock, readText })
    const told = { ...(onScrape !== undefined && { onScrape }), ...(onProblem !== undefined && { onProblem }) }
    return { storage, clock, features, offsetSeed, transport: client, ...told }
  }

  #remove(name: string, pool: ScrapePool): void {
    this.#discovery.remove(name)
    this.#pools.delete(name)
    const ending = pool
      .stop({ marksEnd: true })
      .then(() => pool.settled())
      .finally(() => this.#ending.delete(ending))
    this.#ending.add(ending)
  }
}

interface RunningPool {
  readonly pool: ScrapePool
  /** What the job was when it was applied. */
  readonly identity: string
}

function checkSupported(job: ScrapeConfig): void {
  const foreign = foreignDiscoveriesOf(job)
  if (foreign.length > 0) {
    throw new ConfigError(
      `scrape job ${JSON.stringify(job.job_name)}: ${foreign.join(', ')}: such services are not spoken to here; ` +
        'static, file, http and kubernetes discovery are',
    )
  }
  const problem = unsupportedClient(job)
  if (problem !== undefined) throw new ConfigError(`scrape job ${JSON.stringify(job.job_name)}: ${problem}`)
}

/** What the printed job does not tell. */
function secretsOf({ basic_auth, authorization, oauth2, tls_config, http_headers }: ScrapeConfig): string {
  return JSON.stringify([basic_auth, authorization, oauth2, tls_config, http_headers])
}
