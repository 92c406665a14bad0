import { snappyCompress, snappyUncompress } from '../../base/snappy.ts'
import type { Clock } from '../../world/clock.ts'
import type { RemoteReadConfig } from '../config/remote-config.ts'
import { compareLabels, type Labels } from '../model/labels.ts'
import { type Matcher, matcher } from '../model/matcher.ts'
import type { Samples } from '../model/samples.ts'
import type { Selection, StoredSeries } from '../model/storage.ts'
import { collectBody, RequestError, statusText } from '../scrape/http-body.ts'
import type { ScrapeResponse, ScrapeTransport } from '../scrape/transport.ts'
import { readChunkedResponse } from './chunked-response.ts'
import { encodeReadRequest, readReadResponse } from './read.ts'
import type { WrittenSeries } from './written-series.ts'

export interface ReadClientPorts {
  readonly clock: Clock
  /** Does what the configuration says of credentials and certificates. */
  readonly transport: ScrapeTransport
  /** What our samples carry when they leave: the other one has them with these labels. */
  readonly externalLabels: Readonly<Record<string, string>>
  /** From when on the samples are here; undefined while there are none. */
  localStartMs(): number | undefined
}

/** What an answer may take, packed and unpacked. */
const ANSWER_BYTES_MAX = 256 * 2 ** 20
const SAMPLES_BYTES_MAX = 1_024 * 2 ** 20
const REFUSAL_SHOWN = 512

const HEADERS = {
  'Content-Encoding': 'snappy',
  'Accept-Encoding': 'snappy',
  'Content-Type': 'application/x-protobuf',
  'X-Prometheus-Remote-Read-Version': '0.1.0',
  'User-Agent': 'Prometheus',
}

/** How many answers of one form and code there were; the code is 0 where none came. */
export interface AnswerCount {
  readonly responseType: 'sampled' | 'chunked'
  readonly code: number
  count: number
}

/** Whom is asked, and how far that came. */
export interface RemoteReadState {
  readonly name: string
  readonly url: string
  readonly answers: readonly AnswerCount[]
  readonly inFlight: number
}

/** Reads series of another system, as one of `remote_read` (prometheus/prometheus storage/remote/read.go). */
export class ReadClient {
  readonly #config: RemoteReadConfig
  readonly #ports: ReadClientPorts
  readonly #answers: AnswerCount[] = []
  #inFlight = 0

  constructor(config: RemoteReadConfig, ports: ReadClientPorts) {
    this.#config = config
    this.#ports = ports
  }

  get state(): RemoteReadState {
    const { name, url } = this.#config
    return { name, url, answers: this.#answers, inFlight: this.#inFlight }
  }

  /** Series of the other one, sorted by labels. Rejects when it cannot be asked, or refuses. */
  async select(selection: Selection, signal?: AbortSignal): Promise<readonly StoredSeries[]> {
    const range = this.#rangeOf(selection)
    if (range === undefined || !this.#isAsked(selection.matchers)) return []
    const { matchers, added } = this.#withExternalLabels(selection.matchers)
    const { headers, body } = await this.#ask({ ...range, matchers }, signal)
    if (isChunked({ headers })) {
      return readChunkedResponse(body, { range, labelsOf: (labels) => labels.without(added) })
    }
    const [found = []] = readReadResponse(snappyUncompress(body, { maxBytes: SAMPLES_BYTES_MAX }))
    return found
      .map((series) => ({ ...series, labels: series.labels.without(added) }))
      .sort((a, b) => compareLabels(a.labels, b.labels))
      .map((series) => storedSeries(series, range))
  }

  /** What is here need not be fetched, unless that is asked for. */
  #rangeOf({ minMs, maxMs }: Selection): { readonly minMs: number; readonly maxMs: number } | undefined {
    const startMs = this.#config.read_recent ? undefined : this.#ports.localStartMs()
    if (startMs === undefined) return { minMs, maxMs }
    return minMs >= startMs ? undefined : { minMs, maxMs: Math.min(maxMs, startMs) }
  }

  #isAsked(matchers: readonly Matcher[]): boolean {
    return Object.entries(this.#config.required_matchers).every(([name, value]) =>
      matchers.some((one) => one.op === '=' && one.name === name && one.value === value),
    )
  }

  #withExternalLabels(matchers: readonly Matcher[]): {
    readonly matchers: readonly Matcher[]
    readonly added: ReadonlySet<string>
  } {
    if (!this.#config.filter_external_labels) return { matchers, added: new Set() }
    const missing = Object.entries(this.#ports.externalLabels).filter(
      ([name]) => !matchers.some((one) => one.name === name),
    )
    const conditions = missing.map(([name, value]) => matcher(name, '=', value))
    return { matchers: [...matchers, ...conditions], added: new Set(missing.map(([name]) => name)) }
  }

  async #ask(
    query: Pick<Selection, 'minMs' | 'maxMs' | 'matchers'>,
    signal?: AbortSignal,
  ): Promise<Pick<ScrapeResponse, 'headers'> & { readonly body: Uint8Array }> {
    const { url, headers, remote_timeout: timeoutMs } = this.#config
    const late = new AbortController()
    const timer = this.#ports.clock.schedule(timeoutMs, () => late.abort(new RequestError('context deadline exceeded')))
    let code = 0
    let responseType: AnswerCount['responseType'] = 'sampled'
    this.#inFlight++
    const ended = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal])
    try {
      const body = snappyCompress(encodeReadRequest([query], ['chunks', 'samples']))
      const request = { method: 'POST', url, headers: { ...headers, ...HEADERS }, body } as const
      const response = await this.#ports.transport(request, ended)
      code = response.status
      if (isChunked(response)) responseType = 'chunked'
      const answer = await collectBody(response, { bytesMax: ANSWER_BYTES_MAX, signal: ended })
      if (response.status < 200 || response.status >= 300) {
        const why = new TextDecoder().decode(answer.subarray(0, REFUSAL_SHOWN)).trim()
        throw new RequestError(`remote server ${url} returned http status ${statusText(response.status)}: ${why}`)
      }
      return { headers: response.headers, body: answer }
    } catch (error) {
      throw ended.aborted ? ended.reason : error
    } finally {
      timer.cancel()
      this.#inFlight--
      this.#count(responseType, code)
    }
  }

  #count(responseType: AnswerCount['responseType'], code: number): void {
    const known = this.#answers.find((one) => one.responseType === responseType && one.code === code)
    if (known === undefined) this.#answers.push({ responseType, code, count: 1 })
    else known.count++
  }
}

function isChunked({ headers }: Pick<ScrapeResponse, 'headers'>): boolean {
  return headers['content-type']?.startsWith('application/x-streamed-protobuf') === true
}

function storedSeries(
  series: WrittenSeries,
  range: { readonly minMs: number; readonly maxMs: number },
): StoredSeries & { readonly labels: Labels } {
  const samples = samplesOf(series, range)
  return { labels: series.labels, samples: () => samples }
}

/** Floats and histograms of a series in the order of their time, as columns. */
function samplesOf(
  { samples, histograms }: WrittenSeries,
  { minMs, maxMs }: { readonly minMs: number; readonly maxMs: number },
): Samples {
  const points = [
    ...samples.map(({ timestampMs, value, stale }) => ({ timestampMs, value, stale, histogram: undefined })),
    ...histograms.map(({ timestampMs, histogram, stale }) => ({
      timestampMs,
      value: 0,
      stale,
      histogram: stale ? undefined : histogram,
    })),
  ]
    .filter(({ timestampMs }) => timestampMs >= minMs && timestampMs <= maxMs)
    .sort((a, b) => a.timestampMs - b.timestampMs)
  return {
    length: points.length,
    timestamps: Float64Array.from(points, ({ timestampMs }) => timestampMs),
    values: Float64Array.from(points, ({ value }) => value),
    ...(histograms.length > 0 && { histograms: points.map(({ histogram }) => histogram) }),
    ...(points.some(({ stale }) => stale) && { stale: Uint8Array.from(points, ({ stale }) => (stale ? 1 : 0)) }),
  }
}
