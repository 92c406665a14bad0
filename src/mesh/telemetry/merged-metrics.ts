import type { MeshMetric } from './exposed-family.ts'

/** Metrics whose labels are the same become one: their sum. */
export function mergedMetrics(metrics: readonly MeshMetric[]): readonly MeshMetric[] {
  const merged = new Map<string, MeshMetric>()
  for (const metric of metrics) {
    const key = JSON.stringify(metric.labels)
    const known = merged.get(key)
    merged.set(key, known === undefined ? metric : { labels: known.labels, value: sumOf(known.value, metric.value) })
  }
  return merged.size === metrics.length ? metrics : [...merged.values()]
}

function sumOf(a: MeshMetric['value'], b: MeshMetric['value']): MeshMetric['value'] {
  if (a.kind === 'number' && b.kind === 'number') return { kind: 'number', value: a.value + b.value }
  if (a.kind !== 'buckets' || b.kind !== 'buckets') return a
  const buckets = a.buckets.map(({ upperBound, count }, index) => ({
    upperBound,
    count: count + (b.buckets[index]?.count ?? 0),
  }))
  return { kind: 'buckets', count: a.count + b.count, sum: a.sum + b.sum, buckets }
}
