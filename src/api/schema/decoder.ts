import { parseQuantity, QuantityError } from '../quantity-parse.ts'
import { describeJson, goTypeOf, shortNameOf } from './go-types.ts'
import { builtinSchema } from './builtin.ts'
import { explainTimeError, RFC3339, RFC3339_MICRO } from './go-time.ts'
import type { Schema } from './schema.ts'
import {
  FIELDS_V1,
  INT_OR_STRING,
  JSON_SCHEMA_OR_ARRAY,
  JSON_SCHEMA_OR_BOOL,
  MICRO_TIME,
  QUANTITY,
  RAW_EXTENSION,
  TIME,
} from './special.ts'

const JSON_SCHEMA_PROPS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps'

/** Reads one value; returns it as it came when nothing had to be dropped. */
export type Decoder = (value: unknown, state: DecodeState) => unknown

/** The value cannot be read; the message is Go's. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
  /** A value of another type than Go's `type`. */
  readonly mismatch: { readonly value: unknown; readonly type: string } | undefined

  constructor(message: string, mismatch?: { value: unknown; type: string }) {
    super(message)
    this.mismatch = mismatch
  }
}

/** sigs.k8s.io/json internal/golang/encoding/json/kubernetes_patch.go */
const UNKNOWN_FIELDS_MAX = 100

/** Where a decoder is, and what it dropped on its way. */
export class DecodeState {
  /** Paths of fields that no struct has. */
  readonly unknownPaths: string[] = []
  /** Fields and indexes from the root. */
  readonly #path: (string | number)[] = []
  #struct = ''

  enter(step: string | number): void {
    this.#path.push(step)
  }

  leave(): void {
    this.#path.pop()
  }

  /** Goes into a struct; returns the one around it, for `leaveStruct`. */
  enterStruct(name: string): string {
    const outer = this.#struct
    this.#struct = name
    return outer
  }

  leaveStruct(outer: string): void {
    this.#struct = outer
  }

  unknown(field: string): void {
    if (this.unknownPaths.length < UNKNOWN_FIELDS_MAX) this.unknownPaths.push(printPath([...this.#path, field]))
  }

  /** As strict validation words them. */
  get unknownFields(): readonly string[] {
    return this.unknownPaths.map((path) => `unknown field ${JSON.stringify(path)}`)
  }

  typeError(value: unknown, type: string, what = describeJson(value)): DecodeError {
    // Go leaves out indexes and keys of maps: only fields of structs are part of the place.
    const fields = this.#path.filter((step) => typeof step === 'string' && !step.startsWith(MAP_KEY))
    const place =
      this.#struct === '' || fields.length === 0 ? 'value' : `struct field ${this.#struct}.${fields.join('.')}`
    return new DecodeError(`json: cannot unmarshal ${what} into Go ${place} of type ${type}`, { value, type })
  }
}

/** Marks a step that is a key of a map. */
const MAP_KEY = '\0'

export function mapKey(key: string): string {
  return MAP_KEY + key
}

function printPath(path: readonly (string | number)[]): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else text += `${text === '' ? '' : '.'}${step.startsWith(MAP_KEY) ? step.slice(1) : step}`
  }
  return text
}

const decoders = new WeakMap<Schema, Decoder>()

/** The decoder of a schema, made when first used: a schema may be cyclic, and most of it is never needed. */
export function decoderOf(schema: Schema): Decoder {
  let decoder = decoders.get(schema)
  if (decoder === undefined) {
    decoder = makeDecoder(schema)
    decoders.set(schema, decoder)
  }
  return decoder
}

function makeDecoder(schema: Schema): Decoder {
  const special = schema.definition === undefined ? undefined : specialDecoder(schema.definition, schema)
  if (special !== undefined) return special
  switch (schema.type) {
    case 'object':
      return schema.properties === undefined ? mapDecoder(schema) : structDecoder(schema)
    case 'array':
      return listDecoder(schema)
    case 'string':
      return schema.format === 'byte' ? decodeBytes : scalarDecoder('string', goTypeOf(schema))
    case 'boolean':
      return scalarDecoder('boolean', 'bool')
    case 'integer':
      return integerDecoder(schema)
    case 'number':
      return scalarDecoder('number', 'float64')
    default:
      return asItIs
  }
}

function specialDecoder(definition: string, schema: Schema): Decoder | undefined {
  switch (definition) {
    case QUANTITY:
      return decodeQuantity
    case INT_OR_STRING:
      return decodeIntOrString
    case TIME:
      return timeDecoder(RFC3339)
    case MICRO_TIME:
      return timeDecoder(RFC3339_MICRO)
    case RAW_EXTENSION:
    case FIELDS_V1:
      return asItIs
    case JSON_SCHEMA_OR_ARRAY:
    case JSON_SCHEMA_OR_BOOL:
      return schemaOrOtherDecoder
    default:
      return schema['x-kubernetes-preserve-unknown-fields'] === true ? asItIs : undefined
  }
}

const asItIs: Decoder = (value) => value

function scalarDecoder(type: 'string' | 'boolean' | 'number', goType: string): Decoder {
  return (value, state) => {
    if (typeof value !== type) throw state.typeError(value, goType)
    return value
  }
}

function integerDecoder(schema: Schema): Decoder {
  const goType = goTypeOf(schema)
  const isInt32 = goType === 'int32'
  return (value, state) => {
    if (typeof value === 'number' && (isInt32 ? (value | 0) === value : Number.isInteger(value))) return value
    if (typeof value === 'bigint' && !isInt32 && BigInt.asIntN(64, value) === value) return value
    const isNumber = typeof value === 'number' || typeof value === 'bigint'
    throw state.typeError(value, goType, isNumber ? `number ${value}` : undefined)
  }
}

const decodeBytes: Decoder = (value, state) => {
  if (typeof value !== 'string') throw state.typeError(value, '[]uint8')
  const illegal = illegalBase64At(value)
  if (illegal !== undefined) throw new DecodeError(`illegal base64 data at input byte ${illegal}`)
  return value
}

/** Where Go's decoder stops reading base64; undefined when it reads all. Line breaks are skipped. */
function illegalBase64At(text: string): number | undefined {
  const illegal = /[^A-Za-z0-9+/=\r\n]/.exec(text)
  if (illegal !== null) return illegal.index
  const padding = /=(?!=?[\r\n]*$)/.exec(text)
  if (padding !== null) return padding.index + 1
  const length = text.replace(/[\r\n]/g, '').length
  return length % 4 === 0 ? undefined : text.length - (length % 4)
}

const decodeQuantity: Decoder = (value) => {
  try {
    if (typeof value === 'string') parseQuantity(value)
    else parseQuantity(JSON.stringify(value) ?? '')
  } catch (failure) {
    throw failure instanceof QuantityError ? new DecodeError(failure.message) : failure
  }
  return value
}

const decodeIntOrString: Decoder = (value) => {
  if (typeof value === 'string' || (typeof value === 'number' && (value | 0) === value)) return value
  const what = typeof value === 'number' ? `number ${value}` : describeJson(value)
  throw new DecodeError(`json: cannot unmarshal ${what} into Go value of type int32`)
}

function timeDecoder(layout: typeof RFC3339): Decoder {
  return (value) => {
    if (typeof value !== 'string') {
      throw new DecodeError(`json: cannot unmarshal ${describeJson(value)} into Go value of type string`)
    }
    if (value === '') return value
    const why = explainTimeError(value, layout)
    if (why !== undefined) throw new DecodeError(why)
    return value
  }
}

/** `items` of a JSON schema may be a schema or a list of them; `additionalProperties` a schema or a boolean. */
const schemaOrOtherDecoder: Decoder = (value, state) => {
  if (typeof value !== 'object' || value === null) return value
  const decodeSchema = decoderOf(builtinSchema(JSON_SCHEMA_PROPS))
  return Array.isArray(value)
    ? listDecoder({ items: builtinSchema(JSON_SCHEMA_PROPS) })(value, state)
    : decodeSchema(value, state)
}

function structDecoder(schema: Schema): Decoder {
  const name = shortNameOf(schema.definition ?? '')
  const goType = goTypeOf(schema)
  const { properties = {} } = schema
  const fields = new Map<string, Decoder>()
  const decoderOfField = (field: string): Decoder | undefined => {
    const known = fields.get(field)
    if (known !== undefined) return known
    const property = Object.hasOwn(properties, field) ? properties[field] : undefined
    if (property === undefined) return undefined
    const decoder = decoderOf(property)
    fields.set(field, decoder)
    return decoder
  }
  return (value, state) => {
    if (!isRecord(value)) throw state.typeError(value, goType)
    const outer = state.enterStruct(name)
    const decoded = decodeFields(value, state, decoderOfField)
    state.leaveStruct(outer)
    return decoded
  }
}

function decodeFields(
  value: Record<string, unknown>,
  state: DecodeState,
  decoderOfField: (field: string) => Decoder | undefined,
): Record<string, unknown> {
  const entries: [string, unknown][] = []
  let changed = false
  for (const field of Object.keys(value)) {
    const given = value[field]
    const decoder = decoderOfField(field)
    if (decoder === undefined) state.unknown(field)
    if (decoder === undefined || given === null || given === undefined) {
      changed = true
      continue
    }
    state.enter(field)
    const decoded = decoder(given, state)
    state.leave()
    changed ||= decoded !== given
    entries.push([field, decoded])
  }
  return changed ? Object.fromEntries(entries) : value
}

function mapDecoder(schema: Schema): Decoder {
  const { additionalProperties } = schema
  if (typeof additionalProperties !== 'object') return asItIs
  const goType = goTypeOf(schema)
  const values = decoderOf(additionalProperties)
  return (value, state) => {
    if (!isRecord(value)) throw state.typeError(value, goType)
    let changed = false
    const entries: [string, unknown][] = []
    for (const key of Object.keys(value)) {
      const given = value[key]
      state.enter(mapKey(key))
      const decoded = given === null ? zeroOf(additionalProperties) : values(given, state)
      state.leave()
      changed ||= decoded !== given
      entries.push([key, decoded])
    }
    return changed ? Object.fromEntries(entries) : value
  }
}

function listDecoder(schema: Schema): Decoder {
  const { items = {} } = schema
  const goType = goTypeOf(schema)
  const decoder = decoderOf(items)
  return (value, state) => {
    if (!Array.isArray(value)) throw state.typeError(value, goType)
    let copy: unknown[] | undefined
    for (let index = 0; index < value.length; index++) {
      const given: unknown = value[index]
      state.enter(index)
      const decoded = given === null ? zeroOf(items) : decoder(given, state)
      state.leave()
      if (decoded === given) continue
      copy ??= [...value]
      copy[index] = decoded
    }
    return copy ?? value
  }
}

/** Where Go has no place for null: in a list, and in a map. */
function zeroOf(schema: Schema): unknown {
  if (schema['x-kubernetes-int-or-string'] === true) return 0
  switch (schema.type) {
    case 'string':
      return schema.format === undefined ? '' : null
    case 'integer':
    case 'number':
      return 0
    case 'boolean':
      return false
    case 'object':
      return schema.properties === undefined ? null : {}
    default:
      return null
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
