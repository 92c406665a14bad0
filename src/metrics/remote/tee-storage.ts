import type { Labels } from '../model/labels.ts'
import type {
  Appendable,
  Appender,
  Exemplar,
  FloatSample,
  HistogramSample,
  MetricMetadata,
  SeriesRef,
} from '../model/storage.ts'
import type { WrittenSeries } from './written-series.ts'

/** Hears of everything that was committed. */
export interface CommitListener {
  take(series: readonly WrittenSeries[]): void
}

/** A storage that tells others what was written to it: each sample as a series of its own, in the order in which they came. */
export function teeStorage(storage: Appendable, listeners: readonly CommitListener[]): Appendable {
  return listeners.length === 0 ? storage : { appender: () => new TeeAppender(storage.appender(), listeners) }
}

const NOTHING = { samples: [], histograms: [], exemplars: [] }

class TeeAppender implements Appender {
  readonly #appender: Appender
  readonly #listeners: readonly CommitListener[]
  readonly #written: WrittenSeries[] = []
  readonly #metadata = new Map<string, MetricMetadata>()

  constructor(appender: Appender, listeners: readonly CommitListener[]) {
    this.#appender = appender
    this.#listeners = listeners
  }

  append(ref: SeriesRef, labels: Labels, sample: FloatSample): SeriesRef {
    const taken = this.#appender.append(ref, labels, sample)
    // The caller may use the sample's object again.
    const { timestampMs, value, startTimestampMs } = sample
    const start = startTimestampMs === undefined ? {} : { startTimestampMs }
    this.#written.push({ labels, ...NOTHING, samples: [{ timestampMs, value, stale: false, ...start }] })
    return taken
  }

  appendHistogram(ref: SeriesRef, labels: Labels, sample: HistogramSample): SeriesRef {
    const taken = this.#appender.appendHistogram(ref, labels, sample)
    this.#written.push({ labels, ...NOTHING, histograms: [{ ...sample, stale: false }] })
    return taken
  }

  appendStale(ref: SeriesRef, labels: Labels, timestampMs: number): SeriesRef {
    const taken = this.#appender.appendStale(ref, labels, timestampMs)
    // Whether the series held floats or histograms is not known here: the reader takes a marker of either kind.
    this.#written.push({ labels, ...NOTHING, samples: [{ timestampMs, value: Number.NaN, stale: true }] })
    return taken
  }

  appendExemplar(ref: SeriesRef, labels: Labels, exemplar: Exemplar): void {
    this.#appender.appendExemplar(ref, labels, exemplar)
    this.#written.push({ labels, ...NOTHING, exemplars: [exemplar] })
  }

  setMetadata(ref: SeriesRef, labels: Labels, metadata: MetricMetadata): void {
    this.#appender.setMetadata(ref, labels, metadata)
    this.#metadata.set(labels.key, metadata)
  }

  async commit(): Promise<void> {
    await this.#appender.commit()
    if (this.#written.length === 0) return
    const written = this.#metadata.size === 0 ? this.#written : this.#written.map((each) => this.#described(each))
    for (const listener of this.#listeners) listener.take(written)
  }

  rollback(): void {
    this.#appender.rollback()
  }

  #described(series: WrittenSeries): WrittenSeries {
    const metadata = this.#metadata.get(series.labels.key)
    return metadata === undefined ? series : { ...series, metadata }
  }
}
