import { assert } from '../../base/assert.ts'
import type { Codec } from './codec.ts'
import { BYTES, FIXED64, VARINT, type Reader, type ReverseWriter } from './wire.ts'

const STRINGS_ITEM = 1

/** The codec of each scalar type of the table. */
export const SCALAR_CODECS: Readonly<Record<string, Codec>> = {
  bool: {
    wire: VARINT,
    read: (reader) => reader.bool(),
    write: (writer, value) => writer.varint(booleanOf(value) ? 1 : 0),
    zero: () => false,
  },
  bytes: {
    wire: BYTES,
    read: (reader) => reader.bytes().toString('base64'),
    write: (writer, value) => writer.bytes(Buffer.from(stringOf(value), 'base64')),
    zero: () => null,
  },
  double: {
    wire: FIXED64,
    read: (reader) => reader.double(),
    write: (writer, value) => writer.double(numberOf(value)),
    zero: () => 0,
  },
  int32: {
    wire: VARINT,
    read: (reader) => reader.int32(),
    write: (writer, value) => writer.varint(integerOf(value)),
    zero: () => 0,
  },
  int64: {
    wire: VARINT,
    read: (reader) => reader.int64(),
    write: (writer, value) => writer.varint(integerOf(value)),
    zero: () => 0,
  },
  string: {
    wire: BYTES,
    read: (reader) => reader.string(),
    write: (writer, value) => writer.string(stringOf(value)),
    zero: () => '',
  },
  /** A message around a list, because protobuf knows no map of lists. */
  strings: { wire: BYTES, read: readStrings, write: writeStrings, zero: () => null },
}

function readStrings(reader: Reader): unknown {
  const message = reader.message()
  const strings: string[] = []
  while (!message.done) {
    const tag = message.tag('ExtraValue')
    if (tag === STRINGS_ITEM * 8 + BYTES) strings.push(message.string())
    else message.skip(tag)
  }
  return strings
}

function writeStrings(writer: ReverseWriter, value: unknown): void {
  assert(Array.isArray(value), 'a list of strings is a list')
  const before = writer.sizeBytes
  for (const one of value.toReversed()) {
    writer.string(stringOf(one))
    writer.tag(STRINGS_ITEM, BYTES)
  }
  writer.varint(writer.sizeBytes - before)
}

export function stringOf(value: unknown): string {
  assert(typeof value === 'string', 'a string field holds a string')
  return value
}

export function numberOf(value: unknown): number {
  assert(typeof value === 'number', 'a number field holds a number')
  return value
}

export function integerOf(value: unknown): number {
  assert(Number.isInteger(value), 'an integer field holds an integer')
  return numberOf(value)
}

function booleanOf(value: unknown): boolean {
  assert(typeof value === 'boolean', 'a boolean field holds a boolean')
  return value
}
