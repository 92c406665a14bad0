/**
 * A part of an object as messages show parts that have no JSON form of their own upstream: with capitalized fields.
 * (What is absent stays absent; upstream shows it as a zero.)
 */
export function goForm(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(goForm)
  if (typeof value !== 'object' || value === null) return value ?? null
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [`${name.slice(0, 1).toUpperCase()}${name.slice(1)}`, goForm(part)]),
  )
}
