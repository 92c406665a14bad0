import type { TRANSLATION_STRATEGIES } from '../config/other-sections.ts'

/** Names of metrics and labels as Prometheus writes them (github.com/prometheus/otlptranslator). */

export type TranslationStrategy = (typeof TRANSLATION_STRATEGIES)[number]

export interface NamingOptions {
  readonly strategy: TranslationStrategy
  /** `_x` becomes `key_x`. */
  readonly sanitizesUnderscores: boolean
  readonly keepsUnderscores: boolean
}

/** What a metric's name may say beside its name. */
export interface NamedMetric {
  readonly name: string
  readonly unit: string
  readonly isCounter: boolean
  readonly isGauge: boolean
}

const UNITS: Readonly<Record<string, string>> = {
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  TiBy: 'tibibytes',
  KBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
  TBy: 'terabytes',
  m: 'meters',
  V: 'volts',
  A: 'amperes',
  J: 'joules',
  W: 'watts',
  g: 'grams',
  Cel: 'celsius',
  Hz: 'hertz',
  '1': '',
  '%': 'percent',
}

const PER_UNITS: Readonly<Record<string, string>> = {
  s: 'second',
  m: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  mo: 'month',
  y: 'year',
}

export function metricName(metric: NamedMetric, strategy: TranslationStrategy): string {
  if (strategy === 'NoTranslation') return metric.name
  const suffixes = strategy === 'UnderscoreEscapingWithoutSuffixes' ? [] : suffixesOf(metric)
  if (strategy === 'NoUTF8EscapingWithSuffixes') {
    let name = metric.name
    // What the name ends with already is said once, and `total` stays last.
    for (const suffix of suffixes) {
      name = name.endsWith(`_${suffix}`) ? name.slice(0, -suffix.length - 1) : name
    }
    return [name, ...suffixes].join('_')
  }
  const tokens = metric.name.split(/[^a-zA-Z0-9:]+/).filter((token) => token !== '')
  const added = suffixes.flatMap((suffix) => suffix.split('_'))
  const moved = tokens.filter((token) => !(token === 'total' && metric.isCounter && added.includes('total')))
  const missing = added.filter((token) => token === 'total' || token === 'ratio' || !moved.includes(token))
  const name = [...moved.filter((token) => !(token === 'ratio' && missing.includes('ratio'))), ...missing].join('_')
  return /^\d/.test(name) ? `_${name}` : name
}

/** The unit in words: `seconds`, `bytes_per_second`. */
export function unitName(unit: string): string {
  return unitTokens(unit).join('_')
}

export function labelName(name: string, { strategy, sanitizesUnderscores, keepsUnderscores }: NamingOptions): string {
  if (strategy === 'NoTranslation' || strategy === 'NoUTF8EscapingWithSuffixes' || name === '') return name
  let label = name.replace(/[^a-zA-Z0-9_]/gu, '_')
  if (!keepsUnderscores) label = label.replace(/_+/g, '_')
  if (/^\d/.test(label)) return `key_${label}`
  const isReserved = label.startsWith('__') && label.endsWith('__')
  return sanitizesUnderscores && label.startsWith('_') && !isReserved ? `key${label}` : label
}

function suffixesOf({ unit, isCounter, isGauge }: NamedMetric): string[] {
  const suffixes = unitTokens(unit)
  if (isCounter) suffixes.push('total')
  else if (isGauge && unit === '1') suffixes.push('ratio')
  return suffixes
}

/** What stands in braces is a remark and no unit. */
function unitTokens(unit: string): string[] {
  const [main = '', per = ''] = unit.split('/', 2).map((part) => part.trim())
  const known = main.includes('{') ? '' : (UNITS[main] ?? main)
  const rate = per.includes('{') || per === '' ? '' : `per_${PER_UNITS[per] ?? per}`
  return [known, rate]
    .filter((token) => token !== '')
    .map((token) => token.replace(/[^a-zA-Z0-9_]+/g, '_').replace(/^_+|_+$/g, ''))
}
