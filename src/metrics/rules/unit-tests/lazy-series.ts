import type { Labels } from '../../model/labels.ts'
import type { Tsdb } from '../../tsdb/tsdb.ts'
import { parseSeriesDescription, type SequenceValue } from '../../promql/syntax/parse-series.ts'
import type { TestGroup } from './test-file.ts'

interface InputSeries {
  readonly labels: Labels
  readonly values: readonly SequenceValue[]
  /** How many of the values are in the storage. */
  appended: number
}

/** Series of a test, which come into the storage as time goes by: rules must not see what is yet to come. */
export class LazySeries {
  readonly #startMs: number
  readonly #stepMs: number
  readonly #series: readonly InputSeries[]

  /** Throws a ParseError for a series that is malformed. */
  constructor(group: TestGroup, { startMs, stepMs }: { startMs: number; stepMs: number }) {
    this.#startMs = startMs
    this.#stepMs = stepMs
    this.#series = (group.input_series ?? []).map(({ series = '', values = '' }) => {
      return { ...parseSeriesDescription(`${series} ${values}`), appended: 0 }
    })
  }

  async appendUntil(storage: Tsdb, untilMs: number): Promise<void> {
    const appender = storage.appender()
    for (const series of this.#series) {
      let ref = 0
      for (; series.appended < series.values.length; series.appended++) {
        const timestampMs = this.#startMs + series.appended * this.#stepMs
        const value = series.values[series.appended]
        if (timestampMs > untilMs || value === undefined) break
        if (value.type === 'float') ref = appender.append(ref, series.labels, { timestampMs, value: value.value })
        if (value.type === 'stale') ref = appender.appendStale(ref, series.labels, timestampMs)
        if (value.type === 'histogram') {
          const { histogram } = value
          ref = appender.appendHistogram(ref, series.labels, { timestampMs, histogram, isInteger: false })
        }
      }
    }
    await appender.commit()
  }
}
