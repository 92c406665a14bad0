import { Histograms, Summaries } from '../instrument/distributions.ts'
import { byLabel, type MetricFamily, single } from '../instrument/metric-families.ts'
import type { QueryTimings } from '../promql/stats.ts'
import type { AlertmanagerCounts } from '../rules/notifier.ts'
import type { RuleGroup } from '../rules/rule-group.ts'
import type { ScrapeOutcome } from '../scrape/scrape-loop.ts'
import type { RemoteReadState } from '../remote/read-client.ts'
import type { RemoteWriteState } from './remote-writes.ts'
import type { TsdbFigures } from '../tsdb/tsdb.ts'

/** What a Prometheus knows of itself at the moment. */
export interface SelfState {
  readonly version: string
  readonly reload: { readonly isSuccess: boolean; readonly atMs: number }
  readonly isReady: boolean
  readonly queries: number
  readonly queriesMax: number
  readonly tsdb: TsdbFigures
  readonly retentionBytes: number
  readonly groups: readonly RuleGroup[]
  readonly remoteWrites: readonly RemoteWriteState[]
  readonly remoteReads: readonly RemoteReadState[]
  readonly alertmanagers: readonly AlertmanagerCounts[]
  /** Targets by pool. */
  readonly targets: ReadonlyMap<string, number>
  /** Absent where the process is not its own. */
  readonly process?: ProcessFigures
}

export interface ProcessFigures {
  readonly cpuSeconds: number
  readonly residentBytes: number
  readonly startedAtSeconds: number
}

/** prometheus/prometheus web/web.go newMetrics. */
const DURATION_BOUNDS = [0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48]
const SIZE_BOUNDS = [100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000]
const QUEUE_CAPACITY = 10_000

/** What happened in a Prometheus, and its metrics by the names that dashboards and rules about Prometheus use. */
export class SelfMetrics {
  readonly #queryDurations = new Summaries({ name: 'prometheus_engine_query_duration_seconds', help: 'Query timings' })
  readonly #intervals = new Summaries(
    { name: 'prometheus_target_interval_length_seconds', help: 'Actual intervals between scrapes.' },
    [0.01, 0.05, 0.5, 0.9, 0.99],
  )
  readonly #groupDurations = new Summaries(
    { name: 'prometheus_rule_group_duration_seconds', help: 'The duration of rule group evaluations.' },
    [0.01, 0.05, 0.5, 0.9, 0.99],
  )
  readonly #ruleDurations = new Summaries({
    name: 'prometheus_rule_evaluation_duration_seconds',
    help: 'The duration for a rule to execute.',
  })
  readonly #requestDurations = new Histograms(
    { name: 'prometheus_http_request_duration_seconds', help: 'Histogram of latencies for HTTP requests.' },
    DURATION_BOUNDS,
  )
  readonly #responseSizes = new Histograms(
    { name: 'prometheus_http_response_size_bytes', help: 'Histogram of response size for HTTP requests.' },
    SIZE_BOUNDS,
  )
  readonly #requests = new Map<string, number>()
  readonly #refused = { outOfOrder: 0, duplicates: 0, outOfBounds: 0 }
  readonly #exceeded = { samples: 0, body: 0 }
  readonly #reloads = { succeeded: 0, failed: 0 }

  query(timings: QueryTimings): void {
    this.#queryDurations.observe(timings.execQueueTime, { slice: 'queue_time' })
    this.#queryDurations.observe(timings.queryPreparationTime, { slice: 'prepare_time' })
    this.#queryDurations.observe(timings.innerEvalTime, { slice: 'inner_eval' })
    this.#queryDurations.observe(timings.resultSortTime, { slice: 'result_sort' })
  }

  scrape({ intervalMs, sinceLastMs, counts, error }: ScrapeOutcome): void {
    if (sinceLastMs !== undefined) {
      this.#intervals.observe(sinceLastMs / 1_000, { interval: `${intervalMs / 1_000}s` })
    }
    this.#refused.outOfOrder += counts.outOfOrder
    this.#refused.duplicates += counts.duplicates
    this.#refused.outOfBounds += counts.outOfBounds
    if (error?.startsWith('sample limit exceeded') === true) this.#exceeded.samples++
    if (error?.startsWith('body size limit exceeded') === true) this.#exceeded.body++
  }

  evaluated({ evaluationDurationMs, rules }: RuleGroup): void {
    this.#groupDurations.observe(evaluationDurationMs / 1_000)
    for (const { state } of rules) this.#ruleDurations.observe(state.durationMs / 1_000)
  }

  reloaded(isSuccess: boolean): void {
    if (isSuccess) this.#reloads.succeeded++
    else this.#reloads.failed++
  }

  request(
    handler: string,
    answer: { readonly code: number; readonly bytes: number; readonly durationMs: number },
  ): void {
    const key = JSON.stringify([handler, String(answer.code)])
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1)
    this.#requestDurations.observe(answer.durationMs / 1_000, { handler })
    this.#responseSizes.observe(answer.bytes, { handler })
  }

  families(state: SelfState): readonly MetricFamily[] {
    const requests = Array.from(this.#requests, ([key, value]) => {
      const [handler = '', code = ''] = JSON.parse(key) as string[]
      return { labels: { code, handler }, value }
    })
    return [
      ...programFamilies(state),
      ...tsdbFamilies(state),
      ...ruleFamilies(state.groups),
      ...notificationFamilies(state.alertmanagers),
      ...remoteFamilies(state.remoteWrites),
      ...readFamilies(state.remoteReads),
      ...this.#scrapeFamilies(state),
      this.#queryDurations.family(),
      this.#intervals.family(),
      this.#groupDurations.family(),
      this.#ruleDurations.family(),
      this.#requestDurations.family(),
      this.#responseSizes.family(),
      { name: 'prometheus_http_requests_total', type: 'counter', help: 'Counter of HTTP requests.', points: requests },
    ]
  }

  #scrapeFamilies({ targets }: SelfState): readonly MetricFamily[] {
    const scrapes = 'prometheus_target_scrapes'
    const { outOfOrder, duplicates, outOfBounds } = this.#refused
    return [
      byLabel('gauge', 'prometheus_target_scrape_pool_targets', 'Current number of targets in this scrape pool.', {
        label: 'scrape_job',
        values: targets,
      }),
      {
        name: 'prometheus_sd_discovered_targets',
        type: 'gauge',
        help: 'Current number of discovered targets.',
        points: Array.from(targets, ([config, value]) => ({ labels: { config, name: 'scrape' }, value })),
      },
      single(
        'counter',
        'prometheus_target_scrape_pools_total',
        'Total number of scrape pool creation attempts.',
        targets.size,
      ),
      single('counter', `${scrapes}_sample_out_of_order_total`, 'Samples refused as out of order.', outOfOrder),
      single('counter', `${scrapes}_sample_duplicate_timestamp_total`, 'Samples refused as duplicates.', duplicates),
      single('counter', `${scrapes}_sample_out_of_bounds_total`, 'Samples refused as out of bounds.', outOfBounds),
      single(
        'counter',
        `${scrapes}_exceeded_sample_limit_total`,
        'Scrapes with too many samples.',
        this.#exceeded.samples,
      ),
      single(
        'counter',
        `${scrapes}_exceeded_body_size_limit_total`,
        'Scrapes with too long a body.',
        this.#exceeded.body,
      ),
      single(
        'counter',
        'prometheus_target_scrape_pool_reloads_total',
        'Total number of scrape pool reloads.',
        this.#reloads.succeeded + this.#reloads.failed,
      ),
      single(
        'counter',
        'prometheus_target_scrape_pool_reloads_failed_total',
        'Total number of failed scrape pool reloads.',
        this.#reloads.failed,
      ),
    ]
  }
}

function* programFamilies(state: SelfState): Generator<MetricFamily> {
  const { version, reload, isReady, queries, queriesMax, process } = state
  yield {
    name: 'prometheus_build_info',
    type: 'gauge',
    help: "A metric with a constant '1' value labeled by what Prometheus was built from.",
    points: [{ labels: { branch: 'dabba', goversion: '', revision: '', version }, value: 1 }],
  }
  const reloading = 'prometheus_config_last_reload'
  const isSuccess = Number(reload.isSuccess)
  yield single(
    'gauge',
    `${reloading}_successful`,
    'Whether the last configuration reload attempt was successful.',
    isSuccess,
  )
  yield single(
    'gauge',
    `${reloading}_success_timestamp_seconds`,
    'Timestamp of the last successful configuration reload.',
    reload.atMs / 1_000,
  )
  yield single('gauge', 'prometheus_ready', 'Whether Prometheus startup was fully completed.', Number(isReady))
  yield single(
    'gauge',
    'prometheus_engine_queries',
    'The current number of queries being executed or waiting.',
    queries,
  )
  yield single('gauge', 'prometheus_engine_queries_concurrent_max', 'The max number of concurrent queries.', queriesMax)
  if (process === undefined) return
  yield single('counter', 'process_cpu_seconds_total', 'User and system CPU time spent in seconds.', process.cpuSeconds)
  yield single('gauge', 'process_resident_memory_bytes', 'Resident memory size in bytes.', process.residentBytes)
  yield single(
    'gauge',
    'process_start_time_seconds',
    'Start time of the process since unix epoch in seconds.',
    process.startedAtSeconds,
  )
}

function* tsdbFamilies({ tsdb, retentionBytes }: SelfState): Generator<MetricFamily> {
  const { headRange, blocks } = tsdb
  const name = 'prometheus_tsdb'
  const gauge = (suffix: string, help: string, value: number): MetricFamily =>
    single('gauge', `${name}_${suffix}`, help, value)
  const counter = (suffix: string, help: string, value: number): MetricFamily =>
    single('counter', `${name}_${suffix}`, help, value)
  yield byLabel('counter', `${name}_head_samples_appended_total`, 'Total number of appended samples.', {
    label: 'type',
    values: [
      ['float', tsdb.floatsAppended],
      ['histogram', tsdb.histogramsAppended],
    ],
  })
  yield counter('head_out_of_order_samples_appended_total', 'Total number of appended late samples.', tsdb.lateAppended)
  yield gauge('head_series', 'Total number of series in the head block.', tsdb.series)
  yield counter('head_series_created_total', 'Total number of series created in the head.', tsdb.seriesCreated)
  const removed = tsdb.seriesCreated - tsdb.series
  yield counter('head_series_removed_total', 'Total number of series removed in the head.', removed)
  yield gauge('head_chunks', 'Total number of chunks in the head block.', tsdb.chunks)
  if (headRange !== undefined) {
    yield gauge('head_min_time', 'Minimum time bound of the head block, in milliseconds.', headRange.minMs)
    yield gauge('head_max_time', 'Maximum timestamp of the head block, in milliseconds.', headRange.maxMs)
    yield gauge('head_min_time_seconds', 'Minimum time bound of the head block.', headRange.minMs / 1_000)
    yield gauge('head_max_time_seconds', 'Maximum timestamp of the head block.', headRange.maxMs / 1_000)
    const lowestMs = Math.min(headRange.minMs, ...blocks.map(({ minTime }) => minTime))
    yield gauge('lowest_timestamp_seconds', 'Lowest timestamp value stored in the database.', lowestMs / 1_000)
  }
  yield gauge('blocks_loaded', 'Number of currently loaded data blocks.', blocks.length)
  yield counter('compactions_total', 'Total number of compactions that were executed.', tsdb.compactions)
  yield counter('compactions_failed_total', 'Total number of compactions that failed.', tsdb.compactionsFailed)
  yield gauge('retention_limit_bytes', 'Max number of bytes to be retained, 0 for no limit.', retentionBytes)
}

function* ruleFamilies(groups: readonly RuleGroup[]): Generator<MetricFamily> {
  const perGroup = (
    [type, name, help]: readonly ['counter' | 'gauge', string, string],
    value: (group: RuleGroup) => number,
  ): MetricFamily =>
    byLabel(type, `prometheus_rule_${name}`, help, {
      label: 'rule_group',
      values: groups.map((group) => [`${group.file};${group.name}`, value(group)] as const),
    })
  yield perGroup(['counter', 'evaluations_total', 'Rule evaluations.'], (group) => group.evaluations)
  yield perGroup(['counter', 'evaluation_failures_total', 'Rule evaluations that failed.'], (group) => group.failures)
  yield perGroup(['counter', 'group_iterations_total', 'Evaluations of the group.'], (group) => group.iterations)
  yield perGroup(
    ['counter', 'group_iterations_missed_total', 'Evaluations missed because the one before was slow.'],
    (group) => group.missedIterations,
  )
  yield perGroup(['gauge', 'group_interval_seconds', 'The interval of the group.'], (group) => group.intervalMs / 1_000)
  yield perGroup(
    ['gauge', 'group_last_duration_seconds', 'How long the last evaluation took.'],
    (group) => group.evaluationDurationMs / 1_000,
  )
  yield perGroup(
    ['gauge', 'group_last_evaluation_timestamp_seconds', 'When the last evaluation began.'],
    (group) => group.lastEvaluationMs / 1_000,
  )
  yield perGroup(
    ['gauge', 'group_last_evaluation_samples', 'Samples of the last evaluation.'],
    (group) => group.lastSamples,
  )
  yield perGroup(['gauge', 'group_rules', 'The number of rules.'], (group) => group.rules.length)
}

function* notificationFamilies(counts: readonly AlertmanagerCounts[]): Generator<MetricFamily> {
  const name = 'prometheus_notifications'
  const total = (value: (one: AlertmanagerCounts) => number): number => counts.reduce((sum, one) => sum + value(one), 0)
  const perUrl = (suffix: string, help: string, value: (one: AlertmanagerCounts) => number): MetricFamily =>
    byLabel('counter', `${name}_${suffix}`, help, {
      label: 'alertmanager',
      values: counts.map((one) => [one.url, value(one)] as const),
    })
  yield perUrl('sent_total', 'Total number of alerts sent.', ({ sent, errors }) => sent + errors)
  yield perUrl('errors_total', 'Total number of sent alerts affected by errors.', ({ errors }) => errors)
  yield single(
    'counter',
    `${name}_dropped_total`,
    'Total number of alerts dropped.',
    total(({ dropped }) => dropped),
  )
  const queued = total((one) => one.queued)
  yield single('gauge', `${name}_queue_length`, 'The number of alert notifications in the queue.', queued)
  yield single('gauge', `${name}_queue_capacity`, 'The capacity of the alert notifications queue.', QUEUE_CAPACITY)
  const discovered = 'The number of alertmanagers discovered and active.'
  yield single('gauge', `${name}_alertmanagers_discovered`, discovered, counts.length)
}

/** The ones that were asked, by the code of their answers; 0 for those that never came. */
function* readFamilies(readers: readonly RemoteReadState[]): Generator<MetricFamily> {
  const name = 'prometheus_remote_storage'
  const ofReader = (one: RemoteReadState) => ({ remote_name: one.name, url: one.url })
  yield {
    name: `${name}_read_queries_total`,
    type: 'counter',
    help: 'Queries that remote storage answered.',
    points: readers.flatMap((one) =>
      one.answers.map(({ responseType, code, count }) => ({
        labels: { ...ofReader(one), response_type: responseType, code: String(code) },
        value: count,
      })),
    ),
  }
  yield {
    name: `${name}_remote_read_queries`,
    type: 'gauge',
    help: 'Queries that wait for remote storage.',
    points: readers.map((one) => ({ labels: ofReader(one), value: one.inFlight })),
  }
}

function* remoteFamilies(queues: readonly RemoteWriteState[]): Generator<MetricFamily> {
  const name = 'prometheus_remote_storage'
  const perQueue = (
    [type, suffix, help]: readonly ['counter' | 'gauge', string, string],
    valueOf: (one: RemoteWriteState) => number,
  ): MetricFamily => ({
    name: `${name}_${suffix}`,
    type,
    help,
    points: queues.map((one) => ({ labels: { remote_name: one.name, url: one.url }, value: valueOf(one) })),
  })
  yield perQueue(['counter', 'samples_total', 'Samples sent to remote storage.'], ({ sent }) => sent)
  yield perQueue(['counter', 'samples_failed_total', 'Samples that remote storage refused.'], ({ failed }) => failed)
  yield perQueue(['counter', 'samples_retried_total', 'Samples that were sent again.'], ({ retried }) => retried)
  yield perQueue(['counter', 'samples_dropped_total', 'Samples that were not sent.'], ({ dropped }) => dropped)
  yield perQueue(['gauge', 'samples_pending', 'Samples that wait to be sent.'], ({ pending }) => pending)
  yield perQueue(['counter', 'bytes_total', 'Bytes of samples that were sent, packed.'], ({ bytes }) => bytes)
  const seconds = (ms: number): number => (ms === -Infinity ? 0 : ms / 1_000)
  yield perQueue(
    ['gauge', 'queue_highest_timestamp_seconds', 'The newest sample that was to be sent.'],
    ({ highestMs }) => seconds(highestMs),
  )
  yield perQueue(
    ['gauge', 'queue_highest_sent_timestamp_seconds', 'The newest sample that was sent or refused.'],
    ({ highestSentMs }) => seconds(highestSentMs),
  )
  if (queues.length === 0) return
  const newest = Math.max(...queues.map(({ highestMs }) => highestMs))
  yield single('gauge', `${name}_highest_timestamp_in_seconds`, 'The newest sample of any queue.', seconds(newest))
}
