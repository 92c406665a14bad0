import type { Cause } from '../../errors.ts'
import { invalidValue } from '../../errors.ts'

/** One cause for each thing that is wrong with `value`, as the checks of `api/names` report it. */
export function* invalidFor(field: string, value: unknown, problems: readonly string[]): Generator<Cause> {
  for (const problem of problems) yield invalidValue(field, value, problem)
}

/** `cause` with something more to say. */
export function explained(cause: Cause, detail: string): Cause {
  return { ...cause, message: `${cause.message}: ${detail}` }
}
