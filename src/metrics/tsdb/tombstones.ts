import type { TimeRange } from './chunks/xor-decoder.ts'

/** Ranges of one series that were deleted: ascending, apart from each other, both ends included. */
export type DeletedRanges = readonly TimeRange[]

/** The ranges with one more; those that touch become one. */
export function withRange(ranges: DeletedRanges, added: TimeRange): DeletedRanges {
  let { minMs, maxMs } = added
  const apart: TimeRange[] = []
  for (const range of ranges) {
    if (range.maxMs + 1 < minMs || range.minMs - 1 > maxMs) apart.push(range)
    else {
      minMs = Math.min(minMs, range.minMs)
      maxMs = Math.max(maxMs, range.maxMs)
    }
  }
  return [...apart, { minMs, maxMs }].sort((a, b) => a.minMs - b.minMs)
}

export function isDeleted(ranges: DeletedRanges, timestampMs: number): boolean {
  return ranges.some(({ minMs, maxMs }) => timestampMs >= minMs && timestampMs <= maxMs)
}
