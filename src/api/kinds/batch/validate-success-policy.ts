import type { Cause } from '../../errors.ts'
import { invalidValue, required, tooLong, tooMany } from '../../errors.ts'
import type { JobSpec, SuccessPolicyRule } from '../../types.generated.ts'
import { validateNonNegative } from '../validation/numbers.ts'
import { unchecked } from '../validation/unchecked.ts'
import { countIndexes, IndexesError } from './indexes.ts'

const RULES_MAX = 20
const INDEXES_SIZE_BYTES_MAX = 64 * 1024

/** pkg/apis/batch/validation/validation.go validateSuccessPolicy. */
export function* validateSuccessPolicy(spec: JobSpec, field: string): Generator<Cause> {
  const { rules = [] } = unchecked(spec.successPolicy ?? { rules: [] })
  const place = `${field}.rules`
  if (rules.length === 0) {
    yield required(place, 'at least one rules must be specified when the successPolicy is specified')
  }
  if (rules.length > RULES_MAX) yield tooMany(place, rules.length, RULES_MAX)
  for (const [index, rule] of rules.entries()) {
    yield* validateRule(rule, spec.completions ?? 0, `${place}[${index}]`)
  }
}

function* validateRule(
  { succeededCount, succeededIndexes }: SuccessPolicyRule,
  completions: number,
  field: string,
): Generator<Cause> {
  if (succeededCount === undefined && succeededIndexes === undefined) {
    yield required(field, 'at least one of succeededCount or succeededIndexes must be specified')
  }
  let total = 0
  if (succeededIndexes !== undefined) {
    const place = `${field}.succeededIndexes`
    if (succeededIndexes.length > INDEXES_SIZE_BYTES_MAX) yield tooLong(place, INDEXES_SIZE_BYTES_MAX)
    const counted = tryCount(succeededIndexes, completions)
    if (typeof counted === 'number') total = counted
    else yield invalidValue(place, succeededIndexes, `error parsing succeededIndexes: ${counted.message}`)
  }
  if (succeededCount === undefined) return
  const place = `${field}.succeededCount`
  yield* validateNonNegative(succeededCount, place)
  if (succeededCount > completions) {
    const rule = `must be less than or equal to ${completions} (the number of specified completions)`
    yield invalidValue(place, succeededCount, rule)
  }
  if (succeededIndexes !== undefined && succeededCount > total) {
    const what = 'the number of indexes in the specified succeededIndexes field'
    yield invalidValue(place, succeededCount, `must be less than or equal to ${total} (${what})`)
  }
}

/** How many indexes there are, or what is wrong with the text. */
export function tryCount(text: string, completions: number): number | IndexesError {
  try {
    return countIndexes(text, completions)
  } catch (error) {
    if (error instanceof IndexesError) return error
    throw error
  }
}
