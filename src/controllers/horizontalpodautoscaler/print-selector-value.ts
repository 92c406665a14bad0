import type { LabelSelector } from '../../api/selectors/label-selector.ts'

/** A selector as upstream's messages have it: Go's `%+v` of a pointer to it. */
export function printSelectorValue(selector: LabelSelector | undefined): string {
  if (selector === undefined) return 'nil'
  const labels = Object.entries(selector.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values = [] }) => `{${key} ${operator} [${values.join(' ')}]}`,
  )
  const printed = labels.map(([name, value]) => `${name}: ${value},`).join('')
  const list = expressions.map((expression) => `LabelSelectorRequirement${expression},`).join('')
  return `&LabelSelector{MatchLabels:map[string]string{${printed}},MatchExpressions:[]LabelSelectorRequirement{${list}},}`
}
