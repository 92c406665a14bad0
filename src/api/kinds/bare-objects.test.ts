import { describe, expect, test } from 'vitest'
import { created } from '../../../test/support/problems.ts'
import { apiVersionOf, type Kind } from '../kind.ts'
import type { ApiObject } from '../object.ts'
import { canonicalObject } from '../schema/builtin-canonical.ts'
import { builtinKinds } from './builtin-kinds.ts'

const KINDS = builtinKinds()
  .filter(({ verbs }) => verbs === undefined || verbs.includes('update'))
  .map((kind) => ({ name: `${kind.kind} of ${apiVersionOf(kind)}`, kind }))

/** An object of which nothing but its name was said, as the server has it once it is decoded. */
function bareObject(kind: Kind): ApiObject {
  const object = {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: { name: 'bare', ...(kind.namespaced ? { namespace: 'default' } : {}) },
  }
  const { definition } = kind.schema()
  return definition === undefined ? object : canonicalObject(definition, object)
}

/** What is missing is a cause, never a crash. */
describe('an object without anything in it', () => {
  test.each(KINDS)('$name', ({ kind }) => {
    const object = created(kind, bareObject(kind))
    const again = { ...object }
    const prepared = kind.prepareForUpdate?.(again, object) ?? again
    const causes = [
      ...(kind.validate?.(object) ?? []),
      ...(kind.validate?.(prepared, object) ?? []),
      ...(kind.validateStatus?.(again, object) ?? []),
    ]
    const texts = [...(kind.warnings?.(object) ?? []), ...(kind.warnings?.(prepared, object) ?? [])]
    for (const { value } of kind.selectableFields ?? []) texts.push(value(object))
    expect(causes.filter(({ field, message }) => field === '' || message === '')).toEqual([])
    expect(texts.filter((text) => text.includes('undefined'))).toEqual([])
    if (causes.length > 0) return
    const cells = (kind.columns ?? []).map(({ cell }) => cell(object, 0))
    expect(cells.filter((cell) => cell === undefined)).toEqual([])
  })
})
