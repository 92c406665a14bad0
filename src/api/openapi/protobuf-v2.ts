import { BYTES, FIXED64, ReverseWriter, VARINT } from '../protobuf/wire.ts'

/** What kubectl asks of `/openapi/v2`, and helm. */
export const PROTOBUF_V2_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

/**
 * The messages of google/gnostic-models openapiv2/OpenAPIv2.proto that occur: JSON's name of a field → its number and
 * type. `{}X` is a JSON object that protobuf writes as a list of names and X; `x-…` keys go to the field `extensions`.
 */
const MESSAGES: Readonly<Record<string, Readonly<Record<string, readonly [number: number, type: string]>>>> = {
  Document: {
    swagger: [1, 'string'],
    info: [2, 'Info'],
    paths: [8, 'Paths'],
    definitions: [9, 'Schemas'],
    security: [12, '[]SecurityRequirement'],
    securityDefinitions: [13, 'SecurityDefinitions'],
  },
  Info: { title: [1, 'string'], version: [2, 'string'], description: [3, 'string'] },
  PathItem: {
    get: [2, 'Operation'],
    put: [3, 'Operation'],
    post: [4, 'Operation'],
    delete: [5, 'Operation'],
    patch: [8, 'Operation'],
    parameters: [9, '[]ParametersItem'],
    extensions: [10, '{}Any'],
  },
  Operation: {
    tags: [1, '[]string'],
    description: [3, 'string'],
    operationId: [5, 'string'],
    produces: [6, '[]string'],
    consumes: [7, '[]string'],
    parameters: [8, '[]ParametersItem'],
    responses: [9, 'Responses'],
    schemes: [10, '[]string'],
    extensions: [13, '{}Any'],
  },
  BodyParameter: {
    description: [1, 'string'],
    name: [2, 'string'],
    in: [3, 'string'],
    required: [4, 'bool'],
    schema: [5, 'Schema'],
  },
  QueryParameter: {
    required: [1, 'bool'],
    in: [2, 'string'],
    description: [3, 'string'],
    name: [4, 'string'],
    type: [6, 'string'],
    uniqueItems: [20, 'bool'],
  },
  PathParameter: {
    required: [1, 'bool'],
    in: [2, 'string'],
    description: [3, 'string'],
    name: [4, 'string'],
    type: [5, 'string'],
    uniqueItems: [19, 'bool'],
  },
  Response: { description: [1, 'string'], schema: [2, 'SchemaItem'] },
  SchemaItem: { schema: [1, 'Schema'] },
  Schema: {
    $ref: [1, 'string'],
    format: [2, 'string'],
    title: [3, 'string'],
    description: [4, 'string'],
    default: [5, 'Any'],
    multipleOf: [6, 'double'],
    maximum: [7, 'double'],
    exclusiveMaximum: [8, 'bool'],
    minimum: [9, 'double'],
    exclusiveMinimum: [10, 'bool'],
    maxLength: [11, 'int64'],
    minLength: [12, 'int64'],
    pattern: [13, 'string'],
    maxItems: [14, 'int64'],
    minItems: [15, 'int64'],
    uniqueItems: [16, 'bool'],
    maxProperties: [17, 'int64'],
    minProperties: [18, 'int64'],
    required: [19, '[]string'],
    enum: [20, '[]Any'],
    additionalProperties: [21, 'AdditionalPropertiesItem'],
    type: [22, 'TypeItem'],
    items: [23, 'ItemsItem'],
    properties: [25, 'Schemas'],
    externalDocs: [29, 'ExternalDocs'],
    example: [30, 'Any'],
    extensions: [31, '{}Any'],
  },
  ExternalDocs: { description: [1, 'string'], url: [2, 'string'] },
  ApiKeySecurity: { type: [1, 'string'], name: [2, 'string'], in: [3, 'string'], description: [4, 'string'] },
}

/** Messages around a single value, which JSON does not have: their field's number and type. */
const WRAPPERS: Readonly<Record<string, readonly [number: number, type: string]>> = {
  ItemsItem: [1, 'Schema'],
  Paths: [2, '{}PathItem'],
  Responses: [1, '{}ResponseValue'],
  ResponseValue: [1, 'Response'],
  Schemas: [1, '{}Schema'],
  SecurityDefinitions: [1, '{}SecurityDefinitionsItem'],
  SecurityDefinitionsItem: [2, 'ApiKeySecurity'],
  SecurityRequirement: [1, '{}StringArray'],
  StringArray: [1, '[]string'],
  TypeItem: [1, 'string'],
}

/** ParametersItem and Parameter; where a NonBodyParameter keeps those of paths and queries. */
const PARAMETER = { item: 1, body: 1, nonBody: 2, query: 3, path: 4 }
const ADDITIONAL = { schema: 1, boolean: 2 }
const NAMED = { name: 1, value: 2 }
const ANY_YAML = 2

/** The document of OpenAPI 2 as `gnostic.openapi.v2.Document`. */
export function openApiV2Protobuf(document: object): Buffer {
  const writer = new ReverseWriter(1 << 20)
  writeBody(writer, 'Document', document)
  return writer.finish()
}

function writeBody(writer: ReverseWriter, message: string, value: unknown): void {
  const wrapper = WRAPPERS[message]
  const fields = MESSAGES[message]
  if (wrapper !== undefined) writeField(writer, wrapper, value)
  else if (fields !== undefined) writeFields(writer, fields, value as Readonly<Record<string, unknown>>)
  else if (message === 'ParametersItem') writeParameter(writer, value as Readonly<Record<string, unknown>>)
  else if (message === 'AdditionalPropertiesItem') writeAdditional(writer, value)
  else if (message === 'Any') writeField(writer, [ANY_YAML, 'string'], JSON.stringify(value))
  else throw new TypeError(`${message} is no message of OpenAPI 2`)
}

function writeFields(
  writer: ReverseWriter,
  fields: Readonly<Record<string, readonly [number, string]>>,
  value: Readonly<Record<string, unknown>>,
): void {
  for (const [name, field] of Object.entries(fields).toReversed()) {
    const written = name === 'extensions' ? extensionsOf(value) : value[name]
    if (written !== undefined) writeField(writer, field, written)
  }
}

function extensionsOf(value: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name.startsWith('x-')))
}

function writeField(writer: ReverseWriter, [number, type]: readonly [number, string], value: unknown): void {
  const inner = type.slice(2)
  if (type.startsWith('[]')) {
    for (const item of (value as readonly unknown[]).toReversed()) writeField(writer, [number, inner], item)
  } else if (type.startsWith('{}')) {
    for (const [name, item] of Object.entries(value as object).toReversed()) {
      const before = writer.sizeBytes
      writeField(writer, [NAMED.value, inner], item)
      writeField(writer, [NAMED.name, 'string'], name)
      writer.lengthAndTag(number, before)
    }
  } else if (type === 'string') {
    writer.string(String(value))
    writer.tag(number, BYTES)
  } else if (type === 'bool' || type === 'int64') {
    writer.varint(Number(value))
    writer.tag(number, VARINT)
  } else if (type === 'double') {
    writer.double(Number(value))
    writer.tag(number, FIXED64)
  } else {
    const before = writer.sizeBytes
    writeBody(writer, type, value)
    writer.lengthAndTag(number, before)
  }
}

function writeParameter(writer: ReverseWriter, value: Readonly<Record<string, unknown>>): void {
  const before = writer.sizeBytes
  if (value['in'] === 'body') writeField(writer, [PARAMETER.body, 'BodyParameter'], value)
  else {
    const at = writer.sizeBytes
    if (value['in'] === 'path') writeField(writer, [PARAMETER.path, 'PathParameter'], value)
    else writeField(writer, [PARAMETER.query, 'QueryParameter'], value)
    writer.lengthAndTag(PARAMETER.nonBody, at)
  }
  writer.lengthAndTag(PARAMETER.item, before)
}

function writeAdditional(writer: ReverseWriter, value: unknown): void {
  if (typeof value === 'boolean') writeField(writer, [ADDITIONAL.boolean, 'bool'], value)
  else writeField(writer, [ADDITIONAL.schema, 'Schema'], value)
}
