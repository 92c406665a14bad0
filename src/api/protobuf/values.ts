import { parseQuantity, quantityOfJson, QuantityError } from '../quantity-parse.ts'
import { printQuantity } from '../quantity.ts'
import type { Codec } from './codec.ts'
import { integerOf, stringOf } from './scalars.ts'
import { BYTES, ProtobufError, VARINT, type Reader } from './wire.ts'

const QUANTITY_STRING = 1
const INT_OR_STRING = { type: 1, intValue: 2, stringValue: 3 }
const TYPE_STRING = 1
const RAW = 1

/** `500m`: a message around its text. */
export const QUANTITY_CODEC: Codec = {
  wire: BYTES,
  read(reader) {
    const text = readSingle(reader, { message: 'Quantity', number: QUANTITY_STRING })
    return text === undefined ? '0' : canonicalQuantity(text.toString('utf8'))
  },
  write(writer, value) {
    const before = writer.sizeBytes
    writer.string(printQuantity(quantityOfJson(value)))
    writer.tag(QUANTITY_STRING, BYTES)
    writer.varint(writer.sizeBytes - before)
  },
  zero: () => '0',
}

function canonicalQuantity(text: string): string {
  try {
    return printQuantity(parseQuantity(text))
  } catch (error) {
    if (error instanceof QuantityError) throw new ProtobufError(error.message, { cause: error })
    throw error
  }
}

/** `8080` or `http` */
export const INT_OR_STRING_CODEC: Codec = {
  wire: BYTES,
  read: readIntOrString,
  write(writer, value) {
    const before = writer.sizeBytes
    const isString = typeof value === 'string'
    writer.string(isString ? value : '')
    writer.tag(INT_OR_STRING.stringValue, BYTES)
    writer.varint(isString ? 0 : integerOf(value))
    writer.tag(INT_OR_STRING.intValue, VARINT)
    writer.varint(isString ? TYPE_STRING : 0)
    writer.tag(INT_OR_STRING.type, VARINT)
    writer.varint(writer.sizeBytes - before)
  },
  zero: () => 0,
}

function readIntOrString(reader: Reader): unknown {
  const message = reader.message()
  let isString = false
  let intValue = 0
  let stringValue = ''
  while (!message.done) {
    const tag = message.tag('IntOrString')
    if (tag === INT_OR_STRING.type * 8 + VARINT) isString = message.int64() === TYPE_STRING
    else if (tag === INT_OR_STRING.intValue * 8 + VARINT) intValue = message.int32()
    else if (tag === INT_OR_STRING.stringValue * 8 + BYTES) stringValue = message.string()
    else message.skip(tag)
  }
  return isString ? stringValue : intValue
}

/** Any JSON value: a message around its text. */
export const JSON_CODEC: Codec = {
  wire: BYTES,
  read(reader) {
    const raw = readSingle(reader, { message: 'JSON', number: RAW })
    return raw === undefined || raw.length === 0 ? null : parseJson(raw)
  },
  write(writer, value) {
    const before = writer.sizeBytes
    writer.string(JSON.stringify(value))
    writer.tag(RAW, BYTES)
    writer.varint(writer.sizeBytes - before)
  },
  zero: () => null,
}

/** An object of any kind. Its bytes are JSON, or again an object in protobuf, which `decodeObject` reads. */
export function rawExtensionCodec(decodeObject: (bytes: Buffer) => unknown): Codec {
  return {
    wire: BYTES,
    read(reader) {
      const raw = readSingle(reader, { message: 'RawExtension', number: RAW })
      if (raw === undefined || raw.length === 0) return null
      return raw.subarray(0, 4).equals(PROTOBUF_PREFIX) ? decodeObject(raw) : parseJson(raw)
    },
    write: (writer, value) => JSON_CODEC.write(writer, value),
    zero: () => null,
  }
}

/** What an object in protobuf begins with. */
export const PROTOBUF_PREFIX = Buffer.from('k8s\0', 'latin1')

function parseJson(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8')) as unknown
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ProtobufError(`invalid JSON in a raw value: ${why}`, { cause: error })
  }
}

/** A schema, or whatever may stand in its place: a boolean, a list of schemas, a list of strings. */
export function schemaOrCodec(schema: Codec, other: SchemaAlternative): Codec {
  return {
    wire: BYTES,
    read: (reader) => readSchemaOr(reader, { schema, other }),
    write(writer, value) {
      const before = writer.sizeBytes
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
        schema.write(writer, value)
        writer.tag(SCHEMA_OR.schema[other], BYTES)
      }
      if (other === 'bool') {
        // Where there is a schema, Go holds `true` beside it.
        writer.varint(value === false ? 0 : 1)
        writer.tag(SCHEMA_OR.other[other], VARINT)
      } else if (Array.isArray(value)) {
        for (const item of value.toReversed()) {
          if (other === 'schemas') schema.write(writer, item)
          else writer.string(stringOf(item))
          writer.tag(SCHEMA_OR.other[other], BYTES)
        }
      }
      writer.varint(writer.sizeBytes - before)
    },
    zero: () => null,
  }
}

export type SchemaAlternative = 'bool' | 'schemas' | 'strings'

/** Field numbers of JSONSchemaPropsOrBool, -OrArray and -OrStringArray. */
const SCHEMA_OR: Readonly<Record<'other' | 'schema', Readonly<Record<SchemaAlternative, number>>>> = {
  schema: { bool: 2, schemas: 1, strings: 1 },
  other: { bool: 1, schemas: 2, strings: 2 },
}

function readSchemaOr(reader: Reader, { schema, other }: { schema: Codec; other: SchemaAlternative }): unknown {
  const message = reader.message()
  let found: unknown
  let allows = false
  const list: unknown[] = []
  while (!message.done) {
    const tag = message.tag('JSONSchemaPropsOr')
    if (tag === SCHEMA_OR.schema[other] * 8 + BYTES) found = schema.read(message)
    else if (tag !== SCHEMA_OR.other[other] * 8 + (other === 'bool' ? VARINT : BYTES)) message.skip(tag)
    else if (other === 'bool') allows = message.bool()
    else list.push(other === 'schemas' ? schema.read(message) : message.string())
  }
  if (found !== undefined) return found
  return other === 'bool' ? allows : list
}

/** The bytes of the only field of a message; undefined when it is not there. */
function readSingle(reader: Reader, { message, number }: { message: string; number: number }): Buffer | undefined {
  const inner = reader.message()
  let found: Buffer | undefined
  while (!inner.done) {
    const tag = inner.tag(message)
    if (tag === number * 8 + BYTES) found = inner.bytes()
    else inner.skip(tag)
  }
  return found
}
