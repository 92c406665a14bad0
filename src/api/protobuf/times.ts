import { assert } from '../../base/assert.ts'
import type { Codec } from './codec.ts'
import { stringOf } from './scalars.ts'
import { BYTES, ProtobufError, VARINT, type Reader, type ReverseWriter } from './wire.ts'

/** Field numbers of k8s.io/apimachinery meta/v1 Timestamp. */
const SECONDS = 1
const NANOS = 2

/** The years 1 to 9999: what RFC 3339 can write. The first second is Go's zero time. */
const SECONDS_MIN = -62_135_596_800
const SECONDS_MAX = 253_402_300_799

type Precision = 'micros' | 'seconds'

/** `2026-07-01T00:00:00Z` */
export const TIME_CODEC = timeCodec('seconds')

/** `2026-07-01T00:00:00.000000Z` */
export const MICRO_TIME_CODEC = timeCodec('micros')

function timeCodec(precision: Precision): Codec {
  return {
    wire: BYTES,
    read: (reader) => readTime(reader, precision),
    write: (writer, value) => writeTime(writer, stringOf(value), precision),
    zero: () => null,
  }
}

/** Go writes no bytes at all for the zero time, which JSON writes as null. */
function readTime(reader: Reader, precision: Precision): string | null {
  const message = reader.message()
  if (message.done) return null
  let seconds = 0
  let nanos = 0
  while (!message.done) {
    const tag = message.tag('Timestamp')
    if (tag === SECONDS * 8 + VARINT) seconds = message.int64()
    else if (tag === NANOS * 8 + VARINT) nanos = message.int32()
    else message.skip(tag)
  }
  if (seconds < SECONDS_MIN || seconds > SECONDS_MAX || nanos < 0 || nanos > 999_999_999) {
    throw new ProtobufError('proto: Timestamp: year outside of range [0,9999]')
  }
  if (seconds === SECONDS_MIN && nanos === 0) return null
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19)
  return precision === 'seconds' ? `${whole}Z` : `${whole}.${String(Math.trunc(nanos / 1000)).padStart(6, '0')}Z`
}

function writeTime(writer: ReverseWriter, text: string, precision: Precision): void {
  const [fraction = ''] = /(?<=\.)\d+/.exec(text) ?? []
  const seconds = Date.parse(text.replace(/\.\d+/, '')) / 1000
  assert(Number.isInteger(seconds), 'a time field holds a time')
  const micros = precision === 'seconds' ? 0 : Number(fraction.slice(0, 6).padEnd(6, '0'))
  const before = writer.sizeBytes
  writer.varint(micros * 1000)
  writer.tag(NANOS, VARINT)
  writer.varint(seconds)
  writer.tag(SECONDS, VARINT)
  writer.varint(writer.sizeBytes - before)
}
