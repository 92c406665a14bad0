import { assert } from '../../base/assert.ts'
import { builtinFacts, jsonFields, referredDefinition } from './builtin-table.ts'
import type { DefinitionFacts, FieldFacts } from './facts.ts'
import type { Schema } from './schema.ts'
import { SPECIAL } from './special.ts'

/**
 * The schema of a definition of the built-in API, such as `io.k8s.api.core.v1.Pod`.
 *
 * Nodes are made when they are first read and refer to each other, so that one call costs next to nothing and a pod's
 * schema does not bring the other 500 definitions with it. Descriptions are not part of it: see `openapi/`.
 */
export function builtinSchema(definition: string): Schema {
  const known = schemas.get(definition)
  if (known !== undefined) return known
  const facts = builtinFacts(definition)
  const schema = SPECIAL[definition] ?? (facts === undefined ? undefined : structSchema(definition, facts))
  assert(schema !== undefined, `${definition} is a definition of the built-in API`)
  schemas.set(definition, schema)
  return schema
}

/** What is derived from the table is the same for everyone in this process, so it is derived once. */
const schemas = new Map<string, Schema>()
const propertiesByDefinition = new Map<string, Readonly<Record<string, Schema>>>()

const STRING: Schema = { type: 'string' }
const SCALARS: Readonly<Record<string, Schema>> = {
  bool: { type: 'boolean' },
  bytes: { type: 'string', format: 'byte' },
  double: { type: 'number', format: 'double' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  string: STRING,
  strings: { type: 'array', items: STRING },
}

function structSchema(definition: string, facts: DefinitionFacts, extras?: Partial<Schema>): Schema {
  const required = [...jsonFields(definition)].filter(([, field]) => field.required === true).map(([name]) => name)
  return {
    definition,
    type: 'object',
    ...(required.length === 0 ? {} : { required }),
    get properties() {
      return propertiesOf(definition, facts)
    },
    ...(facts.mapType === undefined ? {} : { 'x-kubernetes-map-type': facts.mapType }),
    ...extras,
  }
}

function propertiesOf(definition: string, facts: DefinitionFacts): Readonly<Record<string, Schema>> {
  const known = propertiesByDefinition.get(definition)
  if (known !== undefined) return known
  const properties: Record<string, Schema> = {}
  if (facts.kind === true) {
    properties['apiVersion'] = STRING
    properties['kind'] = STRING
  }
  for (const [name, field, owner] of jsonFields(definition)) properties[name] = fieldSchema(owner, field)
  propertiesByDefinition.set(definition, properties)
  return properties
}

function fieldSchema(owner: string, field: FieldFacts): Schema {
  const extras = fieldExtras(field)
  if (field.shape === 'list') return { type: 'array', items: typeSchema(owner, field, undefined), ...extras }
  if (field.shape === 'map') {
    return { type: 'object', additionalProperties: typeSchema(owner, field, undefined), ...extras }
  }
  return typeSchema(owner, field, extras)
}

/** The shared node where a field adds nothing to it. */
function typeSchema(owner: string, field: FieldFacts, extras: Partial<Schema> | undefined): Schema {
  const definition = referredDefinition(owner, field)
  const facts = definition === undefined ? undefined : builtinFacts(definition)
  const plain = extras === undefined || Object.keys(extras).length === 0
  if (definition !== undefined && facts !== undefined && !plain) return structSchema(definition, facts, extras)
  const shared = definition === undefined ? SCALARS[field.type] : builtinSchema(definition)
  assert(shared !== undefined, `${field.type} is a type`)
  return plain ? shared : { ...shared, ...extras }
}

function fieldExtras(field: FieldFacts): Partial<Schema> {
  const { merge, keys, patchStrategy, patchMergeKey } = field
  // Bytes are a list to Go, and so upstream publishes one as an atomic list.
  const isList = field.shape === 'list' || field.type === 'bytes'
  return {
    ...(field.default === undefined ? {} : { default: field.default }),
    ...(isList && merge !== undefined && merge !== 'granular' ? { 'x-kubernetes-list-type': merge } : {}),
    ...(keys === undefined ? {} : { 'x-kubernetes-list-map-keys': keys }),
    ...(!isList && (merge === 'atomic' || merge === 'granular') ? { 'x-kubernetes-map-type': merge } : {}),
    ...(patchStrategy === undefined ? {} : { 'x-kubernetes-patch-strategy': patchStrategy }),
    ...(patchMergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': patchMergeKey }),
  }
}
