import { compareText } from '../../../base/compare-text.ts'
import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram, type Span } from '../../model/histogram.ts'
import { Labels, labelsOf } from '../../model/labels.ts'
import type { MetricMetadata, SeriesRef } from '../../model/storage.ts'
import { ByteReader, ShortBytesError } from '../bytes/byte-reader.ts'
import { isStaleBits, floatOf } from '../chunks/float-bits.ts'
import type { TimeRange } from '../chunks/xor-decoder.ts'
import type { StoredExemplar } from '../exemplars.ts'
import {
  CUSTOM_FLOAT_HISTOGRAMS,
  CUSTOM_HISTOGRAMS,
  EXEMPLARS,
  FLOAT_HISTOGRAMS,
  FLOAT_HISTOGRAMS_V2,
  HISTOGRAMS,
  HISTOGRAMS_V2,
  METADATA,
  METRIC_TYPES,
  RESET_HINTS,
  SAMPLES,
  SAMPLES_V2,
  SERIES,
  TOMBSTONES,
} from './record-types.ts'

/** What records tell, one by one. */
export interface RecordSink {
  series(ref: SeriesRef, labels: Labels): void
  /** A float; its eight bytes lie at `at`, for those who want them. */
  sample(ref: SeriesRef, timestampMs: number, bytes: Uint8Array, at: number): void
  /** `undefined` is a stale marker. */
  histogram(ref: SeriesRef, sample: LoggedHistogram): void
  exemplar(ref: SeriesRef, exemplar: StoredExemplar): void
  metadata(ref: SeriesRef, metadata: MetricMetadata): void
  deleted(ref: SeriesRef, range: TimeRange): void
}

export interface LoggedHistogram {
  readonly timestampMs: number
  readonly histogram: FloatHistogram | undefined
  readonly isInteger: boolean
}

/** Four bytes as a signed number: the upper half of a float's bits is at its start, the lower one four bytes on. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)
}

/** Reads one record. Kinds that are not known are passed over, as Prometheus does: they come from a later version. */
export function decodeRecord(record: Uint8Array, sink: RecordSink): void {
  const type = record[0]
  if (type === SAMPLES) {
    decodeSamples(record, sink)
    return
  }
  const reader = new ByteReader(record, 1)
  if (type === SERIES) while (reader.left > 0) sink.series(reader.uint64(), readLabels(reader))
  else if (type === SAMPLES_V2) decodeSamplesV2(reader, sink)
  else if (type === TOMBSTONES) {
    while (reader.left > 0) {
      const ref = reader.uint64()
      const minMs = reader.varint()
      sink.deleted(ref, { minMs, maxMs: reader.varint() })
    }
  } else if (type === EXEMPLARS) decodeExemplars(reader, sink)
  else if (type === METADATA) decodeMetadata(reader, sink)
  else if (type === HISTOGRAMS || type === CUSTOM_HISTOGRAMS) decodeHistogramRecord(reader, sink, true)
  else if (type === FLOAT_HISTOGRAMS || type === CUSTOM_FLOAT_HISTOGRAMS) decodeHistogramRecord(reader, sink, false)
  else if (type === HISTOGRAMS_V2) decodeHistogramRecordV2(reader, sink, true)
  else if (type === FLOAT_HISTOGRAMS_V2) decodeHistogramRecordV2(reader, sink, false)
}

/** Most of a log is these: read without going through a reader. */
function decodeSamples(record: Uint8Array, sink: RecordSink): void {
  const end = record.length
  if (end === 1) return
  const base = new ByteReader(record, 1)
  const baseRef = base.uint64()
  const baseTime = base.int64()
  let at = base.at
  while (at < end) {
    // One or two bytes nearly always; a reader does the rest.
    let byte = record[at] ?? 0
    let next = record[at + 1] ?? 0
    let ref = baseRef
    if (byte < 128) {
      ref += (byte >>> 1) ^ -(byte & 1)
      at += 1
    } else if (next < 128) {
      ref += (((byte & 127) | (next << 7)) >>> 1) ^ -(byte & 1)
      at += 2
    } else {
      base.at = at
      ref += base.varint()
      at = base.at
    }
    byte = record[at] ?? 0
    next = record[at + 1] ?? 0
    let time = baseTime
    if (byte < 128) {
      time += (byte >>> 1) ^ -(byte & 1)
      at += 1
    } else if (next < 128) {
      time += (((byte & 127) | (next << 7)) >>> 1) ^ -(byte & 1)
      at += 2
    } else {
      base.at = at
      time += base.varint()
      at = base.at
    }
    if (at + 8 > end) throw new ShortBytesError('invalid size')
    sink.sample(ref, time, record, at)
    at += 8
  }
}

/** How a start time is given: not at all, as before, or anew. */
const NO_START = 0
const SAME_START = 1

/** The head of a sample in a record of version 2: the series from the one before, the time from the first one. */
class HeadsV2 {
  ref = 0
  time = 0
  #firstTime = 0
  #isFirst = true

  read(reader: ByteReader): void {
    if (this.#isFirst) {
      this.ref = reader.varint()
      this.time = reader.varint()
      this.#firstTime = this.time
      this.#isFirst = false
      reader.varint()
      return
    }
    this.ref += reader.varint()
    this.time = this.#firstTime + reader.varint()
    // Start times are not kept on disk here: read, and left.
    const marker = reader.byte()
    if (marker !== NO_START && marker !== SAME_START) reader.varint()
  }
}

function decodeSamplesV2(reader: ByteReader, sink: RecordSink): void {
  const heads = new HeadsV2()
  while (reader.left > 0) {
    heads.read(reader)
    reader.view(8)
    sink.sample(heads.ref, heads.time, reader.bytes, reader.at - 8)
  }
}

function decodeHistogramRecord(reader: ByteReader, sink: RecordSink, isInteger: boolean): void {
  if (reader.left === 0) return
  const baseRef = reader.uint64()
  const baseTime = reader.int64()
  while (reader.left > 0) {
    const ref = baseRef + reader.varint()
    const timestampMs = baseTime + reader.varint()
    sink.histogram(ref, { timestampMs, histogram: readHistogram(reader, isInteger), isInteger })
  }
}

function decodeHistogramRecordV2(reader: ByteReader, sink: RecordSink, isInteger: boolean): void {
  const heads = new HeadsV2()
  while (reader.left > 0) {
    heads.read(reader)
    const histogram = readHistogram(reader, isInteger)
    sink.histogram(heads.ref, { timestampMs: heads.time, histogram, isInteger })
  }
}

function readHistogram(reader: ByteReader, isInteger: boolean): FloatHistogram | undefined {
  const counterResetHint = RESET_HINTS[reader.byte()] ?? 'unknown'
  const schema = reader.varint()
  const zeroThreshold = reader.float64()
  const zeroCount = isInteger ? reader.uvarint() : reader.float64()
  const count = isInteger ? reader.uvarint() : reader.float64()
  const sumHigh = reader.int32()
  const sumLow = reader.int32()
  const positiveSpans = readSpans(reader)
  const negativeSpans = readSpans(reader)
  const positiveBuckets = readBuckets(reader, isInteger)
  const negativeBuckets = readBuckets(reader, isInteger)
  const customValues: number[] = []
  if (schema === CUSTOM_BUCKETS_SCHEMA) {
    for (let left = reader.uvarint(); left > 0; left--) customValues.push(reader.float64())
  }
  if (isStaleBits(sumHigh, sumLow)) return undefined
  return {
    counterResetHint,
    schema,
    zeroThreshold,
    zeroCount,
    count,
    sum: floatOf(sumHigh, sumLow),
    positiveSpans,
    negativeSpans,
    positiveBuckets,
    negativeBuckets,
    customValues,
  }
}

function readSpans(reader: ByteReader): Span[] {
  const spans: Span[] = []
  for (let left = reader.uvarint(); left > 0; left--) {
    const offset = reader.varint()
    spans.push({ offset, length: reader.uvarint() })
  }
  return spans
}

function readBuckets(reader: ByteReader, isInteger: boolean): number[] {
  const buckets: number[] = []
  let count = 0
  for (let left = reader.uvarint(); left > 0; left--) {
    count = isInteger ? count + reader.varint() : reader.float64()
    buckets.push(count)
  }
  return buckets
}

function decodeExemplars(reader: ByteReader, sink: RecordSink): void {
  if (reader.left === 0) return
  const baseRef = reader.uint64()
  const baseTime = reader.int64()
  while (reader.left > 0) {
    const ref = baseRef + reader.varint()
    const timestampMs = baseTime + reader.varint()
    const value = reader.float64()
    sink.exemplar(ref, { labels: readLabels(reader), value, timestampMs })
  }
}

function decodeMetadata(reader: ByteReader, sink: RecordSink): void {
  while (reader.left > 0) {
    const ref = reader.uvarint()
    const type = METRIC_TYPES[reader.byte()] ?? 'unknown'
    let unit = ''
    let help = ''
    for (let left = reader.uvarint(); left > 0; left--) {
      const field = reader.text()
      const value = reader.text()
      if (field === 'UNIT') unit = value
      else if (field === 'HELP') help = value
    }
    sink.metadata(ref, { type, unit, help })
  }
}

function readLabels(reader: ByteReader): Labels {
  const pairs: string[] = []
  let isSorted = true
  for (let left = reader.uvarint(); left > 0; left--) {
    const name = reader.text()
    isSorted &&= pairs.length === 0 || compareText(pairs.at(-2) ?? '', name) < 0
    const value = reader.text()
    isSorted &&= value !== ''
    pairs.push(name, value)
  }
  return isSorted ? new Labels(pairs) : labelsOf(new Labels(pairs))
}
