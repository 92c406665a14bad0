/**
 * How records lie in the files of a write-ahead log (prometheus/prometheus tsdb/wlog/wlog.go).
 *
 *     segment: pages of 32 KiB       page: fragments, then zeros       fragment: header, bytes
 *     header:  type and compression (1 byte) | length (2) | CRC-32C of the bytes (4)
 *
 * A record that does not fit the page goes on in the next one: first, middle…, last. It never goes on in another segment.
 */
export const PAGE_BYTES = 32 * 1024
export const SEGMENT_BYTES = 128 * 1024 * 1024
export const HEADER_BYTES = 7

export const PAGE_END = 0
export const FULL = 1
export const FIRST = 2
export const MIDDLE = 3
export const LAST = 4

export const TYPE_MASK = 7
export const SNAPPY_FLAG = 8
export const ZSTD_FLAG = 16

export function segmentName(index: number): string {
  return String(index).padStart(8, '0')
}

/** Numbers of the segments among the names in a directory, ascending. */
export function segmentsIn(names: readonly string[]): number[] {
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b)
}
