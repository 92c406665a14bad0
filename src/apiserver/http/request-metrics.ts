/** What is counted of a request: the labels of `apiserver_request_total` (k8s.io/apiserver pkg/endpoints/metrics). */
export interface CountedRequest {
  readonly verb: string
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly subresource: string
  readonly scope: '' | 'resource' | 'namespace' | 'cluster'
  readonly dryRun: string
  readonly code: number
  readonly durationMs: number
  /** How much of that it waited for its turn. */
  readonly queuedMs: number
}

/** Upper bounds of the buckets of `apiserver_request_duration_seconds`. */
const BUCKETS_SECONDS = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
]

interface Histogram {
  readonly counts: number[]
  sum: number
  count: number
}

/** The codes of requests that the server ended to protect itself. */
const TERMINATIONS: ReadonlySet<number> = new Set([429, 504])

/** Counts requests. One entry for each combination of labels that occurred: as many as the API has endpoints and codes. */
export class RequestMetrics {
  readonly #totals = new Map<string, number>()
  readonly #terminations = new Map<string, number>()
  readonly #durations = new Map<string, Histogram>()
  /** Without the time in queues: what service level objectives are about. */
  readonly #ownDurations = new Map<string, Histogram>()
  readonly #inFlight = { readOnly: 0, mutating: 0 }
  readonly #longRunning = new Map<string, number>()

  /** A request begins; what is returned ends it. */
  begin(options: { isMutating: boolean }): () => void {
    const kind = options.isMutating ? 'mutating' : 'readOnly'
    this.#inFlight[kind]++
    return () => this.#inFlight[kind]--
  }

  beginLongRunning(labels: Omit<CountedRequest, 'code' | 'durationMs' | 'queuedMs' | 'dryRun'>): () => void {
    const key = printLabels({ component: 'apiserver', ...labels })
    this.#longRunning.set(key, (this.#longRunning.get(key) ?? 0) + 1)
    return () => this.#longRunning.set(key, (this.#longRunning.get(key) ?? 1) - 1)
  }

  count({ dryRun, code, durationMs, queuedMs, ...labels }: CountedRequest): void {
    const total = printLabels({ code: String(code), component: 'apiserver', dry_run: dryRun, ...labels })
    this.#totals.set(total, (this.#totals.get(total) ?? 0) + 1)
    if (TERMINATIONS.has(code)) {
      const ended = printLabels({ code: String(code), component: 'apiserver', ...labels })
      this.#terminations.set(ended, (this.#terminations.get(ended) ?? 0) + 1)
    }
    observe(this.#durations, printLabels({ component: 'apiserver', dry_run: dryRun, ...labels }), durationMs / 1_000)
    observe(this.#ownDurations, printLabels({ component: 'apiserver', ...labels }), (durationMs - queuedMs) / 1_000)
  }

  *lines(): Generator<string> {
    yield* family('apiserver_current_inflight_requests', 'gauge', 'Requests under way, by kind.', [
      ['{request_kind="mutating"}', this.#inFlight.mutating],
      ['{request_kind="readOnly"}', this.#inFlight.readOnly],
    ])
    yield* family('apiserver_longrunning_requests', 'gauge', 'Watches and streams under way.', this.#longRunning)
    yield* family('apiserver_request_total', 'counter', 'Requests that were answered.', this.#totals)
    const ended = 'Requests that were ended to protect the server.'
    yield* family('apiserver_request_terminations_total', 'counter', ended, this.#terminations)
    yield* histogram('apiserver_request_duration_seconds', 'How long answers took, in seconds.', this.#durations)
    const own = 'How long answers took, in seconds, without waiting for a turn.'
    yield* histogram('apiserver_request_sli_duration_seconds', own, this.#ownDurations)
  }
}

function observe(histograms: Map<string, Histogram>, key: string, seconds: number): void {
  let known = histograms.get(key)
  if (known === undefined) histograms.set(key, (known = { counts: BUCKETS_SECONDS.map(() => 0), sum: 0, count: 0 }))
  const bucket = BUCKETS_SECONDS.findIndex((bound) => seconds <= bound)
  if (bucket >= 0) known.counts[bucket] = (known.counts[bucket] ?? 0) + 1
  known.sum += seconds
  known.count++
}

function* histogram(name: string, help: string, series: ReadonlyMap<string, Histogram>): Generator<string> {
  yield `# HELP ${name} ${help}`
  yield `# TYPE ${name} histogram`
  for (const [labels, { counts, sum, count }] of series) {
    let seen = 0
    for (const [index, bound] of BUCKETS_SECONDS.entries()) {
      seen += counts[index] ?? 0
      yield `${name}_bucket${withLabel(labels, 'le', String(bound))} ${seen}`
    }
    yield `${name}_bucket${withLabel(labels, 'le', '+Inf')} ${count}`
    yield `${name}_sum${labels} ${sum}`
    yield `${name}_count${labels} ${count}`
  }
}

/** One family of samples in Prometheus' text format. */
export function* family(
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  samples: Iterable<readonly [string, number]>,
): Generator<string> {
  yield `# HELP ${name} ${help}`
  yield `# TYPE ${name} ${type}`
  for (const [labels, value] of samples) yield `${name}${labels} ${value}`
}

/** In the order of their names, as Prometheus' own libraries write them. */
export function printLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${pairs.map(([name, value]) => `${name}="${escaped(value)}"`).join(',')}}`
}

function withLabel(labels: string, name: string, value: string): string {
  return `${labels.slice(0, -1)},${name}="${value}"}`
}

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (mark) => (mark === '\n' ? '\\n' : `\\${mark}`))
}
