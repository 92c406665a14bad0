import { snappyCompress, snappyUncompress } from '../../base/snappy.ts'
import type { Clock } from '../../world/clock.ts'
import type { RemoteReadConfig } from '../config/remote-config.ts'
import { compareLabels, type Labels } from '../model/labels.ts'
import { type Matcher, matcher } from '../model/matcher.ts'
import type { Samples } from '../model/samples.ts'
import type { Selection, StoredSeries } from '../model/storage.ts'
import { collectBody, RequestError, statusText } from '../scrape/http-body.ts'
import type { ScrapeTransport } from '../scrape/transport.ts'
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

/** Whom is asked, and how far that came. */
export interface RemoteReadState {
  readonly name: string
  readonly url: string
  /** How many answers of each code; 0 where none came. */
  readonly answers: ReadonlyMap<number, number>
  readonly inFlight: number
}

/** Reads series of another system, as one of `remote_read` (prometheus/prometheus storage/remote/read.go). */
export class ReadClient {
  readonly #config: RemoteReadConfig
  readonly #ports: ReadClientPorts
  readonly #answers = new Map<number, number>()
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
    const [found = []] = await this.#ask({ ...range, matchers }, signal)
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

  async #ask(query: Pick<Selection, 'minMs' | 'maxMs' | 'matchers'>, signal?: AbortSignal) {
    const { url, headers, remote_timeout: timeoutMs } = this.#config
    const late = new AbortController()
    const timer = this.#ports.clock.schedule(timeoutMs, () => late.abort(new RequestError('context deadline exceeded')))
    let code = 0
    this.#inFlight++
    const ended = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal])
    try {
      const body = snappyCompress(encodeReadRequest([query]))
      const request = { method: 'POST', url, headers: { ...headers, ...HEADERS }, body } as const
      const response = await this.#ports.transport(request, ended)
      code = response.status
      const answer = await collectBody(response, { bytesMax: ANSWER_BYTES_MAX, signal: ended })
      if (response.status < 200 || response.status >= 300) {
        const why = new TextDecoder().decode(answer.subarray(0, REFUSAL_SHOWN)).trim()
        throw new RequestError(`remote server ${url} returned http status ${statusText(response.status)}: ${why}`)
      }
      return readReadResponse(snappyUncompress(answer, { maxBytes: SAMPLES_BYTES_MAX }))
    } catch (error) {
      throw ended.aborted ? ended.reason : error
    } finally {
      timer.cancel()
      this.#inFlight--
      this.#answers.set(code, (this.#answers.get(code) ?? 0) + 1)
    }
  }
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
