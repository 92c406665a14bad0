import type { Schema } from './schema.ts'

/** What a schema says of one field of an object. */
export interface FieldSchema {
  /** Declared by name, or by a rule for all fields. Undefined: it is not declared at all. */
  readonly declared: 'property' | 'additional' | undefined
  /** Absent where anything goes. */
  readonly schema: Schema | undefined
}

const UNDECLARED: FieldSchema = { declared: undefined, schema: undefined }
const ANYTHING: FieldSchema = { declared: 'additional', schema: undefined }

export function fieldSchemaOf(schema: Schema | undefined, field: string): FieldSchema {
  const { properties, additionalProperties } = schema ?? {}
  const property = properties !== undefined && Object.hasOwn(properties, field) ? properties[field] : undefined
  if (property !== undefined) return { declared: 'property', schema: property }
  if (additionalProperties === undefined) return UNDECLARED
  return typeof additionalProperties === 'object' ? { declared: 'additional', schema: additionalProperties } : ANYTHING
}

const roots = new WeakMap<Schema, Schema>()
const ANY_ROOT: Schema = { 'x-kubernetes-embedded-resource': true }

/**
 * The schema of a whole custom resource, which has apiVersion, kind and metadata whatever else it says. Made once a schema,
 * as what is derived from schemas is kept by their identity.
 */
export function asResourceRoot(schema: Schema | undefined): Schema {
  if (schema === undefined) return ANY_ROOT
  if (schema['x-kubernetes-embedded-resource'] === true) return schema
  let root = roots.get(schema)
  if (root === undefined) roots.set(schema, (root = { ...schema, 'x-kubernetes-embedded-resource': true }))
  return root
}

/** `spec.list[0].name` */
export function childPath(path: string, field: string): string {
  return path === '' ? field : `${path}.${field}`
}

export function indexPath(path: string, index: number): string {
  return `${path}[${index}]`
}

/** A key of a map: `spec.labels[app]`. */
export function keyPath(path: string, key: string): string {
  return `${path}[${key}]`
}

/** The path of a property's schema. */
export function propertyPath(path: string, name: string): string {
  return keyPath(childPath(path, 'properties'), name)
}
