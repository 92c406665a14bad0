/** The fields that say something: upstream's encoding leaves out zeroes of most fields, and clients compare its output. */
export function omitZeroes<T extends object>(fields: T): Partial<T> {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined && value !== 0 && value !== '')
  return Object.fromEntries(kept) as Partial<T>
}
