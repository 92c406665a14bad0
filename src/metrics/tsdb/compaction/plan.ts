import type { BlockMeta } from '../block/block-meta.ts'

/**
 * The blocks that should become one next, oldest first; none when all is well. The rules of prometheus/prometheus
 * tsdb/compact.go plan: blocks that overlap; then small blocks that fill a larger range; then one of which much is deleted.
 *
 * `rangesMs` ascend; each is a multiple of the one before.
 */
export function planCompaction(metas: readonly BlockMeta[], rangesMs: readonly number[]): readonly BlockMeta[] {
  const sorted = [...metas].sort((a, b) => a.minTime - b.minTime)
  const overlapping = firstOverlapping(sorted)
  if (overlapping.length > 0) return overlapping
  // The newest block stays as it is for a while, so that whoever backs up blocks sees it once in that form.
  const settled = sorted.slice(0, -1)
  const filling = fillingRange(settled, rangesMs)
  return filling.length > 0 ? filling : mostlyDeleted(settled, rangesMs)
}

const MONTH_MS = 31 * 24 * 3_600_000

/** The ranges of blocks: each three times the one before, up to the longest and to a month. */
export function blockRanges(shortestMs: number, longest: number): number[] {
  const longestMs = Math.min(MONTH_MS, longest)
  const ranges = [shortestMs]
  for (let range = shortestMs * 3; range <= longestMs && ranges.length < 10; range *= 3) ranges.push(range)
  return ranges
}

function firstOverlapping(sorted: readonly BlockMeta[]): BlockMeta[] {
  const found: BlockMeta[] = []
  let maxTime = sorted[0]?.maxTime ?? 0
  for (let index = 1; index < sorted.length; index++) {
    const meta = sorted[index]
    const before = sorted[index - 1]
    if (meta === undefined || before === undefined) break
    if (meta.minTime < maxTime) {
      if (found.length === 0) found.push(before)
      found.push(meta)
    } else if (found.length > 0) break
    maxTime = Math.max(maxTime, meta.maxTime)
  }
  return found
}

function fillingRange(sorted: readonly BlockMeta[], rangesMs: readonly number[]): readonly BlockMeta[] {
  const newest = sorted.at(-1)?.minTime ?? 0
  for (const range of rangesMs.slice(1)) {
    for (const part of splitByRange(sorted, range)) {
      const first = part[0]
      const last = part.at(-1)
      if (first === undefined || last === undefined || part.length < 2) continue
      if (part.some(({ compaction }) => compaction.failed === true)) continue
      if (last.maxTime - first.minTime === range || last.maxTime <= newest) return part
    }
  }
  return []
}

/** Blocks by the aligned range that they lie in; those that reach over its end are left out. */
function splitByRange(sorted: readonly BlockMeta[], rangeMs: number): BlockMeta[][] {
  const parts = new Map<number, BlockMeta[]>()
  for (const meta of sorted) {
    const start = Math.floor(meta.minTime / rangeMs) * rangeMs
    if (meta.maxTime > start + rangeMs) continue
    const part = parts.get(start)
    if (part === undefined) parts.set(start, [meta])
    else part.push(meta)
  }
  return [...parts.values()]
}

function mostlyDeleted(sorted: readonly BlockMeta[], rangesMs: readonly number[]): BlockMeta[] {
  const large = rangesMs[Math.floor(rangesMs.length / 2)] ?? Infinity
  for (const meta of [...sorted].reverse()) {
    const { numTombstones = 0, numSeries = 0 } = meta.stats
    if (meta.maxTime - meta.minTime < large) {
      if (numTombstones > 0 && numTombstones >= numSeries) return [meta]
      break
    }
    if (numTombstones / (numSeries + 1) > 0.05) return [meta]
  }
  return []
}
