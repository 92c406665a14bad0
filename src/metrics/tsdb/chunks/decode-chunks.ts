import type { ChunkList } from './chunk-list.ts'
import { HISTOGRAM, XOR } from './encoding.ts'
import { decodeHistograms } from './histogram-chunk.ts'
import { SampleColumns } from './sample-columns.ts'
import { isDeleted } from '../tombstones.ts'
import { decodeXor, type TimeRange } from './xor-decoder.ts'

/** Appends the samples of chunk `index` that lie in the range. */
export function decodeChunk(list: ChunkList, index: number, range: TimeRange, into: SampleColumns): void {
  const bytes = list.bytes[index]
  const offset = list.offsets[index] ?? 0
  const encoding = list.encodings[index]
  if (bytes === undefined) return
  const from = into.length
  if (encoding === XOR) decodeXor(bytes, offset, range, into)
  else decodeHistograms({ bytes, offset, isInteger: encoding === HISTOGRAM }, range, into)
  const deleted = list.deleted[index]
  if (deleted !== undefined) into.dropFrom(from, (timestampMs) => isDeleted(deleted, timestampMs))
}

/**
 * Appends the samples of chunks that may overlap, oldest first. Of two samples of one instant the one of the chunk that
 * starts first counts, and of those that of the one named first.
 */
export function decodeOverlapping(
  list: ChunkList,
  indices: readonly number[],
  range: TimeRange,
  into: SampleColumns,
): void {
  const ordered = [...indices].sort((a, b) => (list.minTimes[a] ?? 0) - (list.minTimes[b] ?? 0) || a - b)
  for (let first = 0; first < ordered.length;) {
    let end = list.maxTimes[ordered[first] ?? 0] ?? 0
    let next = first + 1
    for (; next < ordered.length && (list.minTimes[ordered[next] ?? 0] ?? 0) <= end; next++) {
      end = Math.max(end, list.maxTimes[ordered[next] ?? 0] ?? 0)
    }
    if (next === first + 1) decodeChunk(list, ordered[first] ?? 0, range, into)
    else
      mergeInto(
        into,
        ordered.slice(first, next).map((index) => decoded(list, index, range)),
      )
    first = next
  }
}

function decoded(list: ChunkList, index: number, range: TimeRange): SampleColumns {
  const columns = new SampleColumns()
  decodeChunk(list, index, range, columns)
  return columns
}

function mergeInto(into: SampleColumns, sources: readonly SampleColumns[]): void {
  const positions = sources.map(() => 0)
  for (;;) {
    let chosen = -1
    let time = Infinity
    for (let index = 0; index < sources.length; index++) {
      const source = sources[index]
      const position = positions[index] ?? 0
      if (source === undefined || position >= source.length) continue
      const at = source.timestamps[position] ?? 0
      if (at < time) {
        time = at
        chosen = index
      }
    }
    const source = sources[chosen]
    if (source === undefined) return
    into.copy(source, positions[chosen] ?? 0)
    for (let index = 0; index < sources.length; index++) {
      const position = positions[index] ?? 0
      const other = sources[index]
      if (other !== undefined && position < other.length && other.timestamps[position] === time) {
        positions[index] = position + 1
      }
    }
  }
}
