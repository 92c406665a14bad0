import type { Cause } from '../../src/api/errors.ts'
import type { Kind } from '../../src/api/kind.ts'
import type { ApiObject } from '../../src/api/object.ts'

/** Causes as a Status message lists them. */
export function problems(causes: Iterable<Cause> | undefined): readonly string[] {
  return [...(causes ?? [])].map(({ field, message }) => `${field}: ${message}`)
}

/** An object as the server has it when it asks whether it is valid: prepared for its creation, with its defaults. */
export function created<T extends ApiObject>(kind: Kind<T>, object: T): T {
  const prepared = kind.prepareForCreate?.(object) ?? object
  return kind.default?.(prepared) ?? prepared
}

/** What is wrong with a new object. */
export function refusals<T extends ApiObject>(kind: Kind<T>, object: T): readonly string[] {
  return problems(kind.validate?.(created(kind, object)))
}

/** What is wrong with changing `old` into `object`. Both are as somebody sent them. */
export function updateRefusals<T extends ApiObject>(kind: Kind<T>, object: T, old: T): readonly string[] {
  const stored = created(kind, old)
  const prepared = kind.prepareForUpdate?.(object, stored) ?? object
  return problems(kind.validate?.(kind.default?.(prepared) ?? prepared, stored))
}

/** The cells of one row of `kubectl get -o wide`, by column. */
export function row<T extends ApiObject>(kind: Kind<T>, object: T, nowMs: number): Readonly<Record<string, unknown>> {
  return Object.fromEntries((kind.columns ?? []).map(({ name, cell }) => [name, cell(object, nowMs)]))
}
