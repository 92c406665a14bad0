import type { PathElement } from './path-element.ts'

/**
 * What server-side apply needs to know of a type: which parts of a value are owned separately, and how the items of a
 * list are told apart. A shape may allow several kinds of values, as for a field that takes any JSON.
 * After sigs.k8s.io/structured-merge-diff schema/elements.go.
 */
export interface Shape {
  readonly scalar?: ScalarShape
  readonly list?: ListShape
  readonly map?: MapShape
}

export type ScalarShape = 'boolean' | 'numeric' | 'string' | 'untyped'

export interface ListShape {
  /** Owned as a whole, or item by item. */
  readonly atomic: boolean
  /** The fields that tell items apart; none where the items do it themselves. */
  readonly keys: readonly string[]
  items(): Shape
}

export interface MapShape {
  readonly atomic: boolean
  /** A field that was declared, which is owned with its parent. */
  field(name: string): FieldShape | undefined
  readonly hasFields: boolean
  /** For keys that were not declared. Absent: there may be none. */
  values?(): Shape
}

export interface FieldShape {
  /** The field's step of a path. */
  readonly element: PathElement
  shape(): Shape
  /** What a key of a list has when an item does not say. */
  readonly default?: unknown
}

/** Any JSON, owned as a whole. */
export const ATOMIC: Shape = anything(true, () => ATOMIC)

/** Any JSON of which nothing is known: objects are owned field by field, lists as a whole. */
export const DEDUCED: Shape = anything(false, () => DEDUCED)

/** A type that nothing can be of. */
export const NOTHING: Shape = {}

/** The shape of a value below `key`, or nothing where it may not be. */
export function shapeBelow(map: MapShape, key: string): Shape | undefined {
  return map.field(key)?.shape() ?? map.values?.()
}

export type Kind = 'list' | 'map' | 'scalar'

/** What a value is; null and absent ones are of no kind. */
export function kindOf(value: unknown): Kind | undefined {
  if (value === undefined || value === null) return undefined
  if (Array.isArray(value)) return 'list'
  return typeof value === 'object' ? 'map' : 'scalar'
}

/** As which kind a value is treated: its own where the shape allows it, else the first that the shape allows. */
export function treatedAs(shape: Shape, value: unknown): Kind | undefined {
  const kind = kindOf(value)
  if (kind !== undefined && shape[kind] !== undefined) return kind
  if (shape.map !== undefined) return 'map'
  if (shape.scalar !== undefined) return 'scalar'
  return shape.list === undefined ? undefined : 'list'
}

function anything(atomic: boolean, values: () => Shape): Shape {
  return {
    scalar: 'untyped',
    list: { atomic: true, keys: [], items: () => ATOMIC },
    map: { atomic, field: () => undefined, hasFields: false, values },
  }
}
