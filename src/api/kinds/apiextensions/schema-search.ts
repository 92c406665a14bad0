import type { Schema } from '../../schema/schema.ts'
import type { JSONSchemaProps } from '../../types.generated.ts'
import type { InternalSpec } from './internal-form.ts'

/** Every schema within a schema, itself first, also where validation does not let schemas stand. Each once. */
export function schemasWithin(schema: JSONSchemaProps): ReadonlySet<JSONSchemaProps> {
  const found = new Set<JSONSchemaProps>()
  collect(schema, found)
  return found
}

function collect(schema: JSONSchemaProps, found: Set<JSONSchemaProps>): void {
  if (found.has(schema)) return
  found.add(schema)
  for (const child of childrenOf(schema)) collect(child, found)
}

function childrenOf(schema: JSONSchemaProps): readonly JSONSchemaProps[] {
  const { items, allOf = [], anyOf = [], oneOf = [], not, additionalProperties, additionalItems } = schema
  const { properties = {}, patternProperties = {}, definitions = {}, dependencies = {} } = schema
  const children = [
    ...(isSchemaList(items) ? items : [items]),
    ...allOf,
    ...anyOf,
    ...oneOf,
    not,
    ...Object.values(properties),
    additionalProperties,
    ...Object.values(patternProperties),
    additionalItems,
    ...Object.values(definitions),
    ...Object.values(dependencies).filter((dependency) => !isNameList(dependency)),
  ]
  return children.filter((child) => isSchema(child))
}

function isSchema(child: JSONSchemaProps | readonly string[] | boolean | undefined): child is JSONSchemaProps {
  return typeof child === 'object' && !Array.isArray(child)
}

export function isSchemaList(items: JSONSchemaProps['items']): items is readonly JSONSchemaProps[] {
  return Array.isArray(items)
}

export function isNameList(dependency: JSONSchemaProps | readonly string[]): dependency is readonly string[] {
  return Array.isArray(dependency)
}

/** Every schema of a definition: the one in common, or one a version. */
export function schemasOf({ validation, versions = [] }: InternalSpec): readonly JSONSchemaProps[] {
  return [validation, ...versions.map(({ schema }) => schema)].flatMap((one) => one?.openAPIV3Schema ?? [])
}

export function anySchemaHas(spec: InternalSpec, predicate: (schema: JSONSchemaProps) => boolean): boolean {
  return schemasOf(spec).some((root) => {
    for (const schema of schemasWithin(root)) if (predicate(schema)) return true
    return false
  })
}

/** Schemas of which everything can be read: found out once. */
const readable = new WeakSet<JSONSchemaProps>()

/** Why a schema cannot be read as structural at all, if it cannot: keywords that no version of the API supports. */
export function unreadable(schema: JSONSchemaProps): string | undefined {
  if (readable.has(schema)) return undefined
  const own = unreadableKeyword(schema)
  if (own !== undefined) return own
  for (const child of childrenOf(schema)) {
    const reason = unreadable(child)
    if (reason !== undefined) return reason
  }
  readable.add(schema)
  return undefined
}

function unreadableKeyword(schema: JSONSchemaProps): string | undefined {
  const { patternProperties = {}, dependencies = {}, definitions = {} } = schema
  const unsupported = (keyword: string): string => `OpenAPIV3Schema '${keyword}' is not supported`
  if ((schema.id ?? '') !== '') return unsupported('id')
  if ((schema.$schema ?? '') !== '') return unsupported('schema')
  if ((schema.$ref ?? '') !== '') return unsupported('$ref')
  if (Object.keys(patternProperties).length > 0) return unsupported('patternProperties')
  if (Object.keys(dependencies).length > 0) return unsupported('dependencies')
  if (schema.additionalItems !== undefined) return unsupported('additionalItems')
  if (Object.keys(definitions).length > 0) return unsupported('definitions')
  if (isSchemaList(schema.items) && schema.items.length > 0) {
    return "OpenAPIV3Schema 'items' must be a schema, but is an array"
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] !== false) return undefined
  return "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined"
}

/**
 * The schema as values are validated by it. Only for schemas that are readable: what the types let stand beyond that is
 * absent there, or ignored as upstream ignores it (a type that does not exist matches nothing).
 */
export function structureOf(schema: JSONSchemaProps): Schema {
  return schema as Schema
}
