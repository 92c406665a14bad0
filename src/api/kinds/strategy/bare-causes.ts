import type { Cause } from '../../errors.ts'

/** `Invalid value`, where upstream does not show the value. */
export function invalidUnshown(field: string, detail: string): Cause {
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${detail}`, field }
}

/** Upstream runs some checks twice on updates; a client is told once. */
export function* distinctCauses(causes: Iterable<Cause>): Generator<Cause> {
  const seen = new Set<string>()
  for (const cause of causes) {
    const key = `${cause.field}: ${cause.message}`
    if (seen.has(key)) continue
    seen.add(key)
    yield cause
  }
}
