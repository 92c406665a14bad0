import { deepEqual } from '../../base/equal.ts'
import { goTypeOf, isList, isObject, ObjectDraft, sameItemsOr, type JsonObject } from './json-value.ts'
import { PatchConflict, PatchError } from './patch-error.ts'

/**
 * Applies a JSON merge patch (RFC 7386): null deletes, objects merge, anything else replaces. Shares with `target`
 * whatever the patch leaves alone. As upstream (github.com/evanphx/json-patch merge.go) nulls do not even survive in
 * objects that stand in lists. Throws a `PatchError` when the patch is neither an object nor a list.
 */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch) && !isList(patch)) throw new PatchError('Invalid JSON Patch', 'badRequest')
  return merge(target, patch)
}

/** The merge patch that leads from `original` to `modified`. */
export function diffMergePatch(original: JsonObject, modified: JsonObject): JsonObject {
  const patch: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(modified)) {
    const before = original[key]
    if (!Object.hasOwn(original, key)) patch[key] = value
    else if (isObject(before) && isObject(value)) {
      const inner = diffMergePatch(before, value)
      if (Object.keys(inner).length > 0) patch[key] = inner
    } else if (goTypeOf(before) !== goTypeOf(value) || !deepEqual(before, value)) patch[key] = value
  }
  for (const key of Object.keys(original)) if (!Object.hasOwn(modified, key)) patch[key] = null
  return patch
}

/**
 * The patch that `kubectl apply` sends for custom resources: sets in `current` what `modified` says, and deletes what
 * `original`, the configuration applied before, had and `modified` has no more. Throws a `PatchConflict`.
 */
export function threeWayMergePatch({
  original = {},
  modified = {},
  current = {},
}: {
  readonly original?: JsonObject | undefined
  readonly modified?: JsonObject | undefined
  readonly current?: JsonObject | undefined
}): JsonObject {
  const additions = withoutNulls(diffMergePatch(current, modified))
  const deletions = onlyNulls(diffMergePatch(original, modified))
  if (conflict(additions, deletions)) {
    throw new PatchConflict('the additions of a merge patch conflict with its deletions')
  }
  return overlay(deletions, additions)
}

/** `object` without nulls, and without the objects that held nothing else. */
export function withoutNulls(object: JsonObject): JsonObject {
  const kept: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(object)) {
    if (value === null) continue
    const inner = isObject(value) && Object.keys(value).length > 0 ? withoutNulls(value) : undefined
    if (inner === undefined) kept[key] = value
    else if (Object.keys(inner).length > 0) kept[key] = inner
  }
  return kept
}

/** Only the nulls of `object`, in the objects around them. */
export function onlyNulls(object: JsonObject): JsonObject {
  const kept: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(object)) {
    if (value === null) kept[key] = null
    if (!isObject(value)) continue
    const inner = onlyNulls(value)
    if (Object.keys(inner).length > 0) kept[key] = inner
  }
  return kept
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return isObject(target) ? patch : pruneNulls(patch)
  if (!isObject(target)) return pruneNulls(patch)
  const draft = new ObjectDraft(target)
  for (const [key, value] of Object.entries(patch)) {
    const before = draft.get(key)
    if (value === null) draft.delete(key)
    else if (before === undefined || before === null) draft.set(key, pruneNulls(value))
    else draft.set(key, unlessEqual(before, merge(before, value)))
  }
  return draft.current
}

/** Adds one patch to another, of which no key says something else. */
function overlay(base: JsonObject, patch: JsonObject): JsonObject {
  const draft = new ObjectDraft(base)
  for (const [key, value] of Object.entries(patch)) {
    const before = draft.get(key)
    draft.set(key, isObject(before) && isObject(value) ? overlay(before, value) : value)
  }
  return draft.current
}

function conflict(left: unknown, right: unknown): boolean {
  if (!isObject(left) || !isObject(right)) return !deepEqual(left, right)
  return Object.keys(left).some((key) => Object.hasOwn(right, key) && conflict(left[key], right[key]))
}

function pruneNulls(value: unknown): unknown {
  if (isList(value)) return sameItemsOr(value, value.map(pruneNulls))
  if (!isObject(value)) return value
  const draft = new ObjectDraft(value)
  for (const [key, inner] of Object.entries(value)) {
    if (inner === null) draft.delete(key)
    else draft.set(key, pruneNulls(inner))
  }
  return draft.current
}

/** A list that a patch replaces by an equal one has not changed. */
function unlessEqual(before: unknown, after: unknown): unknown {
  return before !== after && deepEqual(before, after) ? before : after
}
