import type { TypedValue } from '../../../src/api/apply/typed-value.ts'
import { isRecord } from '../lossless-json.ts'

/** How the cases' objects change from version to version; nothing for a version that there is not. */
export type VersionConverter = (object: TypedValue, version: string) => { readonly value: unknown } | undefined

export function converterOf(name: unknown): VersionConverter {
  switch (name) {
    case undefined:
      return ({ value }) => ({ value })
    case 'repeating':
      return repeat
    case 'renaming':
      return (object, version) => ({ value: rename(object.value, object.version, version) })
    default:
      throw new Error(`unknown converter ${String(name)}`)
  }
}

/**
 * Every key below the top level is its first letter, as often as the version's number says. Values get lost. Where two
 * keys become one, the last in alphabetical order stays, as upstream goes through YAML text with sorted keys.
 */
function repeat({ value }: TypedValue, version: string): { readonly value: unknown } | undefined {
  const count = /^v(\d+)$/.exec(version)?.[1]
  if (count === undefined) return undefined
  const below = (inner: unknown): unknown => {
    if (!isRecord(inner) || Object.keys(inner).length === 0) return null
    return Object.fromEntries(
      Object.keys(inner)
        .toSorted()
        .map((key) => [(key[0] ?? '').repeat(Number(count)), below(inner[key])]),
    )
  }
  if (!isRecord(value)) return { value }
  return { value: Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, below(inner)])) }
}

function rename(value: unknown, from: string, to: string): unknown {
  if (Array.isArray(value)) return value.map((item) => rename(item, from, to))
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.endsWith(from) ? `${key.slice(0, -from.length)}${to}` : key,
      rename(inner, from, to),
    ]),
  )
}
