import { SelectorError } from './label-matcher.ts'
import { validateKey, type Labels } from './requirement.ts'
import { validateLabelValue } from '../names/labels.ts'
import { invalidValue } from '../errors.ts'

/** `a=b,c=d`, sorted. The text of a set of labels, which is also a selector for it. */
export function printLabels(labels: Labels | undefined): string {
  return Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .toSorted()
    .join(',')
}

/** Reads `a=b,c=d` as labels. Throws a `SelectorError`. */
export function parseLabels(text: string): Labels {
  const labels: Record<string, string> = {}
  if (text === '') return labels
  for (const term of text.split(',')) {
    const [rawKey = '', rawValue, ...rest] = term.split('=')
    if (rawValue === undefined || rest.length > 0) {
      throw new SelectorError(`invalid selector: [${term.split('=').join(' ')}]`)
    }
    const key = rawKey.trim()
    const value = rawValue.trim()
    const causes = validateKey(key, '<nil>')
    const problems = validateLabelValue(value)
    if (problems.length > 0) causes.push(invalidValue(`[${key}]`, value, problems.join('; ')))
    const [first] = causes
    if (first !== undefined) throw SelectorError.of([first])
    labels[key] = value
  }
  return labels
}
