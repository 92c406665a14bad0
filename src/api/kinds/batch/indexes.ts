/** Sets of indexes such as `1,3-5,7`, as an indexed Job reports and demands them. */
export class IndexesError extends Error {
  override readonly name = 'IndexesError'
}

interface Interval {
  readonly first: number
  readonly last: number
}

/** How many indexes a text names. Throws an `IndexesError`. pkg/apis/batch/validation/validation.go validateIndexesFormat. */
export function countIndexes(text: string, completions: number): number {
  if (text === '') return 0
  let total = 0
  let previous: number | undefined
  for (const part of text.split(',')) {
    const { first, last } = parseInterval(part, completions)
    if (previous !== undefined && previous >= first) throw notIncreasing(previous, first)
    total += last - first + 1
    previous = last
  }
  return total
}

/** The first index that both texts name. Parts that are malformed name nothing. */
export function commonIndex(left: string, right: string, completions: number): number | undefined {
  const ours = intervalsOf(left, completions)
  const theirs = intervalsOf(right, completions)
  let at = 0
  for (const one of ours) {
    while ((theirs[at]?.last ?? Infinity) < one.first) at++
    const other = theirs[at]
    if (other !== undefined && other.first <= one.last) return Math.max(one.first, other.first)
  }
  return undefined
}

function intervalsOf(text: string, completions: number): readonly Interval[] {
  if (text === '') return []
  return text.split(',').flatMap((part) => {
    try {
      return [parseInterval(part, completions)]
    } catch (error) {
      if (error instanceof IndexesError) return []
      throw error
    }
  })
}

function parseInterval(text: string, completions: number): Interval {
  const [low = '', high, ...more] = text.split('-')
  if (more.length > 0) {
    const rule = "violates the requirement that an index interval can have at most two parts separated by '-'"
    throw new IndexesError(`the fragment ${JSON.stringify(text)} ${rule}`)
  }
  const first = parseIndex(low, completions)
  if (high === undefined) return { first, last: first }
  const last = parseIndex(high, completions)
  if (first >= last) throw notIncreasing(first, last)
  return { first, last }
}

function parseIndex(text: string, completions: number): number {
  if (!/^\+?[0-9]+$/.test(text)) {
    throw new IndexesError(`cannot convert string to integer for index: ${JSON.stringify(text)}`)
  }
  const index = Number(text)
  if (index >= completions) throw new IndexesError(`too large index: ${JSON.stringify(text)}`)
  return index
}

function notIncreasing(previous: number, current: number): IndexesError {
  return new IndexesError(`non-increasing order, previous: ${previous}, current: ${current}`)
}
