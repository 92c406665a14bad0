import type { MetricType } from '../model/storage.ts'
import type { EscapingScheme } from './escape-names.ts'
import { bucketsWithInfinity, type ExposedFamily, type ExposedMetric } from './exposed-family.ts'
import { formatFloat } from './numbers.ts'
import { familyName, seriesLine } from './write-lines.ts'

/** Types that this format has no word for are `untyped`. */
const TYPES: Partial<Readonly<Record<MetricType, string>>> = {
  counter: 'counter',
  gauge: 'gauge',
  histogram: 'histogram',
  summary: 'summary',
}

/** The text format 0.0.4 (prometheus/common: expfmt/text_create.go). */
export function writeText(families: readonly ExposedFamily[], escaping: EscapingScheme = 'allow-utf-8'): string {
  const lines: string[] = []
  for (const family of families) {
    const metrics = family.metrics.filter(({ value }) => value.kind !== 'native')
    if (metrics.length === 0) continue
    const name = familyName(family.name, escaping)
    if (family.help !== '') lines.push(`# HELP ${name} ${escapeHelp(family.help)}`)
    lines.push(`# TYPE ${name} ${TYPES[family.type] ?? 'untyped'}`)
    for (const metric of metrics) lines.push(...metricLines(family.name, metric, escaping))
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

function metricLines(name: string, { labels, value, timestampMs }: ExposedMetric, escaping: EscapingScheme): string[] {
  const time = timestampMs === undefined ? '' : ` ${timestampMs}`
  const line = (suffix: string, number: number, extra: readonly [string, string][] = []): string =>
    `${seriesLine({ name: name + suffix, labels: [...labels, ...extra] }, escaping)} ${formatFloat(number)}${time}`
  switch (value.kind) {
    case 'number':
      return [line('', value.value)]
    case 'summary':
      return [
        ...value.quantiles.map((each) => line('', each.value, [['quantile', formatFloat(each.quantile)]])),
        line('_sum', value.sum),
        line('_count', value.count),
      ]
    case 'buckets':
      return [
        ...bucketsWithInfinity(value).map((each) =>
          line('_bucket', each.count, [['le', formatFloat(each.upperBound)]]),
        ),
        line('_sum', value.sum),
        line('_count', value.count),
      ]
    default:
      return []
  }
}

function escapeHelp(text: string): string {
  return text.replace(/[\\\n]/g, (each) => (each === '\n' ? '\\n' : '\\\\'))
}
