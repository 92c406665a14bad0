import type { Span } from '../histogram.ts'
import { coarserIndex } from './bounds.ts'

/** One side of a histogram with every bucket's index spelled out: what arithmetic works on. Indexes ascend. */
export interface Side {
  readonly indexes: readonly number[]
  readonly counts: readonly number[]
}

export interface Packed {
  readonly spans: readonly Span[]
  readonly buckets: readonly number[]
}

export const EMPTY_SIDE: Side = { indexes: [], counts: [] }

/** Spans and buckets as indexes and counts. */
export function unpack(spans: readonly Span[], buckets: readonly number[]): Side {
  if (buckets.length === 0) return EMPTY_SIDE
  const indexes: number[] = []
  let next = 0
  for (const { offset, length } of spans) {
    next += offset
    for (let count = 0; count < length && indexes.length < buckets.length; count++) indexes.push(next++)
  }
  return { indexes, counts: indexes.length === buckets.length ? buckets : buckets.slice(0, indexes.length) }
}

/** Indexes and counts as spans and buckets, in as few spans as there are runs. */
export function pack({ indexes, counts }: Side): Packed {
  const spans: { offset: number; length: number }[] = []
  let last = 0
  for (const index of indexes) {
    const run = spans.at(-1)
    if (run !== undefined && index === last + 1) run.length++
    else spans.push({ offset: run === undefined ? index : index - last - 1, length: 1 })
    last = index
  }
  return { spans, buckets: counts }
}

/** The same observations in the buckets of a coarser schema. */
export function coarsen(side: Side, from: number, to: number): Side {
  if (from === to || side.indexes.length === 0) return side
  const indexes: number[] = []
  const counts: number[] = []
  for (let at = 0; at < side.indexes.length; at++) {
    const index = coarserIndex(side.indexes[at] ?? 0, from, to)
    const count = side.counts[at] ?? 0
    if (indexes.at(-1) === index) counts[counts.length - 1] = (counts.at(-1) ?? 0) + count
    else {
      indexes.push(index)
      counts.push(count)
    }
  }
  return { indexes, counts }
}

/** Without buckets that nothing fell into. */
export function populated(side: Side): Side {
  if (side.counts.every((count) => count !== 0)) return side
  const indexes: number[] = []
  const counts: number[] = []
  for (let at = 0; at < side.indexes.length; at++) {
    const count = side.counts[at] ?? 0
    if (count === 0) continue
    indexes.push(side.indexes[at] ?? 0)
    counts.push(count)
  }
  return { indexes, counts }
}

/** Calls `visit` for every index of either side, ascending, with its place in each: -1 where that side has no such bucket. */
export function alongside(
  a: readonly number[],
  b: readonly number[],
  visit: (index: number, atA: number, atB: number) => void,
): void {
  let atA = 0
  let atB = 0
  while (atA < a.length || atB < b.length) {
    const indexA = a[atA] ?? Infinity
    const indexB = b[atB] ?? Infinity
    if (indexA === indexB) visit(indexA, atA++, atB++)
    else if (indexA < indexB) visit(indexA, atA++, -1)
    else visit(indexB, -1, atB++)
  }
}

/** Starts with the first bucket that reaches beyond the zero bucket: those within it are counted there. */
export function beyondZero(side: Side, isWithin: (index: number) => boolean): Side {
  let first = 0
  while (first < side.indexes.length && isWithin(side.indexes[first] ?? 0)) first++
  return first === 0 ? side : { indexes: side.indexes.slice(first), counts: side.counts.slice(first) }
}
