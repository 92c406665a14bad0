import { ProtobufError, Reader, ReverseWriter } from '../../api/protobuf/wire.ts'
import { crc32c } from '../../base/crc32c.ts'
import { compareLabels, type Labels } from '../model/labels.ts'
import type { StoredSeries } from '../model/storage.ts'
import { readFields } from '../protobuf/read-fields.ts'
import { message, number } from '../protobuf/write-fields.ts'
import { highBits, lowBits, STALE_HIGH, STALE_LOW } from '../tsdb/chunks/float-bits.ts'
import { type BitSample, encodeRuns } from '../tsdb/chunks/encode-runs.ts'
import { type Chunk, ChunkList } from '../tsdb/chunks/chunk-list.ts'
import { READ_SLACK_BYTES, type TimeRange } from '../tsdb/chunks/xor-decoder.ts'
import { ChunkedSeries } from '../tsdb/stored-series.ts'
import { labelsWithoutEmpty, readLabel, writeLabels } from './write-v1.ts'
import type { WrittenSeries } from './written-series.ts'

export const CHUNKED_TYPE = 'application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse'

/** A frame takes about so much, unless one chunk alone is larger (prometheus/prometheus storage/remote: 1 MiB). */
const FRAME_BYTES = 2 ** 20
const SUM_BYTES = 4

/**
 * The series of each query as frames of encoded chunks: a reader needs room for one frame, and not for all samples
 * (prometheus/prometheus storage/remote/chunked.go).
 *
 *     uvarint length | CRC-32C (4 bytes) | ChunkedReadResponse
 */
export function encodeChunkedResponse(results: readonly (readonly WrittenSeries[])[]): Uint8Array {
  const frames: Uint8Array[] = []
  for (const [query, list] of results.entries()) {
    for (const series of list) {
      for (const chunks of inFrames(encodeRuns(bitSamples(series)))) frames.push(frameOf(series, chunks, query))
    }
  }
  return Buffer.concat(frames)
}

function bitSamples({ samples, histograms }: WrittenSeries): readonly BitSample[] {
  const floats = samples.map(({ timestampMs, value, stale }): BitSample => {
    const [high, low] = stale ? [STALE_HIGH, STALE_LOW] : [highBits(value), lowBits(value)]
    return { timestampMs, high, low }
  })
  if (histograms.length === 0) return floats
  const natives = histograms.map(({ timestampMs, histogram, isInteger, stale }): BitSample => {
    if (stale) return { timestampMs, high: STALE_HIGH, low: STALE_LOW }
    return { timestampMs, high: 0, low: 0, histogram, isInteger }
  })
  return [...floats, ...natives].sort((a, b) => a.timestampMs - b.timestampMs)
}

function* inFrames(chunks: readonly Chunk[]): Generator<readonly Chunk[]> {
  let frame: Chunk[] = []
  let size = 0
  for (const chunk of chunks) {
    if (frame.length > 0 && size + chunk.length > FRAME_BYTES) {
      yield frame
      frame = []
      size = 0
    }
    frame.push(chunk)
    size += chunk.length
  }
  if (frame.length > 0) yield frame
}

function frameOf({ labels }: WrittenSeries, chunks: readonly Chunk[], query: number): Uint8Array {
  const writer = new ReverseWriter()
  if (query > 0) number(writer, 2, query)
  message(writer, 1, () => {
    for (const chunk of chunks.toReversed()) message(writer, 2, () => writeChunk(writer, chunk))
    writeLabels(writer, labels)
  })
  const { sizeBytes } = writer
  const content = Buffer.from(writer.finish())
  const head = new ReverseWriter(16)
  const sum = Buffer.alloc(SUM_BYTES)
  sum.writeUInt32BE(crc32c(content) >>> 0)
  head.raw(sum)
  head.varint(sizeBytes)
  return Buffer.concat([head.finish(), content])
}

function writeChunk(writer: ReverseWriter, { bytes, offset, length, encoding, minMs, maxMs }: Chunk): void {
  message(writer, 4, () => writer.raw(bytes.subarray(offset, offset + length)))
  number(writer, 3, encoding)
  number(writer, 2, maxMs)
  number(writer, 1, minMs)
}

/** A series, and where its chunks stand in the list of all. */
interface Row {
  readonly labels: Labels
  readonly from: number
  to: number
}

/**
 * The series of an answer to one query, whose samples are decoded when they are asked for. Throws a ProtobufError for what is
 * cut off or damaged.
 */
export function readChunkedResponse(
  body: Uint8Array,
  options: { readonly range: TimeRange; labelsOf(labels: Labels): Labels },
): readonly StoredSeries[] {
  // Decoders look a little beyond the last chunk.
  const bytes = Buffer.concat([body, new Uint8Array(READ_SLACK_BYTES)])
  const list = new ChunkList()
  const rows: Row[] = []
  for (let at = 0; at < body.length;) {
    const { start, end } = frameAt(bytes, at, body.length)
    const reader = new Reader(bytes.subarray(start, end))
    readFields(reader, 'ChunkedReadResponse', (field) => {
      if (field !== 1) return false
      readSeries(reader.message(), { bytes, list, rows })
      return true
    })
    at = end
  }
  return rows
    .map(({ labels, from, to }) => ({ labels: options.labelsOf(labels), list, from, to }))
    .sort((a, b) => compareLabels(a.labels, b.labels))
    .map((row) => new ChunkedSeries(row, options.range))
}

function frameAt(bytes: Buffer, at: number, size: number): { readonly start: number; readonly end: number } {
  let length = 0
  let next = at
  for (let factor = 1; ; factor *= 0x80) {
    const byte = bytes[next++] ?? 0
    length += (byte & 0x7f) * factor
    if (byte < 0x80) break
    if (next - at > SUM_BYTES) throw new ProtobufError('a frame is longer than any may be')
  }
  const start = next + SUM_BYTES
  const end = start + length
  if (end > size) throw new ProtobufError('the last frame is cut off')
  if (crc32c(bytes, start, end) >>> 0 !== bytes.readUInt32BE(next)) {
    throw new ProtobufError('a frame does not match its checksum')
  }
  return { start, end }
}

function readSeries(
  reader: Reader,
  { bytes, list, rows }: { readonly bytes: Buffer; readonly list: ChunkList; readonly rows: Row[] },
): void {
  const pairs: [string, string][] = []
  const from = list.length
  readFields(reader, 'ChunkedSeries', (field) => {
    if (field === 1) pairs.push(readLabel(reader.message()))
    else if (field === 2) list.push(readChunk(reader.message(), bytes))
    else return false
    return true
  })
  const labels = labelsWithoutEmpty(pairs)
  const last = rows.at(-1)
  // The chunks of one series may come in several frames.
  if (last?.labels.key === labels.key) last.to = list.length
  else rows.push({ labels, from, to: list.length })
}

function readChunk(reader: Reader, bytes: Buffer): Chunk {
  const chunk = { offset: 0, length: 0, encoding: 0, minMs: 0, maxMs: 0 }
  readFields(reader, 'Chunk', (field) => {
    if (field === 1) chunk.minMs = reader.int64()
    else if (field === 2) chunk.maxMs = reader.int64()
    else if (field === 3) chunk.encoding = reader.int32()
    else if (field === 4) {
      const data = reader.bytes()
      chunk.offset = data.byteOffset - bytes.byteOffset
      chunk.length = data.length
    } else return false
    return true
  })
  return { bytes, ...chunk }
}
