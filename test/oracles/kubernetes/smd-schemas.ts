import {
  ATOMIC,
  DEDUCED,
  NOTHING,
  type FieldShape,
  type ListShape,
  type MapShape,
  type ScalarShape,
  type Shape,
} from '../../../src/api/apply/shape.ts'
import { fieldElement } from '../../../src/api/apply/path-element.ts'

/** structured-merge-diff's schema language, as the oracle files have it. */
export interface SmdSchema {
  readonly types: readonly SmdType[]
  readonly root?: string | null
}

interface SmdAtom {
  readonly scalar?: ScalarShape
  readonly list?: { readonly elementType: SmdReference; readonly elementRelationship: string; readonly keys?: string[] }
  readonly map?: {
    readonly fields?: readonly { readonly name: string; readonly type: SmdReference; readonly default?: unknown }[]
    readonly elementType?: SmdReference
    readonly elementRelationship?: string
  }
}

interface SmdType extends SmdAtom {
  readonly name: string
}

interface SmdReference extends SmdAtom {
  readonly namedType?: string
  readonly elementRelationship?: string
}

/** Shapes by the names of types. `__untyped_deduced_` is the shape for unknown types, whoever declares it. */
export function smdShapes({ types }: SmdSchema): (name: string) => Shape {
  const atoms = new Map<string, SmdAtom>(types.map((type) => [type.name, type]))
  const shapes = new Map<string, Shape>([
    ['__untyped_deduced_', DEDUCED],
    ['__untyped_atomic_', ATOMIC],
  ])
  const named = (name: string): Shape => {
    const known = shapes.get(name)
    if (known !== undefined) return known
    const atom = atoms.get(name)
    const shape = atom === undefined ? NOTHING : atomShape(atom, refer)
    shapes.set(name, shape)
    return shape
  }
  const refer = (reference: SmdReference): Shape => {
    const { namedType, elementRelationship } = reference
    const shape = namedType === undefined ? atomShape(reference, refer) : named(namedType)
    return elementRelationship === undefined ? shape : overridden(shape, elementRelationship)
  }
  return named
}

function atomShape({ scalar, list, map }: SmdAtom, refer: (reference: SmdReference) => Shape): Shape {
  return {
    ...(scalar === undefined ? {} : { scalar }),
    ...(list === undefined ? {} : { list: listShape(list, refer) }),
    ...(map === undefined ? {} : { map: mapShape(map, refer) }),
  }
}

function listShape(list: NonNullable<SmdAtom['list']>, refer: (reference: SmdReference) => Shape): ListShape {
  const items = lazy(() => refer(list.elementType))
  return { atomic: list.elementRelationship === 'atomic', keys: list.keys ?? [], items }
}

function mapShape(map: NonNullable<SmdAtom['map']>, refer: (reference: SmdReference) => Shape): MapShape {
  const fields = new Map<string, FieldShape>(
    (map.fields ?? []).map(({ name, type, default: standard }) => [
      name,
      { element: fieldElement(name), shape: lazy(() => refer(type)), default: standard },
    ]),
  )
  const { elementType } = map
  return {
    atomic: map.elementRelationship === 'atomic',
    hasFields: map.fields !== undefined,
    field: (name) => fields.get(name),
    ...(elementType === undefined ? {} : { values: lazy(() => refer(elementType)) }),
  }
}

function overridden({ scalar, list, map }: Shape, relationship: string): Shape {
  const atomic = relationship === 'atomic'
  if (map !== undefined) return { map: { ...map, atomic } }
  if (list !== undefined) return { list: { ...list, atomic } }
  return scalar === undefined ? NOTHING : { scalar }
}

function lazy(make: () => Shape): () => Shape {
  let shape: Shape | undefined
  return () => (shape ??= make())
}
