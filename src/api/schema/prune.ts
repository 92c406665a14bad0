import { DROP, isJsonObject, rewriteArray, rewriteObject } from './json.ts'
import type { Schema } from './schema.ts'
import { asResourceRoot, childPath, fieldSchemaOf, indexPath } from './traverse.ts'

const META_FIELDS = new Set(['apiVersion', 'kind', 'metadata'])

/**
 * Drops the fields that the schema does not declare, unless it preserves them. After k8s.io/apiextensions-apiserver
 * pkg/apiserver/schema/pruning/algorithm.go.
 */
export function pruneUnknown(
  value: unknown,
  schema: Schema | undefined,
  { isRoot }: { readonly isRoot: boolean },
): { readonly value: unknown; readonly unknownFields: readonly string[] } {
  const unknownFields: string[] = []
  const pruned = prune(value, isRoot ? asResourceRoot(schema) : schema, '', unknownFields)
  return { value: pruned, unknownFields: unknownFields.sort() }
}

function prune(value: unknown, schema: Schema | undefined, path: string, unknown: string[]): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (schema?.['x-kubernetes-preserve-unknown-fields'] === true) return preserve(value, schema, path, unknown)
  if (Array.isArray(value)) {
    return rewriteArray(value, (item, index) => prune(item, schema?.items, indexPath(path, index), unknown))
  }
  return rewriteObject(value as Readonly<Record<string, unknown>>, (inner, key) => {
    if (isMetaField(schema, key)) return inner
    const field = fieldSchemaOf(schema, key)
    if (field.declared !== undefined) return prune(inner, field.schema, childPath(path, key), unknown)
    if (!META_FIELDS.has(key) || path !== '') unknown.push(childPath(path, key))
    return DROP
  })
}

/** Nothing is dropped here, but below a declared field pruning sets in again. */
function preserve(value: unknown, schema: Schema | undefined, path: string, unknown: string[]): unknown {
  if (schema === undefined || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    return rewriteArray(value, (item, index) => preserve(item, schema.items, indexPath(path, index), unknown))
  }
  if (!isJsonObject(value)) return value
  return rewriteObject(value, (inner, key) => {
    if (isMetaField(schema, key)) return inner
    const field = fieldSchemaOf(schema, key)
    return field.declared === undefined ? inner : prune(inner, field.schema, childPath(path, key), unknown)
  })
}

function isMetaField(schema: Schema | undefined, key: string): boolean {
  return schema?.['x-kubernetes-embedded-resource'] === true && META_FIELDS.has(key)
}
