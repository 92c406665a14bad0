import type { PlainRule } from './plain-rule.ts'

/** What a rule asks for, in one line. */
export function ruleSummary({ from, to, when }: PlainRule): string {
  const sources = from.map(fieldsText)
  const operations = to.map(fieldsText)
  const conditions = when.map(({ key, values, notValues }) => {
    const not = notValues.length === 0 ? '' : ` not ${notValues.join(' ')}`
    return `${key}${values.length === 0 ? '' : ` ${values.join(' ')}`}${not}`
  })
  const parts = [
    ...(sources.length === 0 ? [] : [`from ${sources.join(' or ')}`]),
    ...(operations.length === 0 ? [] : [`to ${operations.join(' or ')}`]),
    ...(conditions.length === 0 ? [] : [`when ${conditions.join(' and ')}`]),
  ]
  return parts.length === 0 ? 'everything' : parts.join(', ')
}

function fieldsText(fields: object): string {
  const entries = Object.entries(fields as Readonly<Record<string, readonly string[]>>)
  return entries.map(([name, values]) => `${name} ${values.join(' ')}`).join(' and ')
}
