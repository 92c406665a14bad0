/** Operations on ascending lists of series without doubles. */

export function intersect(a: readonly number[], b: readonly number[]): readonly number[] {
  const both: number[] = []
  let left = 0
  let right = 0
  while (left < a.length && right < b.length) {
    const x = a[left] ?? 0
    const y = b[right] ?? 0
    if (x === y) {
      both.push(x)
      left++
      right++
    } else if (x < y) left++
    else right++
  }
  return both
}

export function subtract(from: readonly number[], what: readonly number[]): readonly number[] {
  const left: number[] = []
  let at = 0
  for (const value of from) {
    while (at < what.length && (what[at] ?? 0) < value) at++
    if (what[at] !== value) left.push(value)
  }
  return left
}

/** All values of lists that share none. */
export function union(lists: readonly (readonly number[])[]): readonly number[] {
  const [only] = lists
  if (only !== undefined && lists.length === 1) return only
  let total = 0
  for (const list of lists) total += list.length
  const all = new Float64Array(total)
  let at = 0
  for (const list of lists) {
    all.set(list, at)
    at += list.length
  }
  return Array.from(all.sort())
}
