/** A family of metrics as a scrape reads it. */
export interface MeshFamily {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly metrics: readonly MeshMetric[]
}

export interface MeshMetric {
  readonly labels: readonly (readonly [name: string, value: string])[]
  readonly value: NumberSample | BucketsSample
}

interface NumberSample {
  readonly kind: 'number'
  readonly value: number
}

interface BucketsSample {
  readonly kind: 'buckets'
  readonly count: number
  readonly sum: number
  /** How many observations were at most `upperBound`; the last one, +Inf, is left out. */
  readonly buckets: readonly { readonly upperBound: number; readonly count: number }[]
}

/** As Envoy prints it at `/stats/prometheus`: no help, and families without samples are left out. */
export function metricsText(families: Iterable<MeshFamily>): string {
  const lines: string[] = []
  for (const { name, type, metrics } of families) {
    if (metrics.length === 0) continue
    lines.push(`# TYPE ${name} ${type}`)
    for (const metric of metrics) lines.push(...metricLines(name, metric))
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

function metricLines(name: string, { labels, value }: MeshMetric): readonly string[] {
  const text = labels.map(([label, of]) => `${label}="${escaped(of)}"`).join(',')
  if (value.kind === 'number') return [`${name}{${text}} ${value.value}`]
  const { buckets, sum, count } = value
  return [
    ...buckets.map((bucket) => `${name}_bucket{${text},le="${bucket.upperBound}"} ${bucket.count}`),
    `${name}_bucket{${text},le="+Inf"} ${count}`,
    `${name}_sum{${text}} ${sum}`,
    `${name}_count{${text}} ${count}`,
  ]
}

function escaped(value: string): string {
  return value.replaceAll(/[\\"\n]/g, (character) => (character === '\n' ? String.raw`\n` : `\\${character}`))
}
