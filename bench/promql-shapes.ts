/** The queries that the PromQL engine is measured with, and the data they run over: for it, and for whatever is compared with it. */

/** How often every series has a sample, and for how long. */
export const SCRAPE_INTERVAL_MS = 15_000
export const HISTORY_MS = 7 * 3_600_000

export interface QueryShape {
  readonly name: string
  readonly query: string
  /** 0: at the end of the data only. Otherwise over so much time up to the end, every `stepMs`. */
  readonly spanMs: number
  readonly stepMs: number
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

const INSTANT = { spanMs: 0, stepMs: 0 }
/** A panel of a dashboard: an hour in 241 steps. */
const HOUR = { spanMs: HOUR_MS, stepMs: 15_000 }
/** The same panel zoomed out: six hours in 721 steps. */
const SIX_HOURS = { spanMs: 6 * HOUR_MS, stepMs: 30_000 }

const RATE = 'sum by (job) (rate(http_requests_total[5m]))'
const P99 = 'histogram_quantile(0.99, sum by (le, path) (rate(http_request_duration_seconds_bucket[5m])))'
const ERRORS =
  'sum by (job) (rate(http_requests_total{code=~"5.."}[5m])) / sum by (job) (rate(http_requests_total[5m]))'

export const QUERY_SHAPES: readonly QueryShape[] = [
  { name: 'rate of 2,000 series, now', query: RATE, ...INSTANT },
  { name: 'rate of 2,000 series, 241 steps', query: RATE, ...HOUR },
  { name: 'rate of 2,000 series, 721 steps', query: RATE, ...SIX_HOURS },
  { name: 'p99 of 12,000 buckets, now', query: P99, ...INSTANT },
  { name: 'p99 of 12,000 buckets, 241 steps', query: P99, ...HOUR },
  { name: '100 raw series, 241 steps', query: 'memory_bytes{job="job-0"}', ...HOUR },
  { name: '600 raw series, 721 steps', query: 'memory_bytes', ...SIX_HOURS },
  { name: 'error ratio, 241 steps', query: ERRORS, ...HOUR },
  { name: 'topk of 2,000 rates, 241 steps', query: 'topk(10, rate(http_requests_total[5m]))', ...HOUR },
  {
    name: 'join of 600 with their builds, 241 steps',
    query: 'memory_bytes * on (job, instance) group_left (version) build_info',
    ...HOUR,
  },
  { name: 'subquery of a rate, now', query: `max_over_time(${RATE}[1h:15s])`, ...INSTANT },
  { name: 'average of 600 gauges, 241 steps', query: 'avg_over_time(memory_bytes[10m])', ...HOUR },
]

export interface BenchSeries {
  readonly labels: Readonly<Record<string, string>>
  /** The value of its sample number `index`. */
  value(index: number): number
}

const JOBS = 6
const INSTANCES = 100
const REQUEST_SERIES = 2_000
const PATHS = 50
const BOUNDS = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1.0', '2.5', '5.0', '10.0', '+Inf']
const BUCKET_SERIES = 12_000

/** Counters with restarts, histograms, gauges and an info metric, the same ones each time. */
export function* benchSeries(): Generator<BenchSeries> {
  for (let index = 0; index < REQUEST_SERIES; index++) yield requests(index)
  for (let index = 0; index < BUCKET_SERIES; index++) yield bucket(index)
  for (let index = 0; index < JOBS * INSTANCES; index++) {
    yield memory(index)
    yield build(index)
  }
}

function requests(index: number): BenchSeries {
  const code = ['200', '201', '404', '500', '503'][index % 5] ?? '200'
  const labels = { __name__: 'http_requests_total', ...place(index), code, path: `/v1/path-${index % 7}` }
  const slope = 1 + (index % 13)
  const restartEvery = 500 + (index % 400)
  return { labels, value: (sample) => slope * (sample % restartEvery) + ((sample * 7919 + index) % slope) }
}

function bucket(index: number): BenchSeries {
  const bound = BOUNDS[index % BOUNDS.length] ?? '+Inf'
  const histogram = Math.floor(index / BOUNDS.length)
  const labels = {
    __name__: 'http_request_duration_seconds_bucket',
    ...place(histogram),
    path: `/v1/path-${histogram % PATHS}`,
    le: bound,
  }
  const share = ((index % BOUNDS.length) + 1) / BOUNDS.length
  const slope = 1 + (histogram % 11)
  return { labels, value: (sample) => Math.floor(share * slope * sample) }
}

function memory(index: number): BenchSeries {
  const labels = { __name__: 'memory_bytes', ...place(index) }
  return { labels, value: (sample) => 1e8 + 4096 * ((sample * 31 + index * 17) % 5_000) }
}

function build(index: number): BenchSeries {
  return { labels: { __name__: 'build_info', ...place(index), version: `1.${index % 4}.0` }, value: () => 1 }
}

function place(index: number): { readonly job: string; readonly instance: string } {
  return {
    job: `job-${Math.floor(index / INSTANCES) % JOBS}`,
    instance: `10.0.${index % INSTANCES}.${Math.floor(index / (INSTANCES * JOBS))}:8080`,
  }
}
