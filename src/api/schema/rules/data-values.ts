import { equal, equalInOrder } from '../../cel/equality.ts'
import { parseHumanDuration } from '../../cel/library/string-formats.ts'
import { parseDate, parseTimestamp } from '../../cel/time.ts'
import {
  CelError,
  Dictionary,
  type DictionarySource,
  errorOr,
  identityOf,
  List,
  type ListSource,
  NO_SUCH_OVERLOAD,
  type Value,
} from '../../cel/values.ts'
import { isJsonObject, type JsonObject, sameJson } from '../json.ts'
import type { Schema } from '../schema.ts'
import { withTypeAndObjectMeta } from './declare.ts'
import { escapeName, unescapeName } from './escape.ts'

/**
 * JSON as expressions see it: typed by its schema, and converted only where an expression looks. After k8s.io/apiserver
 * pkg/cel/common/valuesunstructured.go.
 */
export function dataValue(data: unknown, schema: Schema): Value {
  if (data === null || data === undefined) {
    return schema.nullable === true ? null : new CelError('invalid data, got null for schema with nullable=false')
  }
  if (schema['x-kubernetes-int-or-string'] === true) return intOrString(data)
  switch (schema.type) {
    case 'object':
      return objectValue(data, schema)
    case 'array':
      return arrayValue(data, schema)
    case 'string':
      return textValue(data, schema.format)
    case 'number':
      return isNumber(data) ? Number(data) : new CelError(`invalid data, expected float, got ${goTypeOf(data)}`)
    case 'integer':
      return wholeNumber(data) ?? new CelError(`invalid data, expected int, got ${goTypeOf(data)}`)
    case 'boolean':
      return typeof data === 'boolean' ? data : new CelError(`invalid data, expected bool, got ${goTypeOf(data)}`)
    default:
      return schema['x-kubernetes-preserve-unknown-fields'] === true ? unknownValue(data) : noType()
  }
}

function noType(): CelError {
  return new CelError(
    'invalid type, expected object, array, number, integer, boolean or string, or no type with x-kubernetes-int-or-string or x-kubernetes-preserve-unknown-fields is true, got ',
  )
}

function isNumber(data: unknown): data is number | bigint {
  return typeof data === 'number' || typeof data === 'bigint'
}

function wholeNumber(data: unknown): bigint | undefined {
  if (typeof data === 'bigint') return data
  return typeof data === 'number' && Number.isInteger(data) ? BigInt(data) : undefined
}

function goTypeOf(data: unknown): string {
  if (typeof data === 'string') return 'string'
  if (typeof data === 'boolean') return 'bool'
  if (Array.isArray(data)) return '[]interface {}'
  if (isNumber(data)) return wholeNumber(data) === undefined ? 'float64' : 'int64'
  return 'map[string]interface {}'
}

function intOrString(data: unknown): Value {
  if (typeof data === 'string') return data
  return wholeNumber(data) ?? new CelError('invalid data, expected XIntOrString value to be either a string or integer')
}

function textValue(data: unknown, format: string | undefined): Value {
  if (typeof data !== 'string') return new CelError(`invalid data, expected string, got ${goTypeOf(data)}`)
  switch (format) {
    case 'duration':
      return parseHumanDuration(data) ?? new CelError(`Invalid duration ${data}: unable to parse ${data} as duration`)
    case 'date':
      return parseDate(data) ?? new CelError(`Invalid date formatted string ${data}: cannot parse`)
    case 'date-time':
      return (
        parseTimestamp(data.toUpperCase()) ??
        parseTimestamp(`${data.toUpperCase()}Z`) ??
        new CelError(`Invalid date-time formatted string ${data}: cannot parse`)
      )
    case 'byte':
      return Buffer.from(data, 'base64')
    default:
      return data
  }
}

/** Data without a schema can only be compared. */
function unknownValue(data: unknown): Value {
  return new Dictionary({
    size: 0,
    raw: data,
    find: () => undefined,
    keys: () => [],
    equal: (other) => sameJson(data, other.source.raw),
  })
}

function objectValue(data: unknown, schema: Schema): Value {
  if (!isJsonObject(data)) return new CelError('invalid data, expected a map for the provided schema with type=object')
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true
  return new Dictionary(new DataDictionary(data, isEmbedded ? withTypeAndObjectMeta(schema) : schema))
}

class DataDictionary implements DictionarySource {
  readonly raw: JsonObject
  readonly #schema: Schema

  constructor(raw: JsonObject, schema: Schema) {
    this.raw = raw
    this.#schema = schema
  }

  get size(): number {
    return Object.keys(this.raw).length
  }

  find(key: Value): Value | undefined {
    if (typeof key !== 'string') return NO_SUCH_OVERLOAD
    const isObject = this.#schema.properties !== undefined
    const name = isObject ? unescapeName(key) : key
    if (name === undefined || !Object.hasOwn(this.raw, name)) return undefined
    const data = this.raw[name]
    // A null field counts as absent, a null in a map does not.
    if (isObject && data === null) return undefined
    const schema = this.schemaOf(name)
    return schema === undefined ? undefined : dataValue(data, schema)
  }

  keys(): readonly Value[] {
    const isObject = this.#schema.properties !== undefined
    const names = Object.keys(this.raw).filter((name) => this.schemaOf(name) !== undefined)
    return isObject ? names.map((name) => escapeName(name) ?? name) : names
  }

  equal(other: Dictionary): Value {
    if (this.size !== other.size) return false
    for (const name of Object.keys(this.raw)) {
      const same = this.schemaOf(name) === undefined ? this.#sameUnknown(name, other) : this.#sameKnown(name, other)
      if (same !== true) return same
    }
    return true
  }

  schemaOf(name: string): Schema | undefined {
    const { properties, additionalProperties } = this.#schema
    if (properties !== undefined) return Object.hasOwn(properties, name) ? properties[name] : undefined
    return typeof additionalProperties === 'object' ? additionalProperties : undefined
  }

  #sameKnown(name: string, other: Dictionary): Value {
    const left = this.find(name)
    const right = other.find(name)
    if (left === undefined || right === undefined) return left === right
    return equal(left, right)
  }

  #sameUnknown(name: string, other: Dictionary): Value {
    const { raw } = other.source
    if (!isJsonObject(raw)) return NO_SUCH_OVERLOAD
    return !Object.hasOwn(raw, name) || sameJson(this.raw[name], raw[name])
  }
}

function arrayValue(data: unknown, schema: Schema): Value {
  if (!Array.isArray(data))
    return new CelError('invalid data, expected an array for the provided schema with type=array')
  const { items } = schema
  if (items === undefined) return new CelError('invalid array type, expected Items with a non-empty Schema')
  const source = new DataList(data, items)
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return new List(new KeyedList(source, setKey, false))
    case 'map': {
      const keys = (schema['x-kubernetes-list-map-keys'] ?? []).map((key) => escapeName(key) ?? key)
      return new List(new KeyedList(source, (element) => mapKey(element, keys), true))
    }
    default:
      return new List(source)
  }
}

class DataList implements ListSource {
  readonly #data: readonly unknown[]
  readonly #items: Schema

  constructor(data: readonly unknown[], items: Schema) {
    this.#data = data
    this.#items = items
  }

  get size(): number {
    return this.#data.length
  }

  at(index: number): Value {
    return dataValue(this.#data[index], this.#items)
  }

  equal(other: List): Value {
    const list = new List({ size: this.size, at: (index) => this.at(index) })
    return this.size === other.size && equalInOrder(list, other)
  }
}

type KeyOf = (element: Value) => string | CelError

/** A list whose elements have identities: order does not count, and adding replaces what is there. */
class KeyedList implements ListSource {
  readonly #source: ListSource
  readonly #keyOf: KeyOf
  readonly #compareElements: boolean

  constructor(source: ListSource, keyOf: KeyOf, compareElements: boolean) {
    this.#source = source
    this.#keyOf = keyOf
    this.#compareElements = compareElements
  }

  get size(): number {
    return this.#source.size
  }

  at(index: number): Value {
    return this.#source.at(index)
  }

  equal(other: List): Value {
    if (this.size !== other.size) return false
    const own = this.#byKey()
    if (own instanceof CelError) return own
    const seen = new Set<string>()
    for (const element of other.toArray()) {
      const key = this.#keyOf(element)
      if (key instanceof CelError) return key
      const mine = own.get(key)
      if (mine === undefined) return false
      const same = this.#compareElements ? equal(mine, element) : true
      if (same !== true) return same
      seen.add(key)
    }
    return seen.size === own.size
  }

  add(other: List): Value {
    const joined = this.#byKey()
    if (joined instanceof CelError) return joined
    for (const element of other.toArray()) {
      const key = this.#keyOf(element)
      if (key instanceof CelError) return key
      joined.set(key, element)
    }
    const values = [...joined.values()]
    const source = { size: values.length, at: (index: number) => values[index] ?? null }
    return new List(new KeyedList(source, this.#keyOf, this.#compareElements))
  }

  #byKey(): Map<string, Value> | CelError {
    const byKey = new Map<string, Value>()
    for (let index = 0; index < this.size; index++) {
      const element = this.at(index)
      const key = this.#keyOf(element)
      if (key instanceof CelError) return key
      byKey.set(key, element)
    }
    return byKey
  }
}

function setKey(element: Value): string | CelError {
  if (element instanceof List || element instanceof Dictionary) {
    return new CelError('listSet operations are only supported on lists of scalar values')
  }
  return element instanceof CelError ? element : scalarKey(element)
}

function mapKey(element: Value, keys: readonly string[]): string | CelError {
  if (!(element instanceof Dictionary)) return errorOr(element)
  return keys.map((key) => scalarKey(element.find(key) ?? null)).join('\0')
}

function scalarKey(value: Value): string {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('base64')}`
  if (typeof value !== 'object') return `${typeof value} ${String(identityOf(value))}`
  const fields = value === null ? 'null' : Object.values(value).map(String).join(' ')
  return `${value?.constructor.name ?? ''} ${fields}`
}
