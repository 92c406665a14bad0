import { type DeletedRanges, isDeleted } from '../tombstones.ts'
import type { Chunk, ChunkList } from './chunk-list.ts'
import { decodeChunk } from './decode-chunks.ts'
import { type BitSample, encodeRuns } from './encode-runs.ts'
import { HISTOGRAM } from './encoding.ts'
import { HIGH_HALF, SampleColumns } from './sample-columns.ts'
import type { TimeRange } from './xor-decoder.ts'

/**
 * A series' chunks as a block holds them: within the range, without what is deleted, ordered and apart. Chunks that are so
 * already are taken as they are; others are decoded and encoded anew.
 */
export function tidyChunks(list: ChunkList, { from, to }: { from: number; to: number }, range: TimeRange): Chunk[] {
  const indices = Array.from({ length: to - from }, (_, index) => from + index)
    .filter((index) => (list.maxTimes[index] ?? 0) >= range.minMs && (list.minTimes[index] ?? 0) <= range.maxMs)
    .sort((a, b) => (list.minTimes[a] ?? 0) - (list.minTimes[b] ?? 0) || a - b)
  const chunks: Chunk[] = []
  for (let first = 0; first < indices.length;) {
    let end = list.maxTimes[indices[first] ?? 0] ?? 0
    let next = first + 1
    for (; next < indices.length && (list.minTimes[indices[next] ?? 0] ?? 0) <= end; next++) {
      end = Math.max(end, list.maxTimes[indices[next] ?? 0] ?? 0)
    }
    const group = indices.slice(first, next)
    const [only] = group
    if (group.length === 1 && only !== undefined && isWhole(list, only, range)) chunks.push(chunkOf(list, only))
    else chunks.push(...encodeRuns(mergedSamples(group.map((index) => samplesOf(list, index, range)))))
    first = next
  }
  return chunks
}

/** How many samples a chunk has: its first two bytes, whatever its encoding. */
export function sampleCount({ bytes, offset }: Pick<Chunk, 'bytes' | 'offset'>): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0)
}

function isWhole(list: ChunkList, index: number, range: TimeRange): boolean {
  const minMs = list.minTimes[index] ?? 0
  const maxMs = list.maxTimes[index] ?? 0
  if (minMs < range.minMs || maxMs > range.maxMs) return false
  const deleted: DeletedRanges = list.deleted[index] ?? []
  return !deleted.some((gone) => gone.minMs <= maxMs && gone.maxMs >= minMs)
}

function chunkOf(list: ChunkList, index: number): Chunk {
  return {
    bytes: list.bytes[index] ?? new Uint8Array(0),
    offset: list.offsets[index] ?? 0,
    length: list.lengths[index] ?? 0,
    encoding: list.encodings[index] ?? 0,
    minMs: list.minTimes[index] ?? 0,
    maxMs: list.maxTimes[index] ?? 0,
  }
}

/** A chunk's samples in the range, without those that are deleted. */
export function samplesOf(list: ChunkList, index: number, range: TimeRange): BitSample[] {
  const columns = new SampleColumns()
  decodeChunk(list, index, range, columns)
  const isInteger = list.encodings[index] === HISTOGRAM
  const deleted = list.deleted[index] ?? []
  const samples: BitSample[] = []
  for (let at = 0; at < columns.length; at++) {
    const timestampMs = columns.timestamps[at] ?? 0
    if (isDeleted(deleted, timestampMs)) continue
    const isStale = columns.stale?.[at] === 1
    samples.push({
      timestampMs,
      high: columns.halves[at * 2 + HIGH_HALF] ?? 0,
      low: columns.halves[at * 2 + 1 - HIGH_HALF] ?? 0,
      histogram: isStale ? undefined : columns.histograms?.[at],
      isInteger,
    })
  }
  return samples
}

/** Samples of all lists by time; of two of one instant the one in the first list. */
function mergedSamples(lists: readonly BitSample[][]): BitSample[] {
  const [only = []] = lists
  if (lists.length === 1) return only
  const byTime = new Map<number, BitSample>()
  for (const list of lists) {
    for (const sample of list) if (!byTime.has(sample.timestampMs)) byTime.set(sample.timestampMs, sample)
  }
  return [...byTime.values()].sort((a, b) => a.timestampMs - b.timestampMs)
}
