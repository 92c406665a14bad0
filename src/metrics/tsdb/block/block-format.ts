/** Numbers of a block's files (prometheus/prometheus tsdb/index/index.go, tsdb/chunks/chunks.go, tsdb/tombstones). */
export const INDEX_MAGIC = 0xbaaad700
export const INDEX_VERSION = 2
export const CHUNKS_MAGIC = 0x85bd40dd
export const TOMBSTONES_MAGIC = 0x0130ba30

/** A table of contents: six offsets and a sum. */
export const TOC_BYTES = 6 * 8 + 4

/** Series begin at multiples of this, and are named by which one. */
export const SERIES_ALIGN = 16

/** Segments of chunks get no larger. */
export const SEGMENT_BYTES = 512 * 1024 * 1024
export const SEGMENT_HEADER_BYTES = 8

export const TWO_32 = 0x1_0000_0000

export function segmentFileName(number: number): string {
  return String(number).padStart(6, '0')
}
