import type { Cause } from '../../errors.ts'
import { invalidValue } from '../../errors.ts'
import { semanticEqual } from './semantic-equal.ts'

export const IMMUTABLE_MESSAGE = 'field is immutable'

/** k8s.io/apimachinery pkg/api/validation/objectmeta.go ValidateImmutableField. */
export function* validateImmutable(value: unknown, old: unknown, field: string): Generator<Cause> {
  if (!semanticEqual(value, old, field.slice(field.lastIndexOf('.') + 1)))
    yield invalidValue(field, value, IMMUTABLE_MESSAGE)
}

/**
 * What an update changed, one line for each field, `-` before and `+` after. Upstream shows the difference of two Go
 * values here, whose layout it leaves open.
 */
export function printDifference(before: unknown, after: unknown): string {
  return [...differences('', before, after)].map((line) => `${line}\n`).join('')
}

function* differences(path: string, before: unknown, after: unknown): Generator<string> {
  if (semanticEqual(before, after, path.slice(path.lastIndexOf('.') + 1))) return
  if (isRecord(before) && isRecord(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)])
    for (const name of names) yield* differences(path === '' ? name : `${path}.${name}`, before[name], after[name])
    return
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length)
    for (let index = 0; index < length; index++) {
      yield* differences(`${path}[${index}]`, before[index], after[index])
    }
    return
  }
  if (before !== undefined) yield `- \t${path}: ${JSON.stringify(before)}`
  if (after !== undefined) yield `+ \t${path}: ${JSON.stringify(after)}`
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
