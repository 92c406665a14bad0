import { formatFloat } from '../../base/go-numbers.ts'
import type { MetricFamily, MetricLabels, MetricPoint } from './metric-families.ts'

/** Quantiles are those of so many observations that came last. */
const OBSERVATIONS_MAX = 1_024

export interface DistributionName {
  readonly name: string
  readonly help: string
}

/** Durations and sizes as quantiles, one summary for each set of labels. */
export class Summaries {
  readonly #name: DistributionName
  readonly #quantiles: readonly number[]
  readonly #series = new Map<string, Observations>()

  constructor(name: DistributionName, quantiles: readonly number[] = [0.5, 0.9, 0.99]) {
    this.#name = name
    this.#quantiles = quantiles
  }

  observe(value: number, labels: MetricLabels = {}): void {
    const key = JSON.stringify(labels)
    let series = this.#series.get(key)
    if (series === undefined) this.#series.set(key, (series = { labels, recent: [], sum: 0, count: 0 }))
    series.recent[series.count % OBSERVATIONS_MAX] = value
    series.sum += value
    series.count++
  }

  family(): MetricFamily {
    return { ...this.#name, type: 'summary', points: [...this.#series.values()].flatMap((one) => this.#pointsOf(one)) }
  }

  #pointsOf({ labels, recent, sum, count }: Observations): MetricPoint[] {
    const sorted = Float64Array.from(recent).sort()
    const quantiles = this.#quantiles.map((quantile) => ({
      labels: { ...labels, quantile: String(quantile) },
      value: sorted[Math.ceil(quantile * sorted.length) - 1] ?? Number.NaN,
    }))
    return [...quantiles, { suffix: '_sum', labels, value: sum }, { suffix: '_count', labels, value: count }]
  }
}

interface Observations {
  readonly labels: MetricLabels
  readonly recent: number[]
  sum: number
  count: number
}

/** Durations and sizes in buckets, one classic histogram for each set of labels. */
export class Histograms {
  readonly #name: DistributionName
  readonly #bounds: readonly number[]
  readonly #series = new Map<string, Buckets>()

  constructor(name: DistributionName, bounds: readonly number[]) {
    this.#name = name
    this.#bounds = bounds
  }

  observe(value: number, labels: MetricLabels = {}): void {
    this.#count(this.#seriesOf(labels), value)
  }

  /** Observes into one series, for who does so often. */
  observer(labels: MetricLabels = {}): (value: number) => void {
    const series = this.#seriesOf(labels)
    return (value) => this.#count(series, value)
  }

  #seriesOf(labels: MetricLabels): Buckets {
    const key = JSON.stringify(labels)
    let series = this.#series.get(key)
    if (series === undefined) {
      this.#series.set(key, (series = { labels, counts: new Float64Array(this.#bounds.length), sum: 0, count: 0 }))
    }
    return series
  }

  #count(series: Buckets, value: number): void {
    const bucket = this.#bounds.findIndex((bound) => value <= bound)
    if (bucket >= 0) series.counts[bucket] = (series.counts[bucket] ?? 0) + 1
    series.sum += value
    series.count++
  }

  family(): MetricFamily {
    const points = [...this.#series.values()].flatMap(({ labels, counts, sum, count }) => {
      let seen = 0
      const buckets = this.#bounds.map((bound, index) => {
        seen += counts[index] ?? 0
        return { suffix: '_bucket', labels: { ...labels, le: formatFloat(bound, 'g', -1) }, value: seen }
      })
      return [
        ...buckets,
        { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: count },
        { suffix: '_sum', labels, value: sum },
        { suffix: '_count', labels, value: count },
      ]
    })
    return { ...this.#name, type: 'histogram', points }
  }
}

interface Buckets {
  readonly labels: MetricLabels
  readonly counts: Float64Array
  sum: number
  count: number
}
