import { formatFloat } from '../../base/go-numbers.ts'

/** What a program says of itself: one metric with its series at this moment. */
export interface MetricFamily {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'summary' | 'histogram' | 'untyped'
  readonly help: string
  readonly points: readonly MetricPoint[]
}

export interface MetricPoint {
  /** What follows the family's name: `_sum`, `_bucket`. */
  readonly suffix?: string
  readonly labels?: MetricLabels
  readonly value: number
  readonly timestampMs?: number
}

export type MetricLabels = Readonly<Record<string, string>>

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** A family with one series and no labels. */
export function single(type: 'counter' | 'gauge', name: string, help: string, value: number): MetricFamily {
  return { name, type, help, points: [{ value }] }
}

/** A family whose series differ in one label. */
export function byLabel(
  type: 'counter' | 'gauge',
  name: string,
  help: string,
  { label, values }: { readonly label: string; readonly values: Iterable<readonly [string, number]> },
): MetricFamily {
  const points = Array.from(values, ([text, value]) => ({ labels: { [label]: text }, value }))
  return { name, type, help, points }
}

/** The text format 0.0.4, families by name. What has no series is left out. */
export function printFamilies(families: readonly MetricFamily[]): string {
  const sorted = families.filter(({ points }) => points.length > 0).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return sorted.map(printFamily).join('')
}

export function printFamily({ name, type, help, points }: MetricFamily): string {
  const helpLine = help === '' ? '' : `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`
  return `${helpLine}# TYPE ${name} ${type}\n${points.map((point) => printPoint(name, point)).join('')}`
}

function printPoint(name: string, { suffix = '', labels = {}, value, timestampMs }: MetricPoint): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  const printed = pairs.length === 0 ? '' : `{${pairs.join(',')}}`
  const time = timestampMs === undefined ? '' : ` ${timestampMs}`
  return `${name}${suffix}${printed} ${formatFloat(value, 'g', -1)}${time}\n`
}

function escaped(text: string): string {
  return /[\\"\n]/.test(text) ? text.replace(/[\\"\n]/g, (mark) => (mark === '\n' ? '\\n' : `\\${mark}`)) : text
}
