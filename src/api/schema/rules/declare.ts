import type { Range, SizeLookup } from '../../cel/cost.ts'
import type { StructProvider } from '../../cel/declarations.ts'
import { REQUEST_SIZE_MAX_BYTES } from '../../cel/kubernetes.ts'
import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listType,
  mapType,
  STRING,
  structType,
  TIMESTAMP,
} from '../../cel/types.ts'
import type { Schema } from '../schema.ts'
import { escapeName, isReserved } from './escape.ts'

/** What expressions can see of data with a schema: its type, and how large it can be. */
export interface Declared {
  readonly type: CelType
  /** Characters, items or entries; 0 for what has no size. */
  readonly sizeMax: number
  /** How short it can be written. */
  readonly bytesMin: number
  /** Of a struct, under the names by which expressions know them. */
  readonly fields?: ReadonlyMap<string, Declared>
  /** Of a list or map. */
  readonly element?: Declared
  readonly isMap?: boolean
}

/** k8s.io/apiserver pkg/cel/limits.go */
const STRING_BYTES_MIN = 2
const DURATION_LENGTH_MAX = 32
const DATETIME_LENGTH_MAX = 32
const DATE_LENGTH = 12
const DURATION_BYTES_MIN = 3
const DATETIME_BYTES_MIN = 21
const NAME_LENGTH_MAX = 253

/**
 * Undefined for data of which nothing is known, and which expressions therefore cannot see. `name` is what the checker
 * calls the struct. After k8s.io/apiserver pkg/cel/common/schemas.go.
 */
export function declare(schema: Schema | undefined, name: string, isRoot: boolean): Declared | undefined {
  if (schema === undefined) return undefined
  if (schema['x-kubernetes-int-or-string'] === true) {
    return { type: DYN, bytesMin: 1, sizeMax: stringLengthMax(schema) }
  }
  const effective = isRoot ? withTypeAndObjectMeta(schema) : schema
  switch (effective.type) {
    case 'array':
      return declareList(effective, name)
    case 'object':
      return declareObject(effective, name)
    case 'string':
      return declareString(effective)
    case 'boolean':
      return { type: BOOL, sizeMax: 0, bytesMin: 4 }
    case 'number':
      return { type: DOUBLE, sizeMax: 0, bytesMin: 1 }
    case 'integer':
      return { type: INT, sizeMax: 0, bytesMin: 1 }
    default:
      return undefined
  }
}

function isEmbedded(schema: Schema): boolean {
  return schema['x-kubernetes-embedded-resource'] === true
}

function declareList(schema: Schema, name: string): Declared | undefined {
  const { items } = schema
  if (items === undefined) return undefined
  const element = declare(items, `${name}.@idx`, isEmbedded(items))
  if (element === undefined) return undefined
  const fitting = Math.floor((REQUEST_SIZE_MAX_BYTES - 2) / (element.bytesMin + 1))
  const sizeMax = schema.maxItems === undefined ? fitting : Math.max(schema.maxItems, 0)
  return { type: listType(element.type), sizeMax, bytesMin: 2, element }
}

function declareObject(schema: Schema, name: string): Declared | undefined {
  const { additionalProperties } = schema
  if (typeof additionalProperties === 'object') return declareMap(schema, additionalProperties, name)
  const required = new Set(schema.required)
  const fields = new Map<string, Declared>()
  let bytesMin = 2
  for (const [property, propertySchema] of Object.entries(schema.properties ?? {})) {
    const escaped = escapeName(property)
    const field = declare(propertySchema, `${name}.${escaped ?? property}`, isEmbedded(propertySchema))
    if (field === undefined) continue
    if (escaped !== undefined) fields.set(escaped, field)
    const isGiven = required.has(property) && (propertySchema.default ?? null) === null
    if (isGiven) bytesMin += Buffer.byteLength(property) + field.bytesMin + 4
  }
  return { type: structType(name), sizeMax: 0, bytesMin, fields }
}

function declareMap(schema: Schema, values: Schema, name: string): Declared | undefined {
  const element = declare(values, `${name}.@elem`, isEmbedded(values))
  if (element === undefined) return undefined
  const fitting = Math.floor((REQUEST_SIZE_MAX_BYTES - 2) / (element.bytesMin + 6))
  const sizeMax = schema.maxProperties === undefined ? fitting : Math.max(schema.maxProperties, 0)
  return { type: mapType(STRING, element.type), sizeMax, bytesMin: 2, element, isMap: true }
}

function declareString(schema: Schema): Declared {
  switch (schema.format) {
    case 'byte': {
      const sizeMax = schema.maxLength === undefined ? REQUEST_SIZE_MAX_BYTES - 2 : Math.max(schema.maxLength, 0)
      return { type: BYTES, sizeMax, bytesMin: STRING_BYTES_MIN }
    }
    case 'duration':
      return { type: DURATION, sizeMax: DURATION_LENGTH_MAX, bytesMin: DURATION_BYTES_MIN }
    case 'date':
      return { type: TIMESTAMP, sizeMax: DATE_LENGTH, bytesMin: DATE_LENGTH }
    case 'date-time':
      return { type: TIMESTAMP, sizeMax: DATETIME_LENGTH_MAX, bytesMin: DATETIME_BYTES_MIN }
    default:
      return { type: STRING, sizeMax: stringLengthMax(schema), bytesMin: STRING_BYTES_MIN }
  }
}

/** A character may take four bytes, and costs count as if it did. */
function stringLengthMax(schema: Schema): number {
  if (schema.maxLength !== undefined) return Math.max(schema.maxLength, 0) * 4
  if (schema['x-kubernetes-int-or-string'] !== true && schema.enum !== undefined && schema.enum.length > 0) {
    return Math.max(0, ...schema.enum.map((value) => (typeof value === 'string' ? Buffer.byteLength(value) : 0)))
  }
  return REQUEST_SIZE_MAX_BYTES - 2
}

const TEXT: Schema = { type: 'string' }

/** Of a whole resource, rules see apiVersion, kind and two fields of metadata, whether its schema has them or not. */
export function withTypeAndObjectMeta(schema: Schema): Schema {
  const { properties = {} } = schema
  const metadata = properties['metadata']
  const known = metadata?.properties ?? {}
  const isComplete =
    properties['kind']?.type === 'string' &&
    properties['apiVersion']?.type === 'string' &&
    metadata?.type === 'object' &&
    known['name']?.type === 'string' &&
    known['generateName']?.type === 'string'
  if (isComplete) return schema
  return {
    ...schema,
    properties: {
      ...properties,
      kind: TEXT,
      apiVersion: TEXT,
      metadata: {
        type: 'object',
        properties: {
          name: cappedText(known['name'], NAME_LENGTH_MAX),
          generateName: cappedText(known['generateName'], NAME_LENGTH_MAX - 1),
        },
      },
    },
  }
}

function cappedText(schema: Schema | undefined, lengthMax: number): Schema {
  return { type: 'string', maxLength: Math.min(schema?.maxLength ?? lengthMax, lengthMax) }
}

/** Lets the checker look up the fields of all structs within a declaration. */
export function structsOf(root: Declared): StructProvider {
  const structs = new Map<string, ReadonlyMap<string, Declared>>()
  const collect = (declared: Declared): void => {
    if (declared.fields !== undefined) structs.set(declared.type.name, declared.fields)
    for (const field of declared.fields?.values() ?? []) collect(field)
    if (declared.element !== undefined) collect(declared.element)
  }
  collect(root)
  return {
    fieldsOf: (name) => {
      const fields = structs.get(name)
      if (fields === undefined) return undefined
      return {
        // Words of the language may be written as they are where a field is meant.
        fieldType: (field) => (fields.get(field) ?? (isReserved(field) ? fields.get(`__${field}__`) : undefined))?.type,
      }
    },
  }
}

/** How large the data at a path can be; the first step is the variable itself. */
export function sizesOf(root: Declared): SizeLookup {
  return (path) => {
    let declared: Declared | undefined = root
    for (const step of path.slice(1)) {
      declared = stepInto(declared, step)
      if (declared === undefined) return undefined
    }
    return { min: 0, max: declared.sizeMax } satisfies Range
  }
}

const KEY: Declared = { type: STRING, sizeMax: 0, bytesMin: STRING_BYTES_MIN }

function stepInto(declared: Declared, step: string): Declared | undefined {
  if (step === '@items' || step === '@values') return declared.element
  if (step === '@keys') return declared.isMap === true ? KEY : undefined
  return declared.fields?.get(step)
}
