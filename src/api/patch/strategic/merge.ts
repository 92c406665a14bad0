import type { Schema } from '../../schema/schema.ts'
import { deepEqual } from '../../../base/equal.ts'
import { goTypeOf, isList, isObject, ObjectDraft, printGo, sameItemsOr, type JsonObject } from '../json-value.ts'
import { PatchError } from '../patch-error.ts'
import {
  BAD_ELEMENT_ORDER,
  BAD_RETAIN_KEYS,
  fieldOfDeletion,
  fieldOfElementOrder,
  isDeletionKey,
  isElementOrderKey,
  noMergeKey,
  PATCH_DIRECTIVE,
  RETAIN_KEYS_DIRECTIVE,
  unknownPatchType,
  withoutDirectives,
  withoutNullFields,
} from './directives.ts'
import { listField, objectField, type PatchField } from './field.ts'
import {
  arrange,
  asList,
  holdsObjects,
  identityOf,
  isDeletion,
  itemTypeOf,
  withoutDuplicates,
  type List,
} from './lists.ts'

/** Whether a patch meets an object, and its directives act, or another patch, and they are handed on. */
export type MergeMode = 'apply' | 'combine'

/** Merges `patch` into `original` and shares with both what is theirs. Throws a `PatchError`. */
export function mergeObjects(
  original: JsonObject,
  patch: JsonObject,
  { schema, mode }: { schema: Schema | undefined; mode: MergeMode },
): JsonObject {
  if (Object.hasOwn(patch, PATCH_DIRECTIVE)) return obeyDirective(patch)
  const merge: Merge = { draft: new ObjectDraft(original), rest: new ObjectDraft(patch), schema, mode }
  retainKeys(merge)
  for (const key of Object.keys(patch).filter(isElementOrderKey)) mergeOrderedList(merge, key)
  for (const [key, value] of Object.entries(merge.rest.current)) mergeField(merge, key, value)
  return merge.draft.current
}

interface Merge {
  readonly draft: ObjectDraft
  /** What of the patch is still to be merged. */
  readonly rest: ObjectDraft
  readonly schema: Schema | undefined
  readonly mode: MergeMode
}

function obeyDirective(patch: JsonObject): JsonObject {
  const { [PATCH_DIRECTIVE]: directive, ...rest } = patch
  if (directive === 'replace') return rest
  if (directive === 'delete') return {}
  throw unknownPatchType(directive, patch)
}

/** Drops the fields that `$retainKeys` does not name. */
function retainKeys({ draft, rest, mode }: Merge): void {
  if (!rest.has(RETAIN_KEYS_DIRECTIVE)) return
  const keys = rest.get(RETAIN_KEYS_DIRECTIVE)
  rest.delete(RETAIN_KEYS_DIRECTIVE)
  if (mode === 'combine') {
    if (!draft.has(RETAIN_KEYS_DIRECTIVE)) draft.set(RETAIN_KEYS_DIRECTIVE, keys)
    else if (!deepEqual(draft.get(RETAIN_KEYS_DIRECTIVE), keys)) {
      const both = `${printGo(draft.get(RETAIN_KEYS_DIRECTIVE))} and ${printGo(keys)}`
      throw new PatchError(`${both} are not deep equal: this may happen when calculating the 3-way diff patch`)
    }
    return
  }
  if (!isList(keys)) throw new PatchError(BAD_RETAIN_KEYS, 'badRequest')
  const retained = new Set(keys)
  for (const [key, value] of Object.entries(rest.current)) {
    if (value === null || isDeletionKey(key) || isElementOrderKey(key) || retained.has(key)) continue
    throw new PatchError(BAD_RETAIN_KEYS, 'badRequest')
  }
  for (const key of Object.keys(draft.current)) if (!retained.has(key)) draft.delete(key)
}

/** Merges a list together with the order that `$setElementOrder/…` demands of it. */
function mergeOrderedList({ draft, rest, schema, mode }: Merge, key: string): void {
  const directive = rest.get(key)
  if (mode === 'combine') {
    if (!draft.has(key)) draft.set(key, directive)
    else if (!deepEqual(draft.get(key), directive)) throw new PatchError(BAD_ELEMENT_ORDER, 'badRequest')
  }
  rest.delete(key)
  const order = asList(directive)
  const name = fieldOfElementOrder(key)
  const original = draft.has(name) ? asList(draft.get(name)) : undefined
  const patch = rest.has(name) ? asList(rest.get(name)) : undefined
  const field = listField(schema, name)
  checkOrder(patch ?? [], order, field.mergeKey)

  const merged = mergeKnownLists({ original, patch, field, mode })
  if (merged === undefined) return
  // Says that there are no lists of lists, no lists of several types, and no two empty lists.
  itemTypeOf(original ?? [], patch ?? [])
  const arranged = arrange(merged, { patchOrder: order, serverOrder: original ?? [], mergeKey: field.mergeKey })
  draft.set(name, original === undefined ? arranged : sameItemsOr(original, arranged))
  rest.delete(name)
}

function mergeKnownLists({
  original,
  patch,
  field,
  mode,
}: {
  original: List | undefined
  patch: List | undefined
  field: PatchField
  mode: MergeMode
}): List | undefined {
  if (patch === undefined) return original
  if (original === undefined) return asList(withoutDirectives(patch).value)
  return field.strategy === 'merge' ? mergeLists(original, patch, { field, mode }) : patch
}

/** The items of a patch must come in the order that it demands, and all be in it. */
function checkOrder(patch: List, order: List, mergeKey: string): void {
  if (patch.length === 0 || order.length === 0) return
  const items = mergeKey === '' ? patch : patch.filter((item) => !isDeletion(item))
  let at = 0
  for (const wanted of order) {
    while (isObject(items[at]) && Object.hasOwn(Object(items[at]), PATCH_DIRECTIVE)) at++
    if (at < items.length && identityOf(items[at], mergeKey) === identityOf(wanted, mergeKey)) at++
  }
  if (at < items.length) {
    throw new PatchError(
      `The order in patch list:\n${printGo(patch)}\n doesn't match $setElementOrder list:\n${printGo(order)}\n`,
    )
  }
}

function mergeField(merge: Merge, patchKey: string, value: unknown): void {
  const { draft, schema, mode } = merge
  if (isDeletionKey(patchKey)) return deleteFromList(merge, patchKey, value)
  if (value === null) {
    if (mode === 'apply') draft.delete(patchKey)
    else draft.set(patchKey, null)
    return
  }
  const before = draft.get(patchKey)
  if (!draft.has(patchKey) || goTypeOf(before) !== goTypeOf(value)) return enter(merge, patchKey, value)
  if (isObject(before) && isObject(value)) {
    const field = objectField(schema, patchKey)
    draft.set(
      patchKey,
      field.strategy === 'replace' ? value : mergeObjects(before, value, { schema: field.schema, mode }),
    )
  } else if (isList(before) && isList(value)) {
    const field = listField(schema, patchKey)
    draft.set(
      patchKey,
      unlessEqual(before, field.strategy === 'merge' ? mergeLists(before, value, { field, mode }) : value),
    )
  } else draft.set(patchKey, value)
}

/** A value that meets nothing of its own kind. */
function enter({ draft, mode }: Merge, key: string, value: unknown): void {
  const entering = withoutDirectives(mode === 'apply' ? withoutNullFields(value) : value)
  if (entering.kept) draft.set(key, entering.value)
  else draft.delete(key)
}

function deleteFromList({ draft, schema, mode }: Merge, patchKey: string, value: unknown): void {
  if (mode === 'combine') {
    draft.set(patchKey, value)
    return
  }
  const key = fieldOfDeletion(patchKey)
  if (value === null) {
    draft.delete(key)
    return
  }
  const before = draft.get(key)
  if (!isList(before) || !isList(value)) return
  const field = listField(schema, key)
  if (before.length + value.length > 0 && holdsObjects(before, value)) {
    draft.set(key, mergeLists(before, value, { field, mode }))
    return
  }
  const deleted = new Set(value)
  draft.set(
    key,
    sameItemsOr(
      before,
      before.filter((item) => !deleted.has(item)),
    ),
  )
}

/** Items with the same merge key are merged, scalars are united. */
function mergeLists(original: List, patch: List, { field, mode }: { field: PatchField; mode: MergeMode }): List {
  if (original.length === 0 && patch.length === 0) return original
  const { mergeKey, schema } = field
  if (!holdsObjects(original, patch)) {
    const merged = withoutDuplicates([...original, ...patch])
    return sameItemsOr(original, arrange(merged, { patchOrder: patch, serverOrder: original, mergeKey }))
  }
  if (mergeKey === '') {
    throw new PatchError(
      `cannot merge lists without merge key for ${schema?.definition?.split('.').at(-1) ?? 'struct'}`,
    )
  }
  const { base, additions } = obeyItemDirectives(original, patch, mergeKey)
  const merged = [...base]
  for (const addition of additions) {
    const identity = identityOf(addition, mergeKey)
    const at = merged.findIndex((item) => isObject(item) && item[mergeKey] === identity)
    const before = merged[at]
    if (isObject(before) && isObject(addition)) merged[at] = mergeObjects(before, addition, { schema, mode })
    else merged.push(addition)
  }
  return sameItemsOr(original, arrange(merged, { patchOrder: additions, serverOrder: base, mergeKey }))
}

/** `$patch: delete` items remove their like; one `$patch: replace` item makes the patch's list the whole list. */
function obeyItemDirectives(original: List, patch: List, mergeKey: string): { base: List; additions: List } {
  let base = original
  let replaces = false
  const additions: unknown[] = []
  for (const item of patch) {
    if (!isObject(item) || !Object.hasOwn(item, PATCH_DIRECTIVE)) {
      additions.push(item)
      continue
    }
    const directive = item[PATCH_DIRECTIVE]
    if (directive === 'replace') replaces = true
    else if (directive === 'delete') {
      if (!Object.hasOwn(item, mergeKey)) throw noMergeKey(item, mergeKey)
      base = base.filter((other) => !isObject(other) || other[mergeKey] !== item[mergeKey])
    } else if (directive === 'merge') throw new PatchError('merging lists cannot yet be specified in the patch')
    else throw unknownPatchType(directive, item)
  }
  return replaces ? { base: additions, additions: [] } : { base, additions }
}

function unlessEqual(before: List, after: List): List {
  return deepEqual(before, after) ? before : after
}
