import { ProtobufError } from '../../api/protobuf/wire.ts'
import { goQuote } from '../../base/go-quote.ts'
import { SnappyError, snappyUncompress } from '../../base/snappy.ts'
import type { Labels } from '../model/labels.ts'
import { isValidLabelName, isValidMetricName } from '../model/names.ts'
import { AppendError, type Appendable, type Appender, type SeriesRef } from '../model/storage.ts'
import { readWriteV1 } from './write-v1.ts'
import { readWriteV2, WriteProblem } from './write-v2.ts'
import type { WrittenSeries } from './written-series.ts'

/** A request to `/api/v1/write`; names of headers in lower case. */
export interface WriteRequest {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
}

export interface WriteAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly message: string
}

export interface ReceiveOptions {
  readonly storage: Appendable
  readonly nowMs: number
}

/** Samples further ahead than this are not taken. */
const AHEAD_MAX_MS = 600_000
/** What a request may unpack to. */
const CONTENT_BYTES_MAX = 64 * 1024 * 1024
const MESSAGES = ['prometheus.WriteRequest', 'io.prometheus.write.v2.Request'] as const

/** Takes in what another Prometheus sends (prometheus: storage/remote/write_handler.go). */
export async function receiveWrite({ headers, body }: WriteRequest, options: ReceiveOptions): Promise<WriteAnswer> {
  const version = messageOf(headers['content-type'] ?? '')
  if (typeof version === 'string') return refusal(415, version)
  const encoding = headers['content-encoding'] ?? ''
  if (encoding !== '' && encoding !== 'snappy') {
    return refusal(415, `${encoding} encoding (compression) is not accepted by this server; only snappy is acceptable`)
  }
  try {
    const content = snappyUncompress(body, { maxBytes: CONTENT_BYTES_MAX })
    return version === 1 ? await takeV1(readWriteV1(content), options) : await takeV2(readWriteV2(content), options)
  } catch (failure) {
    if (failure instanceof SnappyError || failure instanceof ProtobufError) return refusal(400, failure.message)
    throw failure
  }
}

/** The version of the message, or why the type is not taken. */
function messageOf(contentType: string): 1 | 2 | string {
  const [mediaType = '', ...parameters] = contentType.split(';').map((part) => part.trim())
  const proto = parameters.find((each) => each.startsWith('proto='))?.slice('proto='.length) ?? MESSAGES[0]
  if (contentType === '') return 1
  if (mediaType !== 'application/x-protobuf') {
    return `expected application/x-protobuf as the first (media) part, got ${contentType} content-type`
  }
  if (proto === MESSAGES[0]) return 1
  if (proto === MESSAGES[1]) return 2
  return `got application/x-protobuf content type; unknown type for remote write protobuf message ${proto}, supported: ${MESSAGES.join(', ')}`
}

/** The first sample that cannot be taken refuses the request; what came before it is kept back too. */
async function takeV1(series: readonly WrittenSeries[], { storage, nowMs }: ReceiveOptions): Promise<WriteAnswer> {
  const appender = storage.appender()
  const writer = new SeriesWriter(appender, nowMs)
  for (const each of series) {
    if (labelProblem(each.labels) !== undefined) continue
    const failure = writer.write(each)[0]
    if (failure !== undefined) {
      appender.rollback()
      return refusal(400, failure)
    }
  }
  await appender.commit()
  return { status: 204, headers: {}, message: '' }
}

/** Whatever can be taken is; the answer counts it, and names the rest. */
async function takeV2(
  series: readonly (WrittenSeries | WriteProblem)[],
  { storage, nowMs }: ReceiveOptions,
): Promise<WriteAnswer> {
  const appender = storage.appender()
  const writer = new SeriesWriter(appender, nowMs)
  const problems: string[] = []
  for (const each of series) {
    if (each instanceof WriteProblem) problems.push(`parsing labels for series: ${each.message}`)
    else {
      const problem = labelProblem(each.labels)
      if (problem !== undefined) problems.push(problem)
      else if (each.samples.length + each.histograms.length === 0) {
        problems.push(`TimeSeries must contain at least one sample or histogram for series ${printed(each.labels)}`)
      } else problems.push(...writer.write(each).map((failure) => `${failure} for series ${printed(each.labels)}`))
    }
  }
  await appender.commit()
  const headers = {
    'X-Prometheus-Remote-Write-Samples-Written': String(writer.samples),
    'X-Prometheus-Remote-Write-Histograms-Written': String(writer.histograms),
    'X-Prometheus-Remote-Write-Exemplars-Written': String(writer.exemplars),
  }
  return problems.length === 0
    ? { status: 204, headers, message: '' }
    : { status: 400, headers, message: problems.join('\n') }
}

/** Writes series into a batch, and counts what was taken. */
export class SeriesWriter {
  readonly #appender: Appender
  readonly #maxMs: number
  samples = 0
  histograms = 0
  exemplars = 0

  constructor(appender: Appender, nowMs: number) {
    this.#appender = appender
    this.#maxMs = nowMs + AHEAD_MAX_MS
  }

  /** Why samples were not taken. */
  write({ labels, samples, histograms, exemplars, metadata }: WrittenSeries): readonly string[] {
    const appender = this.#appender
    const problems: string[] = []
    let ref: SeriesRef = 0
    const take = (timestampMs: number, append: () => SeriesRef): boolean => {
      try {
        if (timestampMs > this.#maxMs) throw new AppendError('out of bounds')
        ref = append()
        return true
      } catch (failure) {
        if (!(failure instanceof AppendError)) throw failure
        problems.push(failure.message)
        return false
      }
    }
    for (const sample of samples) {
      const { timestampMs } = sample
      const isTaken = take(timestampMs, () =>
        sample.stale ? appender.appendStale(ref, labels, timestampMs) : appender.append(ref, labels, sample),
      )
      if (isTaken) this.samples++
    }
    for (const sample of histograms) {
      const { timestampMs } = sample
      const isTaken = take(timestampMs, () =>
        sample.stale ? appender.appendStale(ref, labels, timestampMs) : appender.appendHistogram(ref, labels, sample),
      )
      if (isTaken) this.histograms++
    }
    for (const exemplar of exemplars) this.#writeExemplar(ref, labels, exemplar)
    if (ref !== 0 && metadata !== undefined && isTelling(metadata)) appender.setMetadata(ref, labels, metadata)
    return problems
  }

  #writeExemplar(ref: SeriesRef, labels: Labels, exemplar: WrittenSeries['exemplars'][number]): void {
    try {
      this.#appender.appendExemplar(ref, labels, exemplar)
      this.exemplars++
    } catch (failure) {
      // An exemplar that is not taken does not harm samples.
      if (!(failure instanceof AppendError)) throw failure
    }
  }
}

function isTelling({ type, unit, help }: NonNullable<WrittenSeries['metadata']>): boolean {
  return type !== 'unknown' || unit !== '' || help !== ''
}

function labelProblem(labels: Labels): string | undefined {
  const names = [...labels].map(([name]) => name)
  if (!isValidMetricName(labels.metricName, 'utf8') || names.some((name) => !isValidLabelName(name, 'utf8'))) {
    return `invalid metric name or labels, got ${printed(labels)}`
  }
  const double = names.find((name, index) => names[index + 1] === name)
  if (double === undefined) return undefined
  return `invalid labels for series, labels ${printed(labels)}, duplicated label ${double}`
}

function printed(labels: Labels): string {
  return `{${[...labels].map(([name, value]) => `${name}=${goQuote(value)}`).join(', ')}}`
}

function refusal(status: number, message: string): WriteAnswer {
  return { status, headers: {}, message }
}
