import {
  compose,
  fieldSetOf,
  isEmptySet,
  isMember,
  recursiveDifference,
  withoutSelf,
  type FieldSet,
} from './field-set.ts'
import type { Path } from './path-element.ts'

/** Which fields take part in ownership, say, at an endpoint that resets some of them. */
export type FieldFilter = (set: FieldSet) => FieldSet

/** All but these, and what is below them. */
export function excluding(...paths: Path[]): FieldFilter {
  const excluded = fieldSetOf(paths)
  return (set) => recursiveDifference(set, excluded)
}

/** Only these and what is below them. `*` stands for any one element. */
export function including(...patterns: readonly (readonly string[])[]): FieldFilter {
  return (set) => include(set, patterns)
}

function include(set: FieldSet, patterns: readonly (readonly string[])[]): FieldSet {
  if (patterns.some((pattern) => pattern.length === 0)) return set
  const included: Record<string, FieldSet> = {}
  for (const element in set) {
    const node = set[element]
    if (node === undefined || element === '.') continue
    const deeper = patterns.filter(([first]) => first === '*' || first === element).map((pattern) => pattern.slice(1))
    if (deeper.length === 0) continue
    const children = withoutSelf(node)
    const kept = compose(isMember(node), isEmptySet(children) ? children : include(children, deeper))
    if (kept !== undefined) included[element] = kept
  }
  return included
}
