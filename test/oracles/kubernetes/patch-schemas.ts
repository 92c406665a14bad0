import type { Schema } from '../../../src/api/schema/schema.ts'

interface FieldType {
  readonly type: 'string' | 'integer' | 'number' | 'any' | 'list' | 'map' | 'object'
  readonly of?: string
  readonly patchStrategy?: readonly string[]
  readonly patchMergeKey?: string
}

export type PatchSchemaTable = Readonly<Record<string, Readonly<Record<string, FieldType>>>>

/** The oracle's schemas as ours, which refer to each other and to themselves. */
export function patchSchemas(table: PatchSchemaTable): (name: string) => Schema {
  const properties = new Map<string, Record<string, Schema>>()
  const schemas = new Map<string, Schema>()
  for (const name of Object.keys(table)) {
    const fields: Record<string, Schema> = {}
    properties.set(name, fields)
    schemas.set(name, { type: 'object', properties: fields })
  }
  const schemaOf = (name: string): Schema => {
    const schema = schemas.get(name)
    if (schema !== undefined) return schema
    if (name === 'string' || name === 'integer' || name === 'number') return { type: name }
    throw new Error(`unknown type ${name}`)
  }
  for (const [name, fields] of Object.entries(table)) {
    const target = properties.get(name) ?? {}
    for (const [field, type] of Object.entries(fields)) target[field] = fieldSchema(type, schemaOf)
  }
  return schemaOf
}

function fieldSchema(
  { type, of = '', patchStrategy, patchMergeKey }: FieldType,
  schemaOf: (name: string) => Schema,
): Schema {
  return {
    ...valueSchema(type, of, schemaOf),
    ...(patchStrategy === undefined ? {} : { 'x-kubernetes-patch-strategy': patchStrategy.join(',') }),
    ...(patchMergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': patchMergeKey }),
  }
}

function valueSchema(type: FieldType['type'], of: string, schemaOf: (name: string) => Schema): Schema {
  switch (type) {
    case 'any':
      return {}
    case 'list':
      return { type: 'array', items: schemaOf(of) }
    case 'map':
      return { type: 'object', additionalProperties: schemaOf(of) }
    case 'object':
      return schemaOf(of)
    default:
      return { type }
  }
}
