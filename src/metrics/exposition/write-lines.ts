import { isValidLabelName, isValidMetricName } from '../model/names.ts'
import { escapeName, type EscapingScheme } from './escape-names.ts'

/** What lines of both text formats have in common. */
export interface SeriesText {
  readonly name: string
  readonly labels: readonly (readonly [name: string, value: string])[]
}

/** `name{label="value"}`; a name beyond the old alphabet stands in quotes among the labels. */
export function seriesLine({ name, labels }: SeriesText, escaping: EscapingScheme): string {
  const metric = escapeName(name, escaping)
  const isPlain = isValidMetricName(metric, 'legacy')
  const parts = labels.map(([label, value]) => {
    const escaped = escapeName(label, escaping)
    return `${isValidLabelName(escaped, 'legacy') ? escaped : quoted(escaped)}=${quoted(value)}`
  })
  if (isPlain) return parts.length === 0 ? metric : `${metric}{${parts.join(',')}}`
  return `{${[quoted(metric), ...parts].join(',')}}`
}

/** The name in a comment line. */
export function familyName(name: string, escaping: EscapingScheme): string {
  const escaped = escapeName(name, escaping)
  return isValidMetricName(escaped, 'legacy') ? escaped : quoted(escaped)
}

function quoted(text: string): string {
  return `"${text.replace(/[\\"\n]/g, (each) => (each === '\n' ? '\\n' : `\\${each}`))}"`
}
