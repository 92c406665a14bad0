import { builtinSchema } from '../schema/builtin.ts'
import { BUILTIN_GROUPS, META } from '../schema/builtin-groups.ts'
import { builtinFacts, jsonFields } from '../schema/builtin-table.ts'
import type { FieldFacts } from '../schema/facts.ts'
import type { Schema } from '../schema/schema.ts'
import {
  INT_OR_STRING,
  JSON_SCHEMA_OR_ARRAY,
  JSON_SCHEMA_OR_BOOL,
  JSON_SCHEMA_OR_STRINGS,
  JSON_VALUE,
  QUANTITY,
  SPECIAL,
} from '../schema/special.ts'
import { describeField } from './field-description.ts'
import { reference, type Descriptions, type OpenApiVersion, type PublishedDefinition } from './definition.ts'

export const VERSION_INFO = 'io.k8s.apimachinery.pkg.version.Info'

/** A definition of the built-in API, as upstream publishes it. */
export function builtinDefinitionBody(
  definition: string,
  { version, descriptions = {} }: { version: OpenApiVersion; descriptions?: Descriptions | undefined },
): PublishedDefinition {
  const refers = new Set<string>()
  const writer = { version, refers }
  const description = descriptions[definition]
  const beside = description === undefined ? {} : { description }
  if (definition === VERSION_INFO) return { body: versionInfo(version), refers: [] }
  if (definition in SPECIAL) return { body: { ...beside, ...specialBody(definition, version) }, refers: [] }
  const schema = builtinSchema(definition)
  const facts = builtinFacts(definition)
  const fields = new Map([...jsonFields(definition)].map(([name, field]) => [name, field]))
  const properties: Record<string, object> = {}
  for (const [name, property] of sorted(schema.properties ?? {})) {
    properties[name] = publishField(property, writer, {
      field: fields.get(name),
      description: describeField(descriptions, { definition, name, schema: property }),
    })
  }
  const body = {
    ...beside,
    type: 'object',
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    ...(schema.required === undefined ? {} : { required: schema.required }),
    ...(facts?.kind === true ? { 'x-kubernetes-group-version-kind': [kindOf(definition)] } : {}),
    ...(schema['x-kubernetes-map-type'] === undefined
      ? {}
      : { 'x-kubernetes-map-type': schema['x-kubernetes-map-type'] }),
    ...(facts?.union === undefined ? {} : { 'x-kubernetes-unions': [unionOf(facts.union)] }),
  }
  return { body, refers: [...refers] }
}

interface Writer {
  readonly version: OpenApiVersion
  /** Collects what was referred to. */
  readonly refers: Set<string>
}

function publishField(
  schema: Schema,
  writer: Writer,
  { field, description }: { field: FieldFacts | undefined; description: string | undefined },
): object {
  const value = writer.version === 2 || field === undefined ? undefined : defaultOf(schema, field)
  const beside = {
    ...(value === undefined ? {} : { default: value }),
    ...(description === undefined ? {} : { description }),
  }
  return publish(schema, writer, beside)
}

function publish(schema: Schema, writer: Writer, beside: object): object {
  if (schema.definition !== undefined) {
    writer.refers.add(schema.definition)
    return reference(schema.definition, writer.version, { ...beside, ...extensionsBeside(schema, schema.definition) })
  }
  const { items, additionalProperties, default: _default, ...rest } = schema
  return {
    ...beside,
    ...rest,
    ...(items === undefined ? {} : { items: publishElement(items, writer) }),
    ...(typeof additionalProperties === 'object'
      ? { additionalProperties: publishElement(additionalProperties, writer) }
      : {}),
  }
}

/** An element of a list or a map is never absent, so its default is its zero. */
function publishElement(schema: Schema, writer: Writer): object {
  const zero = writer.version === 2 ? undefined : zeroOf(schema)
  return publish(schema, writer, zero === undefined ? {} : { default: zero })
}

/** What the field says otherwise than the definition that it refers to. */
function extensionsBeside(schema: Schema, definition: string): object {
  const own = builtinSchema(definition)
  const entries = Object.entries(schema).filter(
    ([name, value]) => name.startsWith('x-kubernetes-') && value !== own[name as keyof Schema],
  )
  return Object.fromEntries(entries)
}

/** Only OpenAPI 3 has them: what the field is when nothing is said of it. */
function defaultOf(schema: Schema, field: FieldFacts): unknown {
  if (field.default !== undefined) return field.default
  return field.shape === undefined && field.zero === 'shown' ? zeroOf(schema) : undefined
}

function zeroOf({ definition, type, format }: Schema): unknown {
  if (definition !== undefined) return definition in SPECIAL ? undefined : {}
  if (type === 'string') return format === 'byte' ? undefined : ''
  if (type === 'boolean') return false
  return type === 'integer' || type === 'number' ? 0 : undefined
}

function specialBody(definition: string, version: OpenApiVersion): object {
  if (version === 3 && definition === QUANTITY) return { oneOf: [{ type: 'string' }, { type: 'number' }] }
  if (version === 3 && definition === INT_OR_STRING) {
    return { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] }
  }
  const untyped = [JSON_VALUE, JSON_SCHEMA_OR_ARRAY, JSON_SCHEMA_OR_BOOL, JSON_SCHEMA_OR_STRINGS]
  if (untyped.includes(definition)) return {}
  const { type, format } = builtinSchema(definition)
  return { type, ...(format === undefined ? {} : { format }) }
}

/** Options and documents that all groups share say `v1`. */
function kindOf(definition: string): object {
  const dot = definition.lastIndexOf('.')
  const scope = definition.slice(0, dot)
  const { group, version } = BUILTIN_GROUPS.get(scope) ?? { group: '', version: 'v1' }
  return { group: scope === META ? '' : group, version, kind: definition.slice(dot + 1) }
}

/** `type localhostProfile` → the field that tells, and for each member the value that it has then. */
function unionOf([discriminator = '', ...members]: readonly string[]): object {
  const values = members.map((member) => [member, member.slice(0, 1).toUpperCase() + member.slice(1)])
  return { discriminator, 'fields-to-discriminateBy': Object.fromEntries(values) as object }
}

/** apimachinery pkg/version.Info, which no kind refers to. */
function versionInfo(version: OpenApiVersion): object {
  const required = [
    'major',
    'minor',
    'gitVersion',
    'gitCommit',
    'gitTreeState',
    'buildDate',
    'goVersion',
    'compiler',
    'platform',
  ]
  const optional = ['emulationMajor', 'emulationMinor', 'minCompatibilityMajor', 'minCompatibilityMinor']
  const text = (name: string) =>
    version === 3 && required.includes(name) ? { type: 'string', default: '' } : { type: 'string' }
  const properties = Object.fromEntries([...required, ...optional].toSorted().map((name) => [name, text(name)]))
  return { type: 'object', properties, required }
}

function sorted<T>(record: Readonly<Record<string, T>>): (readonly [string, T])[] {
  return Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1))
}
