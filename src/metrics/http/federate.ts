import type { Clock } from '../../world/clock.ts'
import { formOf, textResponse, type WebRequest, type WebResponse } from '../../world/web.ts'
import { EXPOSITION_TYPE, type MetricFamily, type MetricPoint, printFamily } from '../instrument/metric-families.ts'
import { hasCustomBuckets } from '../model/histogram/bounds.ts'
import { allBuckets } from '../model/histogram/buckets.ts'
import type { FloatHistogram } from '../model/histogram.ts'
import { compareLabels, type Labels, METRIC_NAME } from '../model/labels.ts'
import type { Matcher } from '../model/matcher.ts'
import type { Queryable, StoredSeries } from '../model/storage.ts'
import { parseSelector } from '../promql/syntax/parse.ts'

export interface FederationDeps {
  readonly clock: Pick<Clock, 'now'>
  readonly queryable: Queryable
  readonly lookbackMs: number
  /** Say where the series come from, as far as they do not say it themselves. */
  readonly externalLabels: () => Readonly<Record<string, string>>
}

/**
 * `/federate`: the newest sample of each series that matches, for another Prometheus to scrape
 * (prometheus/prometheus web/federate.go). Native histograms with exponential buckets have no place in the text format.
 */
export async function federate(request: WebRequest, deps: FederationDeps): Promise<WebResponse> {
  const form = await formOf(request)
  let sets: readonly (readonly Matcher[])[]
  try {
    sets = form.getAll('match[]').map((text) => parseSelector(text))
  } catch (error) {
    return textResponse(400, `${(error as Error).message}\n`)
  }
  const now = deps.clock.now()
  const range = { minMs: now - deps.lookbackMs, maxMs: now }
  const lists = await Promise.all(sets.map((matchers) => deps.queryable.select({ matchers, ...range })))
  const external = Object.entries({ instance: '', ...deps.externalLabels() }).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const body = [...families(unique(lists.flat()), external)].map(printFamily).join('')
  return { status: 200, headers: { 'content-type': EXPOSITION_TYPE }, body }
}

/** Sorted by name, then by the other labels. */
function unique(series: readonly StoredSeries[]): readonly StoredSeries[] {
  const byKey = new Map(series.map((one) => [one.labels.key, one]))
  const nameOf = ({ labels }: StoredSeries): string => labels.get(METRIC_NAME)
  return [...byKey.values()]
    .filter((one) => nameOf(one) !== '')
    .sort((a, b) => (nameOf(a) === nameOf(b) ? compareLabels(a.labels, b.labels) : nameOf(a) < nameOf(b) ? -1 : 1))
}

function* families(
  series: readonly StoredSeries[],
  external: readonly (readonly [string, string])[],
): Generator<MetricFamily> {
  let family: (MetricFamily & { points: MetricPoint[] }) | undefined
  for (const one of series) {
    const { length, timestamps, values, histograms, stale } = one.samples()
    const last = length - 1
    if (last < 0 || stale?.[last] === 1) continue
    const histogram = histograms?.[last]
    if (histogram !== undefined && !hasCustomBuckets(histogram)) continue
    const name = one.labels.get(METRIC_NAME)
    const type = histogram === undefined ? 'untyped' : 'histogram'
    if (family?.name !== name || family.type !== type) {
      if (family !== undefined) yield family
      family = { name, type, help: '', points: [] }
    }
    const labels = labelsOfSample(one.labels, external)
    const timestampMs = timestamps[last] ?? 0
    if (histogram === undefined) family.points.push({ labels, value: values[last] ?? 0, timestampMs })
    else family.points.push(...classicPoints(histogram, labels).map((point) => ({ ...point, timestampMs })))
  }
  if (family !== undefined) yield family
}

function labelsOfSample(
  labels: Labels,
  external: readonly (readonly [string, string])[],
): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const [name, value] of labels) if (name !== METRIC_NAME) found[name] = value
  for (const [name, value] of external) found[name] ??= value
  return found
}

/** A native histogram with custom buckets, as the classic one that it was. */
function classicPoints(histogram: FloatHistogram, labels: Readonly<Record<string, string>>): readonly MetricPoint[] {
  let seen = 0
  const counts = new Map(allBuckets(histogram).map(({ upper, count }) => [upper, count]))
  const bounds = [...histogram.customValues, Infinity]
  const buckets = bounds.map((bound) => {
    seen += counts.get(bound) ?? 0
    const le = bound === Infinity ? '+Inf' : String(bound)
    return { suffix: '_bucket', labels: { ...labels, le }, value: seen }
  })
  return [
    ...buckets,
    { suffix: '_sum', labels, value: histogram.sum },
    { suffix: '_count', labels, value: histogram.count },
  ]
}
