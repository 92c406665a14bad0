/** Runs of whole numbers, in order and apart from each other: how a Job keeps the indexes that succeeded or failed. */
export type Intervals = readonly Interval[]

export interface Interval {
  readonly first: number
  readonly last: number
}

export const NONE: Intervals = []

/** `1,3-5,7`: indexes from `completions` on are left out, and so is what cannot be read. */
export function parseIntervals(text: string, completions: number): Intervals {
  const parsed: Interval[] = []
  for (const part of text === '' ? [] : text.split(',')) {
    const [first, last = first] = part.split('-').map(parseIndex)
    if (first === undefined || last === undefined) continue
    if (first >= completions) break
    parsed.push({ first, last: Math.min(last, completions - 1) })
  }
  return merge(parsed, NONE)
}

function parseIndex(text: string): number | undefined {
  return /^[0-9]+$/.test(text) ? Number(text) : undefined
}

/** Two neighbours are written as a list, longer runs as a range. */
export function printIntervals(intervals: Intervals): string {
  return intervals
    .map(({ first, last }) => (first === last ? `${first}` : `${first}${last === first + 1 ? ',' : '-'}${last}`))
    .join(',')
}

export function countOf(intervals: Intervals): number {
  return intervals.reduce((count, { first, last }) => count + last - first + 1, 0)
}

export function includesIndex(intervals: Intervals, index: number): boolean {
  return intervals.some(({ first, last }) => first <= index && index <= last)
}

export function withIndexes(intervals: Intervals, indexes: Iterable<number>): Intervals {
  const added = [...new Set(indexes)].toSorted((a, b) => a - b).map((index) => ({ first: index, last: index }))
  return added.length === 0 ? intervals : merge(intervals, added)
}

/** Everything that is in one or the other. */
export function merge(a: Intervals, b: Intervals): Intervals {
  const merged: { first: number; last: number }[] = []
  for (const { first, last } of [...a, ...b].toSorted((left, right) => left.first - right.first)) {
    const before = merged.at(-1)
    if (before === undefined || first > before.last + 1) merged.push({ first, last })
    else if (last > before.last) before.last = last
  }
  return merged
}

/** How many indexes are in both. */
export function countCommon(a: Intervals, b: Intervals): number {
  let common = 0
  for (const left of a) {
    for (const right of b) {
      common += Math.max(0, Math.min(left.last, right.last) - Math.max(left.first, right.first) + 1)
    }
  }
  return common
}

/** The lowest `count` indexes below `completions` that are not in `taken`. */
export function firstFree(
  taken: Intervals,
  { count, completions }: { readonly count: number; readonly completions: number },
): readonly number[] {
  const free: number[] = []
  let candidate = 0
  for (const { first, last } of [...taken, { first: completions, last: completions }]) {
    for (; candidate < first && candidate < completions && free.length < count; candidate++) free.push(candidate)
    candidate = Math.max(candidate, last + 1)
  }
  return free
}
