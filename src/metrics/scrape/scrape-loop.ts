import { messageOf } from '../../base/message-of.ts'
import type { Clock } from '../../world/clock.ts'
import { validationSchemeOf, isScrapeProtocol } from '../config/global-config.ts'
import type { ScrapeConfig } from '../config/scrape-config.ts'
import { ExpositionError } from '../exposition/exposition-parser.ts'
import { openExposition } from '../exposition/open-exposition.ts'
import type { Labels } from '../model/labels.ts'
import { AppendError, type Appendable, type Appender } from '../model/storage.ts'
import { type AppendCounts, type AppendOptions, ScrapeAppend, ScrapeError } from './append-scrape.ts'
import { BodyTooLargeError, RequestError } from './http-body.ts'
import { ScrapeReporter } from './report-samples.ts'
import type { ScrapeCache } from './scrape-cache.ts'
import { type Exposure, requestExposure, scrapeRequest } from './scrape-request.ts'
import { publicLabels, scrapeOffset, switchOf, type TargetHealth, type TargetIdentity } from './scrape-target.ts'
import type { ScrapeTransport } from './transport.ts'

/** What scraping is done with. */
export interface ScrapePorts {
  readonly storage: Appendable
  readonly clock: Clock
  readonly transport: ScrapeTransport
  readonly features: ScrapeFeatures
  /** Two that scrape the same targets differ in it, and scrape at other times. */
  readonly offsetSeed: string
  /** Told of each scrape, for the scraper's own metrics. */
  onScrape?(outcome: ScrapeOutcome): void
  /** Told of what could not be stored. */
  onProblem?(problem: string): void
}

/** How one scrape went. */
export interface ScrapeOutcome {
  readonly intervalMs: number
  /** Since the scrape before; undefined for the first. */
  readonly sinceLastMs: number | undefined
  readonly counts: AppendCounts
  readonly error: string | undefined
}

/** What Prometheus has behind feature flags. */
export interface ScrapeFeatures {
  /** The labels `__type__` and `__unit__`. */
  readonly typeAndUnitLabels?: boolean
  /** Metadata of series go to the storage. */
  readonly storesMetadata?: boolean
  /** When counters began goes to the storage. */
  readonly storesStartTimestamps?: boolean
}

/** Scrape times this close to a multiple of the interval are set to it, which packs better (scrape/scrape.go). */
const TIMESTAMP_TOLERANCE_MS = 2
const NO_COUNTS: AppendCounts = { total: 0, added: 0, seriesAdded: 0, outOfOrder: 0, duplicates: 0, outOfBounds: 0 }

/** Scrapes one target, again and again. */
export class ScrapeLoop {
  readonly target: TargetIdentity
  readonly cache: ScrapeCache
  readonly #config: ScrapeConfig
  readonly #ports: ScrapePorts
  readonly #appendOptions: AppendOptions
  readonly #targetLabels: Labels
  #reporter: ScrapeReporter | undefined
  readonly #stop = new AbortController()
  #running: Promise<void> | undefined
  #forcedError: string | undefined
  #marksEnd = true
  health: TargetHealth = 'unknown'
  lastError = ''
  lastScrapeMs: number | undefined
  lastScrapeDurationMs = 0

  constructor(target: TargetIdentity, options: { config: ScrapeConfig; ports: ScrapePorts; cache: ScrapeCache }) {
    const { config, ports } = options
    this.target = target
    this.cache = options.cache
    this.#config = config
    this.#ports = ports
    const targetLabels = publicLabels(target.labels)
    this.#targetLabels = targetLabels
    const scheme = validationSchemeOf(config)
    this.#appendOptions = {
      labelling: {
        targetLabels,
        honorLabels: config.honor_labels,
        metricRelabeling: config.metric_relabel_configs,
        scheme,
      },
      limits: {
        labels: config.label_limit,
        nameLength: config.label_name_length_limit,
        valueLength: config.label_value_length_limit,
      },
      scheme,
      honorTimestamps: config.honor_timestamps,
      trackTimestamps: config.track_timestamps_staleness,
      sampleLimit: config.sample_limit,
      bucketLimit: config.native_histogram_bucket_limit,
      schemaMax: schemaFor(config.native_histogram_min_bucket_factor),
      storesMetadata: ports.features.storesMetadata ?? false,
      storesStartTimestamps: ports.features.storesStartTimestamps ?? false,
    }
  }

  /** Every scrape fails with this from here on; undefined ends that. */
  force(error: string | undefined): void {
    this.#forcedError = error
  }

  start(): void {
    this.#running = this.#run(this.#stop.signal)
  }

  /** Stops scraping. `marksEnd`: the series get stale markers, some time later, unless someone else scrapes them by then. */
  async stop(options: { marksEnd: boolean }): Promise<void> {
    this.#marksEnd = options.marksEnd
    this.#stop.abort(new Error('scraping was stopped'))
    await this.#running
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, offsetSeed } = this.#ports
    const { intervalMs, key } = this.target
    const offsetMs = scrapeOffset(key, { intervalMs, nowMs: clock.now(), seed: offsetSeed })
    if (!(await sleepUntil(clock, clock.now() + offsetMs, signal))) return
    const startMs = clock.now()
    const toleranceMs = Math.min(intervalMs / 100, TIMESTAMP_TOLERANCE_MS)
    for (let tick = 0; ;) {
      const nowMs = clock.now()
      const alignedMs = startMs + Math.floor((nowMs - startMs) / intervalMs) * intervalMs
      await this.#scrape(nowMs - alignedMs <= toleranceMs ? alignedMs : nowMs, signal)
      // A tick that came under way is made up for at once; of several only one.
      tick = Math.max(tick + 1, Math.floor((clock.now() - startMs) / intervalMs))
      if (!(await sleepUntil(clock, startMs + tick * intervalMs, signal))) return
    }
  }

  /**
   * Says that all series of a target that is not scraped any more have ended. Done late: who begins to scrape it elsewhere
   * meanwhile brings newer samples, and then they have not.
   */
  async markEnd(shutdown: AbortSignal): Promise<void> {
    const { clock, storage } = this.#ports
    const { intervalMs } = this.target
    if (this.lastScrapeMs === undefined || !this.#marksEnd) return
    const staleMs = clock.now() + intervalMs - ((clock.now() - this.lastScrapeMs) % intervalMs)
    if (!(await sleepUntil(clock, staleMs + intervalMs + intervalMs / 10, shutdown))) return
    const appender = storage.appender()
    this.#append({ appender, timeMs: staleMs }).markEnded()
    this.cache.finish(false)
    this.#reports().markEnded(appender, staleMs)
    await this.#store(appender)
  }

  /** What cannot be stored is lost, and the next scrape may fare better. */
  async #store(appender: Appender): Promise<void> {
    try {
      await appender.commit()
    } catch (failure) {
      this.#ports.onProblem?.(`storing a scrape of ${this.target.url} failed: ${messageOf(failure)}`)
    }
  }

  async #scrape(timeMs: number, signal: AbortSignal): Promise<void> {
    const { clock, storage } = this.#ports
    const startMs = clock.now()
    const outcome = await this.#exposure(signal)
    // What was under way when scraping was stopped is no failure of the target.
    if (signal.aborted) return
    let appender = storage.appender()
    let { error } = outcome
    let counts = NO_COUNTS
    const append = this.#append({ appender, timeMs })
    try {
      if (outcome.exposure === undefined) append.markEnded()
      else await this.#take(append, outcome.exposure)
      this.cache.finish(outcome.exposure !== undefined && outcome.exposure.body.byteLength > 0)
    } catch (failure) {
      if (!isExpected(failure)) throw failure
      appender.rollback()
      error ??= failure.message
      // As if the target had exposed nothing: what was there before has ended.
      this.cache.abandon()
      appender = storage.appender()
      this.#append({ appender, timeMs }).markEnded()
      this.cache.finish(false)
    }
    counts = append.counts
    const durationMs = clock.now() - startMs
    const { lastScrapeMs } = this
    this.#ports.onScrape?.({
      intervalMs: this.target.intervalMs,
      sinceLastMs: lastScrapeMs === undefined ? undefined : startMs - lastScrapeMs,
      counts,
      error,
    })
    this.health = error === undefined ? 'up' : 'down'
    this.lastError = error ?? ''
    this.lastScrapeMs = startMs
    this.lastScrapeDurationMs = durationMs
    const report = {
      isUp: error === undefined,
      durationMs,
      scraped: counts.total,
      added: counts.added,
      seriesAdded: counts.seriesAdded,
      timeoutMs: this.target.timeoutMs,
      sampleLimit: this.#config.sample_limit,
      bodyBytes: outcome.bodyBytes,
    }
    this.#reports().report(appender, timeMs, report, { storesMetadata: this.#appendOptions.storesMetadata })
    await this.#store(appender)
  }

  /** Made by the first scrape: among ten thousand new targets that is not at once. */
  #reports(): ScrapeReporter {
    const withExtra = this.#config.extra_scrape_metrics ?? false
    return (this.#reporter ??= new ScrapeReporter(this.#targetLabels, { withExtra }))
  }

  async #exposure(
    signal: AbortSignal,
  ): Promise<{ exposure: Exposure | undefined; error: string | undefined; bodyBytes: number }> {
    if (this.#forcedError !== undefined) return { exposure: undefined, error: this.#forcedError, bodyBytes: 0 }
    const { transport, clock } = this.#ports
    const { timeoutMs } = this.target
    try {
      const exposure = await requestExposure(scrapeRequest(this.#config, this.target), {
        transport,
        clock,
        timeoutMs,
        bodySizeLimit: this.#config.body_size_limit,
        signal,
      })
      return { exposure, error: undefined, bodyBytes: exposure.body.byteLength }
    } catch (failure) {
      if (!(failure instanceof RequestError) && !(failure instanceof BodyTooLargeError)) throw failure
      const bodyBytes = failure instanceof BodyTooLargeError ? -1 : 0
      return { exposure: undefined, error: failure.message, bodyBytes }
    }
  }

  #append({ appender, timeMs }: { appender: Appender; timeMs: number }): ScrapeAppend {
    const nowMs = this.#ports.clock.now()
    return new ScrapeAppend({ cache: this.cache, appender, timeMs, nowMs, options: this.#appendOptions })
  }

  async #take(append: ScrapeAppend, { body, contentType }: Exposure): Promise<void> {
    if (body.byteLength === 0) {
      append.markEnded()
      return
    }
    const { labels } = this.target
    const { fallback_scrape_protocol: fallback } = this.#config
    const parser = openExposition(body, {
      contentType,
      ...(isScrapeProtocol(fallback) && { fallbackProtocol: fallback }),
      typeAndUnitLabels: this.#ports.features.typeAndUnitLabels ?? false,
      skipCreatedSeries: this.#appendOptions.storesStartTimestamps,
      ignoreNativeHistograms: !switchOf(labels, '__scrape_native_histograms__'),
      keepClassicHistograms: switchOf(labels, '__always_scrape_classic_histograms__'),
      convertClassicHistograms: switchOf(labels, '__convert_classic_histograms_to_nhcb__'),
    })
    await append.run(parser, this.#ports.clock)
  }
}

/** What a target can do wrong; anything else is a mistake of ours. */
function isExpected(failure: unknown): failure is Error {
  return failure instanceof ExpositionError || failure instanceof ScrapeError || failure instanceof AppendError
}

/** False when the signal came first. */
export async function sleepUntil(clock: Clock, timeMs: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false
  const delayMs = timeMs - clock.now()
  if (delayMs <= 0) return true
  try {
    await clock.sleep(delayMs, signal)
    return true
  } catch (failure) {
    if (signal.aborted) return false
    throw failure
  }
}

const SCHEMA_MAX = 8
const SCHEMA_MIN = -4

/** The finest schema whose buckets grow by at least this factor. */
function schemaFor(bucketFactor: number): number {
  if (bucketFactor <= 1) return SCHEMA_MAX
  const schema = -Math.ceil(Math.log2(Math.log2(bucketFactor)))
  return Math.min(SCHEMA_MAX, Math.max(SCHEMA_MIN, schema))
}
