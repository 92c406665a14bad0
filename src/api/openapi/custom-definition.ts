import type { Kind } from '../kind.ts'
import type { Schema } from '../schema/schema.ts'
import { reference, type Descriptions, type OpenApiVersion, type PublishedDefinition } from './definition.ts'
import { describeObjectFields, LIST_META, OBJECT_META } from './field-description.ts'
import { listKindOf, rootDefinitionOf } from './definition-names.ts'

const STRING = { type: 'string' }

interface Writer {
  readonly version: OpenApiVersion
  readonly descriptions?: Descriptions | undefined
}

/** The schema of a custom kind, with what every object has. */
export function customDefinitionBody(kind: Kind, { version, descriptions = {} }: Writer): PublishedDefinition {
  const schema = kind.schema()
  const free = schema['x-kubernetes-preserve-unknown-fields'] === true
  const about = {
    'x-kubernetes-group-version-kind': [{ group: kind.group, version: kind.version, kind: kind.kind }],
    ...selectableFields(kind),
  }
  // kubectl would take listed properties for all that there are.
  if (version === 2 && free) return { body: { type: 'object', ...about }, refers: [] }
  const published = publishCustom(schema, version) as { properties?: object }
  const own = describedProperties(version, descriptions)
  const body = { ...published, properties: { ...published.properties, ...own }, ...about }
  return { body, refers: [OBJECT_META] }
}

export function customListBody(kind: Kind, { version, descriptions = {} }: Writer): PublishedDefinition {
  const item = rootDefinitionOf(kind)
  const described = describeObjectFields(descriptions)
  const body = {
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: { ...described.apiVersion, ...STRING },
      items: { type: 'array', items: reference(item, version) },
      kind: { ...described.kind, ...STRING },
      metadata: reference(LIST_META, version, described.listMetadata),
    },
    'x-kubernetes-group-version-kind': [{ group: kind.group, version: kind.version, kind: listKindOf(kind) }],
    ...selectableFields(kind),
  }
  return { body, refers: [item, LIST_META] }
}

function selectableFields({ selectableFields = [] }: Kind): object {
  const fields = selectableFields.map(({ path }) => ({ fieldPath: path }))
  return fields.length === 0 ? {} : { 'x-kubernetes-selectable-fields': fields }
}

function describedProperties(version: OpenApiVersion, descriptions: Descriptions): object {
  const { apiVersion, kind, metadata } = describeObjectFields(descriptions)
  return {
    apiVersion: { ...apiVersion, ...STRING },
    kind: { ...kind, ...STRING },
    metadata: reference(OBJECT_META, version, metadata),
  }
}

/** What an embedded object has too. */
function objectProperties(version: OpenApiVersion): object {
  return { apiVersion: STRING, kind: STRING, metadata: reference(OBJECT_META, version) }
}

function publishCustom(schema: Schema, version: OpenApiVersion): object {
  return version === 2 ? publishV2(schema) : publishV3(schema)
}

/** As it stands, with a number-or-string spelled out and embedded objects completed. */
function publishV3(schema: Schema): object {
  const { definition: _definition, properties, items, additionalProperties, not, ...rest } = schema
  const each = (schemas: readonly Schema[] | undefined) => schemas?.map(publishV3)
  const intOrString = schema['x-kubernetes-int-or-string'] === true && schema.anyOf === undefined
  const anyOf = intOrString ? [{ type: 'integer' }, STRING] : each(schema.anyOf)
  return {
    ...rest,
    ...embedded(schema, { properties: mapValues(properties, publishV3), version: 3 }),
    ...(items === undefined ? {} : { items: publishV3(items) }),
    ...(additionalProperties === undefined
      ? {}
      : {
          additionalProperties:
            typeof additionalProperties === 'boolean' ? additionalProperties : publishV3(additionalProperties),
        }),
    ...(schema.allOf === undefined ? {} : { allOf: each(schema.allOf) }),
    ...(anyOf === undefined ? {} : { anyOf }),
    ...(schema.oneOf === undefined ? {} : { oneOf: each(schema.oneOf) }),
    ...(not === undefined ? {} : { not: publishV3(not) }),
  }
}

/**
 * Without what OpenAPI 2 does not know, and untyped where older clients would otherwise refuse a value that is right
 * (apiextensions-apiserver: pkg/controller/openapi/v2/conversion.go).
 */
function publishV2(schema: Schema): object {
  const {
    definition: _definition,
    allOf: _allOf,
    anyOf: _anyOf,
    oneOf: _oneOf,
    not: _not,
    default: _default,
    nullable = false,
    properties,
    items,
    additionalProperties,
    type,
    required,
    ...rest
  } = schema
  const free = schema['x-kubernetes-preserve-unknown-fields'] === true
  const opaque = nullable || free
  const typed = !(nullable || (free && type === 'object') || (type === 'array' && (items === undefined || opaque)))
  const demanded = required?.filter((name) => properties?.[name]?.nullable !== true) ?? []
  const names = opaque ? undefined : mapValues(properties, publishV2)
  return {
    ...rest,
    ...(typed && type !== undefined ? { type } : {}),
    ...(demanded.length === 0 ? {} : { required: demanded }),
    ...(free ? {} : embedded(schema, { properties: names, version: 2 })),
    ...(items === undefined || opaque ? {} : { items: publishV2(items) }),
    ...(typeof additionalProperties === 'object' ? { additionalProperties: publishV2(additionalProperties) } : {}),
  }
}

/** The properties of a schema, to which an embedded object adds what every object has. */
function embedded(
  schema: Schema,
  { properties, version }: { properties: Readonly<Record<string, object>> | undefined; version: OpenApiVersion },
): object {
  if (schema['x-kubernetes-embedded-resource'] !== true) return properties === undefined ? {} : { properties }
  const required = [...new Set([...(schema.required ?? []), 'kind', 'apiVersion'])]
  return { properties: { ...properties, ...objectProperties(version) }, required }
}

function mapValues(
  record: Readonly<Record<string, Schema>> | undefined,
  publish: (schema: Schema) => object,
): Readonly<Record<string, object>> | undefined {
  if (record === undefined) return undefined
  return Object.fromEntries(Object.entries(record).map(([name, schema]) => [name, publish(schema)]))
}
