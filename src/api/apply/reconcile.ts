import {
  childOf,
  FieldSetBuilder,
  isEmptySet,
  isMember,
  recursiveDifference,
  union,
  withoutSelf,
  type FieldSet,
} from './field-set.ts'
import { fieldOf } from './path-element.ts'
import { ATOMIC, DEDUCED, shapeBelow, type ListShape, type MapShape, type Shape } from './shape.ts'

/**
 * Adapts a set that was written under an earlier schema: who owned parts of what has become atomic now owns the whole.
 * The other way round nothing changes. After structured-merge-diff typed/reconcile_schema.go.
 */
export function reconcile(set: FieldSet, shape: Shape): FieldSet {
  const byShape = reconciled.get(set)
  const known = byShape?.get(shape)
  if (known !== undefined) return known
  const atomics = new FieldSetBuilder()
  visit(set, shape, { path: [], isAtomic: false, atomics })
  const wholes = atomics.build()
  const adapted = isEmptySet(wholes) ? set : union(recursiveDifference(set, wholes), wholes)
  if (byShape === undefined) reconciled.set(set, new WeakMap([[shape, adapted]]))
  else byShape.set(shape, adapted)
  return adapted
}

/** Sets are shared between objects and written once, so the same question comes with every write. */
const reconciled = new WeakMap<FieldSet, WeakMap<Shape, FieldSet>>()

interface Walk {
  readonly path: readonly string[]
  /** The path is owned as a whole, with nothing below it. */
  readonly isAtomic: boolean
  readonly atomics: FieldSetBuilder
}

function visit(node: FieldSet | undefined, shape: Shape, walk: Walk): void {
  if (shape.map !== undefined) visitMap(node, shape.map, walk)
  else if (shape.scalar === undefined && shape.list !== undefined) visitList(node, shape.list, walk)
}

function visitMap(node: FieldSet | undefined, map: MapShape, walk: Walk): void {
  if (isOfUnknownFields(map)) return
  if (map.atomic && !walk.isAtomic) {
    if (node !== undefined && !isEmptySet(node)) walk.atomics.insert(walk.path)
    return
  }
  visitChildren(node, walk, (element) => {
    const name = fieldOf(element)
    return name === undefined ? map.values?.() : shapeBelow(map, name)
  })
}

function visitList(node: FieldSet | undefined, list: ListShape, walk: Walk): void {
  if (list.atomic && !walk.isAtomic) {
    walk.atomics.insert(walk.path)
    return
  }
  visitChildren(node, walk, () => list.items())
}

function visitChildren(node: FieldSet | undefined, walk: Walk, shapeOf: (element: string) => Shape | undefined): void {
  for (const element in node) {
    const child = childOf(node, element)
    const shape = shapeOf(element)
    if (element === '.' || child === undefined || shape === undefined) continue
    const children = withoutSelf(child)
    const hasChildren = !isEmptySet(children)
    visit(hasChildren ? children : undefined, shape, {
      path: [...walk.path, element],
      isAtomic: isMember(child) && !hasChildren,
      atomics: walk.atomics,
    })
  }
}

/** Types that are deduced from values have no atomic parts to become. */
function isOfUnknownFields(map: MapShape): boolean {
  if (map.hasFields) return false
  const values = map.values?.()
  return values === DEDUCED || values?.scalar === 'untyped' || values === ATOMIC
}
