import { META } from '../schema/builtin-groups.ts'
import { builtinSchema } from '../schema/builtin.ts'
import type { Schema } from '../schema/schema.ts'
import { fieldElement } from './path-element.ts'
import { shapeOf } from './schema-shape.ts'
import { DEDUCED, type FieldShape, type MapShape, type Shape } from './shape.ts'

/** The shape of a whole object: its schema's, with the metadata that every object has, whatever a custom schema says. */
export function objectShapeOf(schema: Schema): Shape {
  const known = shapes.get(schema)
  if (known !== undefined) return known
  const { map } = shapeOf(schema)
  const shape: Shape = map === undefined ? DEDUCED : { map: { ...map, hasFields: true, field: fieldsOf(map) } }
  shapes.set(schema, shape)
  return shape
}

/** Asked for at every step of every comparison: each field is found with one look. */
function fieldsOf(map: MapShape): MapShape['field'] {
  const fields = new Map<string, FieldShape>([
    textField('apiVersion'),
    textField('kind'),
    ['metadata', { element: fieldElement('metadata'), shape: () => shapeOf(builtinSchema(METADATA)) }],
  ])
  return (name) => {
    const known = fields.get(name)
    if (known !== undefined) return known
    const field = map.field(name)
    if (field !== undefined) fields.set(name, field)
    return field
  }
}

function textField(name: string): [string, FieldShape] {
  return [name, { element: fieldElement(name), shape: () => STRING }]
}

const METADATA = `${META}.ObjectMeta`
const STRING: Shape = { scalar: 'string' }
const shapes = new WeakMap<Schema, Shape>()
