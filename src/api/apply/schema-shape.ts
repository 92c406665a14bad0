import type { Schema } from '../schema/schema.ts'
import { fieldElement } from './path-element.ts'
import {
  ATOMIC,
  DEDUCED,
  type FieldShape,
  type ListShape,
  type MapShape,
  type ScalarShape,
  type Shape,
} from './shape.ts'

/** k8s.io/kube-openapi pkg/schemaconv: the two definitions that are not what their schemas say. */
const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity'
const RAW_EXTENSION = 'io.k8s.apimachinery.pkg.runtime.RawExtension'

/**
 * What server-side apply makes of a schema, after k8s.io/kube-openapi pkg/schemaconv/openapi.go. Made node by node when
 * it is first asked for, and remembered as long as the schema lives.
 */
export function shapeOf(schema: Schema): Shape {
  return shapeIn(schema, false)
}

/** `preserves`: an ancestor keeps unknown fields, and so do all below it. */
function shapeIn(schema: Schema, preserves: boolean): Shape {
  const shapes = preserves ? preservingShapes : declaredShapes
  const known = shapes.get(schema)
  if (known !== undefined) return known
  const shape = makeShape(schema, preserves)
  shapes.set(schema, shape)
  return shape
}

const declaredShapes = new WeakMap<Schema, Shape>()
const preservingShapes = new WeakMap<Schema, Shape>()

function makeShape(schema: Schema, inherits: boolean): Shape {
  if (schema.definition === QUANTITY) return { scalar: 'untyped' }
  if (schema.definition === RAW_EXTENSION) return ATOMIC
  const [whole] = schema.allOf ?? []
  if (whole !== undefined && schema.type === undefined && schema.properties === undefined) {
    return shapeIn({ ...whole, ...mapTypeOf(schema) }, inherits)
  }
  const preserves = inherits || schema['x-kubernetes-preserve-unknown-fields'] === true
  if (schema['x-kubernetes-int-or-string'] === true) return { scalar: 'untyped' }
  switch (schema.type) {
    case undefined:
      return { scalar: 'untyped', list: listShape(schema, preserves), map: mapShape(schema, preserves) }
    case 'object':
      return { map: mapShape(schema, preserves) }
    case 'array':
      return { list: listShape(schema, preserves) }
    default:
      return { scalar: scalarShape(schema) }
  }
}

function scalarShape({ type, format }: Schema): ScalarShape {
  if (type === 'boolean') return 'boolean'
  if (type === 'integer' || type === 'number') return 'numeric'
  return type === 'string' && (format === undefined || format === '' || format === 'byte') ? 'string' : 'untyped'
}

function listShape(schema: Schema, preserves: boolean): ListShape {
  const { items } = schema
  return {
    ...relationshipOf(schema),
    items: once(() => (items === undefined ? ATOMIC : shapeIn(items, preserves))),
  }
}

/** A list of old that has only a patch strategy is a set, or is keyed by its merge key. */
function relationshipOf(schema: Schema): { atomic: boolean; keys: readonly string[] } {
  const listType = schema['x-kubernetes-list-type']
  if (listType === 'set') return { atomic: false, keys: [] }
  if (listType === 'map') {
    const keys = schema['x-kubernetes-list-map-keys'] ?? []
    return { atomic: keys.length === 0, keys }
  }
  if (listType === 'atomic') return { atomic: true, keys: [] }
  const merges = schema['x-kubernetes-patch-strategy']?.split(',').includes('merge') ?? false
  const mergeKey = schema['x-kubernetes-patch-merge-key']
  return { atomic: !merges, keys: merges && mergeKey !== undefined ? [mergeKey] : [] }
}

function mapShape(schema: Schema, preserves: boolean): MapShape {
  const fields = new Map<string, FieldShape>()
  const values = valuesOf(schema, preserves)
  return {
    atomic: schema['x-kubernetes-map-type'] === 'atomic',
    get hasFields() {
      return schema.properties !== undefined && Object.keys(schema.properties).length > 0
    },
    field(name) {
      const known = fields.get(name)
      if (known !== undefined) return known
      const property = Object.hasOwn(schema.properties ?? {}, name) ? schema.properties?.[name] : undefined
      if (property === undefined) return undefined
      const shape = once(() => shapeIn(property, preserves))
      const field = { element: fieldElement(name), shape, default: property.default }
      fields.set(name, field)
      return field
    },
    ...(values === undefined ? {} : { values }),
  }
}

function valuesOf({ properties, additionalProperties }: Schema, preserves: boolean): (() => Shape) | undefined {
  if (typeof additionalProperties === 'object') return once(() => shapeIn(additionalProperties, preserves))
  if (additionalProperties === true) return () => DEDUCED
  if (additionalProperties === false) return undefined
  // An object of which nothing is said may hold anything.
  const isFree = preserves || properties === undefined || Object.keys(properties).length === 0
  return isFree ? () => DEDUCED : undefined
}

/** Shapes are asked for at every step of every comparison, and schemas may hold themselves: made at the first call. */
function once(make: () => Shape): () => Shape {
  let shape: Shape | undefined
  return () => (shape ??= make())
}

function mapTypeOf(schema: Schema): Partial<Schema> {
  const mapType = schema['x-kubernetes-map-type']
  return mapType === undefined ? {} : { 'x-kubernetes-map-type': mapType }
}
