/** The value below which the share `q` of `values` lies, between two of them in proportion. Sorts `values`. */
export function quantileOf(q: number, values: Float64Array): number {
  if (values.length === 0 || Number.isNaN(q)) return Number.NaN
  if (q < 0) return -Infinity
  if (q > 1) return Infinity
  sortNaNFirst(values)
  const rank = q * (values.length - 1)
  const lower = Math.max(0, Math.floor(rank))
  const upper = Math.min(values.length - 1, lower + 1)
  const weight = rank - Math.floor(rank)
  return (values[lower] as number) * (1 - weight) + (values[upper] as number) * weight
}

/** Typed arrays sort NaN to their end; here it comes before everything. */
function sortNaNFirst(values: Float64Array): void {
  values.sort()
  let count = 0
  while (count < values.length && Number.isNaN(values[values.length - 1 - count])) count++
  if (count === 0 || count === values.length) return
  values.copyWithin(count, 0, values.length - count)
  values.fill(Number.NaN, 0, count)
}
