import { META } from '../schema/builtin-groups.ts'
import { builtinSchema } from '../schema/builtin.ts'
import type { Schema } from '../schema/schema.ts'
import { shapeOf } from './schema-shape.ts'
import { DEDUCED, type FieldShape, type Shape } from './shape.ts'

/** The shape of a whole object: its schema's, with the metadata that every object has, whatever a custom schema says. */
export function objectShapeOf(schema: Schema): Shape {
  const known = shapes.get(schema)
  if (known !== undefined) return known
  const { map } = shapeOf(schema)
  const fields = new Map<string, FieldShape>([
    ['apiVersion', TEXT],
    ['kind', TEXT],
    ['metadata', { shape: () => shapeOf(builtinSchema(METADATA)) }],
  ])
  const shape: Shape =
    map === undefined
      ? DEDUCED
      : { map: { ...map, hasFields: true, field: (name) => fields.get(name) ?? map.field(name) } }
  shapes.set(schema, shape)
  return shape
}

const METADATA = `${META}.ObjectMeta`
const STRING: Shape = { scalar: 'string' }
const TEXT: FieldShape = { shape: () => STRING }
const shapes = new WeakMap<Schema, Shape>()
