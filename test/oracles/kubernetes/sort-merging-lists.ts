import { PatchError } from '../../../src/api/patch/patch-error.ts'
import { isList, isObject, type JsonObject } from '../../../src/api/patch/json-value.ts'
import {
  isDeletionKey,
  isElementOrderKey,
  PATCH_DIRECTIVE,
  RETAIN_KEYS_DIRECTIVE,
} from '../../../src/api/patch/strategic/directives.ts'
import { listField, objectField, type PatchField } from '../../../src/api/patch/strategic/field.ts'
import { holdsObjects, sortByKey, sortScalars, withoutDuplicates } from '../../../src/api/patch/strategic/lists.ts'
import type { Schema } from '../../../src/api/schema/schema.ts'

/** Sorts every list whose order means nothing, so that results can be compared. */
export function sortMergingLists(document: JsonObject, schema: Schema | undefined): JsonObject {
  return Object.fromEntries(Object.entries(document).map(([key, value]) => [key, sortValue(key, value, schema)]))
}

function sortValue(key: string, value: unknown, schema: Schema | undefined): unknown {
  if (key === PATCH_DIRECTIVE || isElementOrderKey(key)) return value
  if (key === RETAIN_KEYS_DIRECTIVE || isDeletionKey(key)) return sortScalars(value as unknown[])
  if (!isObject(value) && !isList(value)) return value
  const field = knownField(() => (isList(value) ? listField(schema, key) : objectField(schema, key)))
  // Nothing is known of the lists in a field that the schema lacks, so they stand as they are.
  if (field === undefined) return value
  if (isObject(value)) return sortMergingLists(value, field.schema)
  if (field.strategy !== 'merge' || value.length === 0) return value
  if (!holdsObjects(value)) return sortScalars(withoutDuplicates(value))
  return sortByKey(
    value.map((item) => sortMergingLists(item as JsonObject, field.schema)),
    field.mergeKey,
  )
}

function knownField(look: () => PatchField): PatchField | undefined {
  try {
    return look()
  } catch (failure) {
    if (failure instanceof PatchError) return undefined
    throw failure
  }
}
