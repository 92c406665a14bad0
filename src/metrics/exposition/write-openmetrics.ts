import type { Exemplar } from '../model/storage.ts'
import type { EscapingScheme } from './escape-names.ts'
import { bucketsWithInfinity, type ExposedFamily, type ExposedMetric } from './exposed-family.ts'
import { formatOpenMetricsFloat } from './numbers.ts'
import { familyName, seriesLine } from './write-lines.ts'

const MS_PER_SECOND = 1_000

/** OpenMetrics 1.0 (prometheus/common: expfmt/openmetrics_create.go). */
export function writeOpenMetrics(families: readonly ExposedFamily[], escaping: EscapingScheme = 'allow-utf-8'): string {
  const lines: string[] = []
  for (const family of families) {
    const metrics = family.metrics.filter(({ value }) => value.kind !== 'native')
    if (metrics.length === 0) continue
    // A counter's family is called without the suffix that its series have.
    const base = family.type === 'counter' ? family.name.replace(/_total$/, '') : family.name
    const name = familyName(base, escaping)
    if (family.help !== '') lines.push(`# HELP ${name} ${escapeHelp(family.help)}`)
    lines.push(`# TYPE ${name} ${family.type}`)
    if (family.unit !== undefined && family.unit !== '') lines.push(`# UNIT ${name} ${family.unit}`)
    const isGauge = family.type === 'gaugehistogram'
    for (const metric of metrics) {
      const suffix =
        family.type === 'counter' ? '_total' : family.type === 'info' && !base.endsWith('_info') ? '_info' : ''
      lines.push(...metricLines(base, metric, { escaping, suffix, isGauge }))
    }
  }
  return [...lines, '# EOF', ''].join('\n')
}

function metricLines(
  name: string,
  { labels, value, timestampMs, startTimestampMs }: ExposedMetric,
  { escaping, suffix, isGauge }: { escaping: EscapingScheme; suffix: string; isGauge: boolean },
): string[] {
  const time = timestampMs === undefined ? '' : ` ${timestampMs / MS_PER_SECOND}`
  const line = (
    end: string,
    number: number,
    options: { extra?: [string, string]; exemplar?: Exemplar } = {},
  ): string => {
    const all = options.extra === undefined ? labels : [...labels, options.extra]
    const exemplar = options.exemplar === undefined ? '' : ` # ${exemplarText(options.exemplar)}`
    return `${seriesLine({ name: name + end, labels: all }, escaping)} ${formatOpenMetricsFloat(number)}${time}${exemplar}`
  }
  const created = startTimestampMs === undefined ? [] : [line('_created', startTimestampMs / MS_PER_SECOND)]
  const sum = isGauge ? '_gsum' : '_sum'
  const count = isGauge ? '_gcount' : '_count'
  switch (value.kind) {
    case 'number':
      return [line(suffix, value.value, value.exemplar === undefined ? {} : { exemplar: value.exemplar }), ...created]
    case 'summary':
      return [
        ...value.quantiles.map((each) =>
          line('', each.value, { extra: ['quantile', formatOpenMetricsFloat(each.quantile)] }),
        ),
        line(sum, value.sum),
        line(count, value.count),
        ...created,
      ]
    case 'buckets':
      return [
        ...bucketsWithInfinity(value).map(({ upperBound, count: below, exemplar }) =>
          line('_bucket', below, {
            extra: ['le', formatOpenMetricsFloat(upperBound)],
            ...(exemplar !== undefined && { exemplar }),
          }),
        ),
        line(sum, value.sum),
        line(count, value.count),
        ...created,
      ]
    default:
      return []
  }
}

function exemplarText({ labels, value, timestampMs }: Exemplar): string {
  const set = seriesLine({ name: 'x', labels: [...labels] }, 'allow-utf-8').slice(1) || '{}'
  const time = timestampMs === undefined ? '' : ` ${timestampMs / MS_PER_SECOND}`
  return `${set} ${formatOpenMetricsFloat(value)}${time}`
}

function escapeHelp(text: string): string {
  return text.replace(/[\\"\n]/g, (each) => (each === '\n' ? '\\n' : `\\${each}`))
}
