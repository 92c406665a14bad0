import { assert } from '../../base/assert.ts'
import { builtinFacts, referredDefinition } from '../schema/builtin-table.ts'
import type { FieldFacts } from '../schema/facts.ts'
import {
  FIELDS_V1,
  INT_OR_STRING,
  JSON_SCHEMA_OR_ARRAY,
  JSON_SCHEMA_OR_BOOL,
  JSON_SCHEMA_OR_STRINGS,
  JSON_VALUE,
  MICRO_TIME,
  QUANTITY,
  RAW_EXTENSION,
  TIME,
} from '../schema/special.ts'
import { APIEXTENSIONS } from '../schema/builtin-groups.ts'
import type { Codec } from './codec.ts'
import { SCALAR_CODECS } from './scalars.ts'
import { MICRO_TIME_CODEC, TIME_CODEC } from './times.ts'
import { INT_OR_STRING_CODEC, JSON_CODEC, QUANTITY_CODEC, rawExtensionCodec, schemaOrCodec } from './values.ts'
import { BYTES, ProtobufError, type Reader, type ReverseWriter } from './wire.ts'

const MAP_KEY = 1
const MAP_VALUE = 2

/**
 * Messages of the table, compiled when they are first met.
 *
 *     Volume { name = 1; volumeSource = 2 { hostPath = 1; emptyDir = 2; … } }      protobuf
 *     { name, hostPath, emptyDir, … }                                              JSON
 *
 * While a message is read its fields lie in slots, numbered as they come in JSON; those of an embedded message follow
 * in the same row.
 */
export interface Message extends Codec {
  readonly name: string
  /** In the order of JSON, those of embedded messages included. */
  readonly fields: readonly Field[]
  /** The message itself, without tag and length. */
  readBody(reader: Reader): Record<string, unknown>
  writeBody(writer: ReverseWriter, value: object): void
}

interface Field {
  readonly name: string
  readonly number: number
  readonly shape: 'list' | 'map' | 'single'
  readonly codec: Codec
  /** A zero that was read is left out. */
  readonly dropsZero: boolean
  /** A zero is put in where nothing was read. */
  readonly addsZero: boolean
}

/** Where a field number leads: to a slot, or into an embedded message whose fields begin at that slot. */
type Target = { readonly slot: number; readonly field: Field } | { readonly slot: number; readonly embedded: Layout }

interface Layout {
  readonly name: string
  readonly fields: readonly Field[]
  readonly targets: ReadonlyMap<number, Target>
  /** The same from the last to the first, which is the order of writing. */
  readonly reversed: readonly (readonly [number: number, target: Target])[]
}

/** What is derived from the table is the same for everyone in this process, so it is derived once. */
const messages = new Map<string, Message>()

/** The message of a definition such as `io.k8s.api.core.v1.Pod`. */
export function messageOf(definition: string, decodeObject: (bytes: Buffer) => unknown): Message {
  const known = messages.get(definition)
  if (known !== undefined) return known
  const message = compile(definition, decodeObject)
  messages.set(definition, message)
  return message
}

function compile(definition: string, decodeObject: (bytes: Buffer) => unknown): Message {
  let layout: Layout | undefined
  // Only now, and not above: a definition may contain itself.
  const lay = () => (layout ??= layoutOf(definition, decodeObject))
  const message: Message = {
    name: definition.slice(definition.lastIndexOf('.') + 1),
    wire: BYTES,
    get fields() {
      return lay().fields
    },
    read: (reader) => readLayout(reader.message(), lay()),
    readBody: (reader) => readLayout(reader, lay()),
    write(writer, value) {
      const before = writer.sizeBytes
      message.writeBody(writer, objectOf(value))
      writer.varint(writer.sizeBytes - before)
    },
    writeBody: (writer, value) => writeLayout(writer, lay(), value),
    zero: () => assemble(lay(), []),
  }
  return message
}

function layoutOf(definition: string, decodeObject: (bytes: Buffer) => unknown): Layout {
  const facts = builtinFacts(definition)
  assert(facts !== undefined, `${definition} is in the table`)
  const fields: Field[] = []
  const targets = new Map<number, Target>()
  for (const [name, field] of Object.entries(facts.fields)) {
    const slot = fields.length
    if (field.inline === true) {
      const embedded = layoutOf(referredDefinition(definition, field) ?? '', decodeObject)
      fields.push(...embedded.fields)
      targets.set(field.number, { slot, embedded })
    } else {
      const compiled = compileField(name, { field, definition, decodeObject })
      fields.push(compiled)
      targets.set(field.number, { slot, field: compiled })
    }
  }
  const name = definition.slice(definition.lastIndexOf('.') + 1)
  return { name, fields, targets, reversed: [...targets].toReversed() }
}

function compileField(
  name: string,
  at: { field: FieldFacts; definition: string; decodeObject: (bytes: Buffer) => unknown },
): Field {
  const { field, definition, decodeObject } = at
  const refers = referredDefinition(definition, field)
  const codec = refers === undefined ? SCALAR_CODECS[field.type] : codecOf(refers, decodeObject)
  assert(codec !== undefined, `${field.type} has a codec`)
  const isStruct = refers !== undefined && builtinFacts(refers) !== undefined
  const isShown = field.zero === 'shown'
  // A port that was not named is no port: zero says nothing that defaults could not say better.
  const meansNothing = refers === INT_OR_STRING && isShown && field.required !== true
  const isSingle = field.shape === undefined
  return {
    name,
    number: field.number,
    shape: field.shape ?? 'single',
    codec,
    dropsZero: isSingle && ((field.zero === undefined && !isStruct) || meansNothing),
    addsZero: isSingle && isShown && !meansNothing,
  }
}

function codecOf(definition: string, decodeObject: (bytes: Buffer) => unknown): Codec {
  const fixed = VALUE_CODECS[definition]
  if (fixed !== undefined) return fixed
  if (definition === RAW_EXTENSION) return rawExtensionCodec(decodeObject)
  const alternative = SCHEMA_ALTERNATIVES[definition]
  if (alternative === undefined) return messageOf(definition, decodeObject)
  return schemaOrCodec(messageOf(`${APIEXTENSIONS}.JSONSchemaProps`, decodeObject), alternative)
}

const VALUE_CODECS: Readonly<Record<string, Codec>> = {
  [FIELDS_V1]: JSON_CODEC,
  [INT_OR_STRING]: INT_OR_STRING_CODEC,
  [JSON_VALUE]: JSON_CODEC,
  [MICRO_TIME]: MICRO_TIME_CODEC,
  [QUANTITY]: QUANTITY_CODEC,
  [TIME]: TIME_CODEC,
}

const SCHEMA_ALTERNATIVES: Readonly<Record<string, 'bool' | 'schemas' | 'strings'>> = {
  [JSON_SCHEMA_OR_ARRAY]: 'schemas',
  [JSON_SCHEMA_OR_BOOL]: 'bool',
  [JSON_SCHEMA_OR_STRINGS]: 'strings',
}

function readLayout(reader: Reader, layout: Layout): Record<string, unknown> {
  const slots: unknown[] = []
  readSlots(reader, { layout, slots, from: 0 })
  return assemble(layout, slots)
}

function readSlots(reader: Reader, into: { layout: Layout; slots: unknown[]; from: number }): void {
  const { layout, slots, from } = into
  while (!reader.done) {
    const tag = reader.tag(layout.name)
    const target = layout.targets.get(tag >>> 3)
    if (target === undefined) reader.skip(tag)
    else if ('embedded' in target) {
      expectWire(tag, { wire: BYTES, name: target.embedded.name })
      readSlots(reader.message(), { layout: target.embedded, slots, from: from + target.slot })
    } else readField(reader, { tag, field: target.field, slots, slot: from + target.slot })
  }
}

function readField(reader: Reader, at: { tag: number; field: Field; slots: unknown[]; slot: number }): void {
  const { tag, field, slots, slot } = at
  if (field.shape === 'map') {
    expectWire(tag, { wire: BYTES, name: field.name })
    const map = (slots[slot] ??= {}) as Record<string, unknown>
    readEntry(reader.message(), field, map)
    return
  }
  expectWire(tag, { wire: field.codec.wire, name: field.name })
  const value = field.codec.read(reader)
  if (field.shape === 'single') slots[slot] = value
  else if (slots[slot] === undefined) slots[slot] = [value]
  else (slots[slot] as unknown[]).push(value)
}

function readEntry(entry: Reader, field: Field, map: Record<string, unknown>): void {
  let key = ''
  let value: unknown
  while (!entry.done) {
    const tag = entry.tag(field.name)
    if (tag === MAP_KEY * 8 + BYTES) key = entry.string()
    else if (tag >>> 3 === MAP_VALUE) {
      expectWire(tag, { wire: field.codec.wire, name: field.name })
      value = field.codec.read(entry)
    } else entry.skip(tag)
  }
  setKey(map, key, value === undefined ? field.codec.zero() : value)
}

/** A key named `__proto__` is a key like any other, as it is to JSON. */
function setKey(map: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') map[key] = value
  else Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true })
}

function expectWire(tag: number, { wire, name }: { wire: number; name: string }): void {
  if ((tag & 7) === wire) return
  const goName = name.slice(0, 1).toUpperCase() + name.slice(1)
  throw new ProtobufError(`proto: wrong wireType = ${tag & 7} for field ${goName}`)
}

/** What upstream's JSON has for these values, save that nulls are left out. */
function assemble({ fields }: Layout, slots: readonly unknown[]): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  let slot = 0
  for (const field of fields) {
    const value = valueOf(field, slots[slot++])
    if (value !== undefined && value !== null) object[field.name] = value
  }
  return object
}

function valueOf({ addsZero, codec, dropsZero }: Field, value: unknown): unknown {
  if (value === undefined) return addsZero ? codec.zero() : undefined
  return dropsZero && (value === '' || value === 0 || value === false) ? undefined : value
}

function writeLayout(writer: ReverseWriter, layout: Layout, value: object): void {
  const values = value as Readonly<Record<string, unknown>>
  for (const [number, target] of layout.reversed) {
    if ('embedded' in target) {
      const before = writer.sizeBytes
      writeLayout(writer, target.embedded, value)
      writer.lengthAndTag(number, before)
      continue
    }
    const { field } = target
    const written = values[field.name]
    if (written !== undefined && written !== null) writeField(writer, field, written)
  }
}

function writeField(writer: ReverseWriter, field: Field, value: unknown): void {
  const { codec, number, shape } = field
  if (shape === 'single') {
    codec.write(writer, value)
    writer.tag(number, codec.wire)
  } else if (shape === 'list') {
    assert(Array.isArray(value), `${field.name} holds a list`)
    for (let index = value.length - 1; index >= 0; index--) {
      codec.write(writer, value[index])
      writer.tag(number, codec.wire)
    }
  } else {
    // In the order of keys, as Go writes maps: equal objects are equal bytes.
    const entries = Object.entries(objectOf(value)).toSorted(([a], [b]) => (a < b ? 1 : -1))
    for (const [key, one] of entries) {
      const before = writer.sizeBytes
      codec.write(writer, one)
      writer.tag(MAP_VALUE, codec.wire)
      writer.string(key)
      writer.tag(MAP_KEY, BYTES)
      writer.lengthAndTag(number, before)
    }
  }
}

function objectOf(value: unknown): object {
  assert(typeof value === 'object' && value !== null && !Array.isArray(value), 'a message is an object')
  return value
}
