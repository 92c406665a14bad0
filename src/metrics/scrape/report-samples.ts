import type { Labels } from '../model/labels.ts'
import type { Appender, MetricMetadata } from '../model/storage.ts'
import { isLate } from './append-scrape.ts'
import { reportLabels } from './sample-labels.ts'

/** What is told of a scrape itself, beside what it brought. */
export interface ScrapeReport {
  readonly isUp: boolean
  readonly durationMs: number
  readonly scraped: number
  readonly added: number
  readonly seriesAdded: number
  readonly timeoutMs: number
  readonly sampleLimit: number
  /** -1: there was more than may be. */
  readonly bodyBytes: number
}

interface ReportMetric {
  readonly name: string
  readonly help: string
  readonly unit: string
  readonly isExtra?: boolean
  value(report: ScrapeReport): number
}

/** Source: prometheus/prometheus scrape/scrape.go. */
const METRICS: readonly ReportMetric[] = [
  {
    name: 'up',
    help: 'Health of the scrape target. 1 means the target is healthy, 0 if the scrape failed.',
    unit: 'targets',
    value: ({ isUp }) => (isUp ? 1 : 0),
  },
  {
    name: 'scrape_duration_seconds',
    help: 'Duration of the last scrape in seconds.',
    unit: 'seconds',
    value: ({ durationMs }) => durationMs / 1000,
  },
  {
    name: 'scrape_samples_scraped',
    help: 'Number of samples last scraped.',
    unit: 'samples',
    value: ({ scraped }) => scraped,
  },
  {
    name: 'scrape_samples_post_metric_relabeling',
    help: 'Number of samples remaining after metric relabeling was applied.',
    unit: 'samples',
    value: ({ added }) => added,
  },
  {
    name: 'scrape_series_added',
    help: 'Number of series in the last scrape.',
    unit: 'series',
    value: ({ seriesAdded }) => seriesAdded,
  },
  {
    name: 'scrape_timeout_seconds',
    help: 'The configured scrape timeout for a target.',
    unit: 'seconds',
    isExtra: true,
    value: ({ timeoutMs }) => timeoutMs / 1000,
  },
  {
    name: 'scrape_sample_limit',
    help: 'The configured sample limit for a target. Returns zero if there is no limit configured.',
    unit: 'samples',
    isExtra: true,
    value: ({ sampleLimit }) => sampleLimit,
  },
  {
    name: 'scrape_body_size_bytes',
    help: 'The uncompressed size of the last scrape response, if successful. Scrapes failing because body_size_limit is exceeded report -1, other scrape failures report 0.',
    unit: 'bytes',
    isExtra: true,
    value: ({ bodyBytes }) => bodyBytes,
  },
]

/** Writes the reports of one target. */
export class ScrapeReporter {
  readonly #series: { readonly metric: ReportMetric; readonly labels: Labels; ref: number }[]

  constructor(targetLabels: Labels, options: { withExtra: boolean }) {
    this.#series = METRICS.filter(({ isExtra }) => options.withExtra || isExtra !== true).map((metric) => ({
      metric,
      labels: reportLabels(metric.name, targetLabels),
      ref: 0,
    }))
  }

  report(appender: Appender, timestampMs: number, report: ScrapeReport, options: { storesMetadata: boolean }): void {
    for (const series of this.#series) {
      const isNew = series.ref === 0
      ignoringLate(() => {
        series.ref = appender.append(series.ref, series.labels, { timestampMs, value: series.metric.value(report) })
      })
      if (isNew && options.storesMetadata) appender.setMetadata(series.ref, series.labels, metadataOf(series.metric))
    }
  }

  /** Says that the target is gone. */
  markEnded(appender: Appender, timestampMs: number): void {
    for (const { ref, labels } of this.#series) ignoringLate(() => appender.appendStale(ref, labels, timestampMs))
  }
}

function metadataOf({ help, unit }: ReportMetric): MetricMetadata {
  return { type: 'gauge', help, unit }
}

function ignoringLate(append: () => void): void {
  try {
    append()
  } catch (failure) {
    if (!isLate(failure)) throw failure
  }
}
