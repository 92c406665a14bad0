import type { LabelSelector } from '../../types.generated.ts'

/** Maps stand in messages as Go prints them: sorted by key, and null when there is none. */
export function sortedMap(map: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> | null {
  if (map === undefined) return null
  return Object.fromEntries(Object.entries(map).toSorted(([left], [right]) => (left < right ? -1 : 1)))
}

/** A selector as messages show it. */
export function sortedSelector(selector: LabelSelector | undefined): LabelSelector | null {
  if (selector === undefined) return null
  const { matchLabels = {}, matchExpressions = [] } = selector
  return {
    ...(Object.keys(matchLabels).length === 0 ? {} : { matchLabels: sortedMap(matchLabels) ?? {} }),
    ...(matchExpressions.length === 0 ? {} : { matchExpressions }),
  }
}
