import { BYTES, Reader } from '../../api/protobuf/wire.ts'
import { readFields, readPacked, readText, zigzag } from '../protobuf/read-fields.ts'
import type { AnyValue, ExponentialBuckets, ExportRequest, KeyValue, OtlpExemplar, OtlpMetric } from './otlp-model.ts'

/** How one field of a message is read, and what it is called. */
interface Field {
  readonly name: string
  readonly isList?: boolean
  read(reader: Reader, type: number): unknown
  /** The same from JSON; of a list one item. */
  fromJson(value: unknown, name: string): unknown
}

/** A request in JSON is not what it should be. */
export class OtlpError extends Error {
  override readonly name = 'OtlpError'
}

type Message = Readonly<Record<number, Field>>

/** Reads `ExportMetricsServiceRequest` from its protobuf form. */
export function readOtlp(bytes: Uint8Array): ExportRequest {
  return readMessage(new Reader(bytes), REQUEST)
}

/** Reads the request from its JSON form. Throws an `OtlpError`. */
export function readOtlpJson(text: string): ExportRequest {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (failure) {
    throw new OtlpError(failure instanceof Error ? failure.message : String(failure), { cause: failure })
  }
  return messageOfJson(value, REQUEST, 'request')
}

/** Fields that are not known are passed over, as the format demands. */
function messageOfJson(value: unknown, message: Message, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new OtlpError(`${name} is no object`)
  const read: Record<string, unknown> = {}
  for (const field of Object.values(message)) {
    const given = (value as Record<string, unknown>)[field.name]
    if (given === undefined || given === null) continue
    if (field.isList !== true) read[field.name] = field.fromJson(given, field.name)
    else if (Array.isArray(given)) read[field.name] = given.map((item) => field.fromJson(item, field.name))
    else throw new OtlpError(`${field.name} is no list`)
  }
  return read
}

function textOfJson(value: unknown, name: string): string {
  if (typeof value !== 'string') throw new OtlpError(`${name} is no text`)
  return value
}

/** Numbers that JSON lacks, and whole numbers of 64 bits, are written as texts. */
function numberOfJson(value: unknown, name: string): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof number !== 'number' || (Number.isNaN(number) && value !== 'NaN'))
    throw new OtlpError(`${name} is no number`)
  return number
}

/** Enumerations may be named. */
function numberOrNameOfJson(value: unknown, name: string): number | string {
  return typeof value === 'string' && /^[A-Z_]+$/.test(value) ? value : numberOfJson(value, name)
}

function boolOfJson(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw new OtlpError(`${name} is no boolean`)
  return value
}

function readMessage(reader: Reader, message: Message): Record<string, unknown> {
  const value: Record<string, unknown> = {}
  readFields(reader, 'ExportMetricsServiceRequest', (number, type) => {
    const field = message[number]
    if (field === undefined) return false
    const read = field.read(reader, type)
    if (field.isList !== true) value[field.name] = read
    else {
      const list = (value[field.name] ??= []) as unknown[]
      if (Array.isArray(read)) list.push(...(read as unknown[]))
      else list.push(read)
    }
    return true
  })
  return value
}

const string = (name: string): Field => ({ name, read: readText, fromJson: textOfJson })
const double = (name: string): Field => ({ name, read: (reader) => reader.double(), fromJson: numberOfJson })
const fixed = (name: string): Field => ({ name, read: (reader) => reader.fixed64(), fromJson: numberOfJson })
const varint = (name: string): Field => ({ name, read: (reader) => reader.int64(), fromJson: numberOrNameOfJson })
const signed = (name: string): Field => ({ name, read: (reader) => zigzag(reader.int64()), fromJson: numberOfJson })
const bool = (name: string): Field => ({ name, read: (reader) => reader.bool(), fromJson: boolOfJson })
const hex = (name: string): Field => ({ name, read: (reader) => reader.bytes().toString('hex'), fromJson: textOfJson })
const base64 = (name: string): Field => ({
  name,
  read: (reader) => reader.bytes().toString('base64'),
  fromJson: textOfJson,
})

function one(name: string, message: () => Message): Field {
  return {
    name,
    read: (reader) => readMessage(reader.message(), message()),
    fromJson: (value) => messageOfJson(value, message(), name),
  }
}

function many(name: string, message: () => Message): Field {
  return { ...one(name, message), isList: true }
}

/** Numbers in one piece or one by one. */
function numbers(name: string, read: (part: Reader) => number): Field {
  return {
    name,
    isList: true,
    fromJson: numberOfJson,
    read(reader, type) {
      if (type !== BYTES) return read(reader)
      const values: number[] = []
      readPacked(reader, type, (part) => values.push(read(part)))
      return values
    },
  }
}

/** The names of the fields are those of the types that they become. */
type Named<T> = keyof T & string
const nameOf = <T>(name: Named<T>): string => name

const ANY_VALUE: Message = {
  1: string(nameOf<AnyValue>('stringValue')),
  2: bool('boolValue'),
  3: varint('intValue'),
  4: double('doubleValue'),
  5: one('arrayValue', () => ({ 1: many('values', () => ANY_VALUE) })),
  6: one('kvlistValue', () => ({ 1: many('values', () => KEY_VALUE) })),
  7: base64('bytesValue'),
}

const KEY_VALUE: Message = { 1: string(nameOf<KeyValue>('key')), 2: one('value', () => ANY_VALUE) }

const EXEMPLAR: Message = {
  2: fixed(nameOf<OtlpExemplar>('timeUnixNano')),
  3: double('asDouble'),
  4: hex('spanId'),
  5: hex('traceId'),
  6: fixed('asInt'),
  7: many('filteredAttributes', () => KEY_VALUE),
}

const TIMES: Message = { 2: fixed('startTimeUnixNano'), 3: fixed('timeUnixNano') }

const NUMBER_POINT: Message = {
  ...TIMES,
  4: double('asDouble'),
  5: many('exemplars', () => EXEMPLAR),
  6: fixed('asInt'),
  7: many('attributes', () => KEY_VALUE),
  8: varint('flags'),
}

const HISTOGRAM_POINT: Message = {
  ...TIMES,
  4: fixed('count'),
  5: double('sum'),
  6: numbers('bucketCounts', (part) => part.fixed64()),
  7: numbers('explicitBounds', (part) => part.double()),
  8: many('exemplars', () => EXEMPLAR),
  9: many('attributes', () => KEY_VALUE),
  10: varint('flags'),
}

const EXPONENTIAL_BUCKETS: Message = {
  1: signed(nameOf<ExponentialBuckets>('offset')),
  2: numbers('bucketCounts', (part) => part.int64()),
}

const EXPONENTIAL_POINT: Message = {
  ...TIMES,
  1: many('attributes', () => KEY_VALUE),
  4: fixed('count'),
  5: double('sum'),
  6: signed('scale'),
  7: fixed('zeroCount'),
  8: one('positive', () => EXPONENTIAL_BUCKETS),
  9: one('negative', () => EXPONENTIAL_BUCKETS),
  10: varint('flags'),
  11: many('exemplars', () => EXEMPLAR),
  14: double('zeroThreshold'),
}

const SUMMARY_POINT: Message = {
  ...TIMES,
  4: fixed('count'),
  5: double('sum'),
  6: many('quantileValues', () => ({ 1: double('quantile'), 2: double('value') })),
  7: many('attributes', () => KEY_VALUE),
  8: varint('flags'),
}

const METRIC: Message = {
  1: string(nameOf<OtlpMetric>('name')),
  2: string('description'),
  3: string('unit'),
  5: one('gauge', () => ({ 1: many('dataPoints', () => NUMBER_POINT) })),
  7: one('sum', () => ({
    1: many('dataPoints', () => NUMBER_POINT),
    2: varint('aggregationTemporality'),
    3: bool('isMonotonic'),
  })),
  9: one('histogram', () => ({ 1: many('dataPoints', () => HISTOGRAM_POINT), 2: varint('aggregationTemporality') })),
  10: one('exponentialHistogram', () => ({
    1: many('dataPoints', () => EXPONENTIAL_POINT),
    2: varint('aggregationTemporality'),
  })),
  11: one('summary', () => ({ 1: many('dataPoints', () => SUMMARY_POINT) })),
}

const SCOPE_METRICS: Message = {
  1: one('scope', () => ({ 1: string('name'), 2: string('version'), 3: many('attributes', () => KEY_VALUE) })),
  2: many('metrics', () => METRIC),
  3: string('schemaUrl'),
}

const REQUEST: Message = {
  1: many('resourceMetrics', () => ({
    1: one('resource', () => ({ 1: many('attributes', () => KEY_VALUE) })),
    2: many('scopeMetrics', () => SCOPE_METRICS),
  })),
}
