import { compose, isEmptySet, isMember, withoutSelf, type FieldSet } from './field-set.ts'
import { fieldOf } from './path-element.ts'
import type { Shape } from './shape.ts'

/**
 * The set together with the declared fields that its paths lead through: who owns .spec.replicas is taken to own .spec.
 * After structured-merge-diff fieldpath/set.go.
 */
export function withNamedFields(set: FieldSet, shape: Shape | undefined): FieldSet {
  const widened: Record<string, FieldSet> = {}
  for (const element in set) {
    const node = set[element]
    if (node === undefined || element === '.') continue
    const children = withNamedFields(withoutSelf(node), shapeAt(shape, element))
    const isNamed = !isEmptySet(children) && declares(shape, element)
    const whole = compose(isMember(node) || isNamed, children)
    if (whole !== undefined) widened[element] = whole
  }
  return widened
}

function declares(shape: Shape | undefined, element: string): boolean {
  const name = fieldOf(element)
  return name !== undefined && shape?.map?.field(name) !== undefined
}

function shapeAt(shape: Shape | undefined, element: string): Shape | undefined {
  const name = fieldOf(element)
  if (name !== undefined) return shape?.map?.field(name)?.shape() ?? shape?.map?.values?.()
  return element.startsWith('k:') ? shape?.list?.items() : undefined
}
