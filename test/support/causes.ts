import type { Cause } from '../../src/api/errors.ts'

/** What is wrong, one `field: message` a line, as a Status prints it. */
export function printCauses(causes: Iterable<Cause> | undefined): readonly string[] {
  return [...(causes ?? [])].map(({ field, message }) => `${field}: ${message}`)
}
