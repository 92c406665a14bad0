import type { Cause } from '../../errors.ts'
import { notSupported, required } from '../../errors.ts'

/** A field that must hold one of a few words. The list is named in the order given. */
export function* validateChoice(
  value: string | undefined,
  field: string,
  choices: readonly string[],
): Generator<Cause> {
  if (value === undefined || value === '') yield required(field, '')
  else if (!choices.includes(value)) yield notSupported(field, value, choices)
}

/** As `validateChoice`, for a field that may be absent; what is there must be one of the words, even the empty text. */
export function* validateOptionalChoice(
  value: string | undefined,
  field: string,
  choices: readonly string[],
): Generator<Cause> {
  if (value !== undefined && !choices.includes(value)) yield notSupported(field, value, choices)
}
