import { RE2JS } from 're2js'
import type { MetricFamily, MetricPoint } from '../instrument/metric-families.ts'
import { formOf, type WebRequest } from '../../world/web.ts'
import { type Answer, answerOf } from './answer.ts'
import { badData } from './api-error.ts'

/** `/status/self_metrics`: what `/metrics` says, in the JSON of the protobuf messages. */
export async function selfMetrics(request: WebRequest, families: () => readonly MetricFamily[]): Promise<Answer> {
  const pattern = (await formOf(request)).get('metric_name_pattern') ?? ''
  const isWanted = matcherOf(pattern)
  const sorted = families()
    .filter(({ name, points }) => points.length > 0 && isWanted(name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return answerOf(sorted.map(familyJson))
}

function matcherOf(pattern: string): (name: string) => boolean {
  if (pattern === '') return () => true
  try {
    const compiled = RE2JS.compile(`^(?:${pattern})$`)
    return (name) => compiled.matches(name)
  } catch (error) {
    throw badData(`invalid metric_name_pattern: ${(error as Error).message}`)
  }
}

function familyJson({ name, help, type, points }: MetricFamily): object {
  const metric =
    type === 'summary' || type === 'histogram'
      ? [...seriesOf(points).values()].map((series) => distributionJson(series, type))
      : points.map(({ labels = {}, value }) => ({ ...labelsJson(labels), [type]: { value: numberJson(value) } }))
  return { name, help, type: type.toUpperCase(), metric }
}

/** The points of a summary or a histogram that belong to one series. */
function seriesOf(points: readonly MetricPoint[]): ReadonlyMap<string, readonly MetricPoint[]> {
  const series = new Map<string, MetricPoint[]>()
  for (const point of points) {
    const key = JSON.stringify(ownLabels(point))
    series.set(key, [...(series.get(key) ?? []), point])
  }
  return series
}

function ownLabels({ labels = {} }: MetricPoint): Readonly<Record<string, string>> {
  const { quantile: _quantile, le: _bound, ...own } = labels
  return own
}

function distributionJson(points: readonly MetricPoint[], type: 'summary' | 'histogram'): object {
  const [first] = points
  const valueOf = (suffix: string): number => points.find((point) => point.suffix === suffix)?.value ?? 0
  const sums = { sampleCount: String(valueOf('_count')), sampleSum: numberJson(valueOf('_sum')) }
  const labels = first === undefined ? {} : labelsJson(ownLabels(first))
  if (type === 'summary') {
    const quantile = points.flatMap(({ labels: { quantile: at } = {}, value }) =>
      at === undefined ? [] : [{ quantile: Number(at), value: numberJson(value) }],
    )
    return { ...labels, summary: { ...sums, quantile } }
  }
  const bucket = points.flatMap(({ labels: { le } = {}, value }) =>
    le === undefined || le === '+Inf' ? [] : [{ cumulativeCount: String(value), upperBound: Number(le) }],
  )
  return { ...labels, histogram: { ...sums, bucket } }
}

function labelsJson(labels: Readonly<Record<string, string>>): object {
  const label = Object.entries(labels).map(([name, value]) => ({ name, value }))
  return label.length === 0 ? {} : { label }
}

/** JSON has no word for what is no number. */
function numberJson(value: number): number | string {
  if (Number.isFinite(value)) return value
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
}
