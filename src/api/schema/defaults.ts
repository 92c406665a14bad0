import { DROP, isJsonObject, type JsonObject, rewriteArray, rewriteObject } from './json.ts'
import type { Schema } from './schema.ts'
import { fieldSchemaOf } from './traverse.ts'

/**
 * Fills in defaults where a field is missing, or null where it must not be. Defaults are shared, not copied. After
 * k8s.io/apiextensions-apiserver pkg/apiserver/schema/defaulting.
 */
export function applyDefaults(value: unknown, schema: Schema | undefined): unknown {
  if (schema === undefined || !hasDefaults(schema)) return value
  if (Array.isArray(value)) return rewriteArray(value, (item) => withDefault(item, schema.items))
  return isJsonObject(value) ? defaultObject(value, schema) : value
}

function defaultObject(value: JsonObject, schema: Schema): JsonObject {
  const missing: [string, unknown][] = []
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (property.default === undefined || property.default === null || Object.hasOwn(value, name)) continue
    missing.push([name, applyDefaults(property.default, property)])
  }
  const known = rewriteObject(value, (inner, key) => withDefault(inner, fieldSchemaOf(schema, key).schema))
  return missing.length === 0 ? known : { ...known, ...Object.fromEntries(missing) }
}

function withDefault(value: unknown, schema: Schema | undefined): unknown {
  if (schema === undefined) return value
  const isForbiddenNull = value === null && schema.nullable !== true
  return applyDefaults(isForbiddenNull ? (schema.default ?? null) : value, schema)
}

/** Drops nulls where the schema allows none and has no default to put in their place. */
export function dropNulls(value: unknown, schema: Schema | undefined): unknown {
  if (Array.isArray(value)) return rewriteArray(value, (item) => dropNulls(item, schema?.items))
  if (!isJsonObject(value)) return value
  return rewriteObject(value, (inner, key) => {
    const field = fieldSchemaOf(schema, key).schema
    if (inner !== null) return dropNulls(inner, field)
    const isDroppable = field !== undefined && field.nullable !== true && (field.default ?? null) === null
    return isDroppable ? DROP : null
  })
}

const withDefaults = new WeakMap<Schema, boolean>()

/** Whether there is any default in a schema: most have none, and then values need not be walked. */
export function hasDefaults(schema: Schema): boolean {
  const known = withDefaults.get(schema)
  if (known !== undefined) return known
  // A schema that contains itself has what the rest of it has.
  withDefaults.set(schema, false)
  const { properties = {}, additionalProperties, items } = schema
  const children = [...Object.values(properties), additionalProperties, items]
  const found = children.some(
    (child) => typeof child === 'object' && (child.default !== undefined || hasDefaults(child)),
  )
  withDefaults.set(schema, found)
  return found
}
