import type { Cause } from '../../errors.ts'
import { nameIsPathSegment } from '../../names/object-names.ts'
import type { ObjectMeta } from '../../object.ts'
import type { JsonObject } from '../../schema/json.ts'
import { validateObjectMeta } from '../validation/object-meta.ts'

/** Metadata of an object within another: it needs no name, and may have a namespace or none. */
export function validateEmbeddedMetadata(metadata: JsonObject, field: string): Iterable<Cause> {
  const { name = '', namespace = '' } = metadata
  const named = { ...metadata, name: name === '' ? 'unnamed' : name } as unknown as ObjectMeta
  const rules = { namespaced: namespace !== '', name: nameIsPathSegment, allowAnyFinalizer: true }
  return validateObjectMeta(named, rules, field)
}
