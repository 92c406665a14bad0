import type { MetricType } from '../model/storage.ts'

/** What names of series have after the name of their family. */
const SUFFIXES: Partial<Readonly<Record<MetricType, readonly string[]>>> = {
  counter: ['_total'],
  histogram: ['_bucket', '_sum', '_count'],
  gaugehistogram: ['_bucket', '_gsum', '_gcount'],
  summary: ['_sum', '_count'],
  info: ['_info'],
}

/** Does a series of this name belong to the family? A family may be called with or without `_total` and `_info`. */
export function isPartOfFamily(
  name: string,
  { metricFamily, type }: { readonly metricFamily: string; readonly type: MetricType },
): boolean {
  const suffixes = SUFFIXES[type] ?? []
  const family = type === 'counter' || type === 'info' ? withoutSuffix(metricFamily, suffixes) : metricFamily
  return withoutSuffix(name, suffixes) === family
}

function withoutSuffix(name: string, suffixes: readonly string[]): string {
  const suffix = suffixes.find((each) => name.endsWith(each))
  return suffix === undefined ? name : name.slice(0, -suffix.length)
}
