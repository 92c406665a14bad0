import type { Schema } from '../schema/schema.ts'
import type { JsonObject } from './json-value.ts'
import { PatchConflict } from './patch-error.ts'
import { patchesConflict } from './strategic/conflict.ts'
import { diffObjects } from './strategic/diff.ts'
import { mergeObjects } from './strategic/merge.ts'

/**
 * Strategic merge patches: JSON merge patches that know which lists are sets and which are maps. `schema` is the
 * object's, with `x-kubernetes-patch-strategy` and `x-kubernetes-patch-merge-key`.
 * After k8s.io/apimachinery pkg/util/strategicpatch/patch.go. All of them throw a `PatchError`.
 */
export function applyStrategicMergePatch(original: JsonObject, patch: JsonObject, schema: Schema): JsonObject {
  return mergeObjects(original, patch, { schema, mode: 'apply' })
}

/** The patch that leads from `original` to `modified`. */
export function diffStrategicMergePatch(original: JsonObject, modified: JsonObject, schema: Schema): JsonObject {
  return diffObjects(original, modified, schema, { withOrder: true, withChanges: true, withDeletions: true })
}

export interface ThreeWayDocuments {
  /** The configuration that was applied before. */
  readonly original: JsonObject
  /** The configuration that is applied now. */
  readonly modified: JsonObject
  /** The object on the server. */
  readonly current: JsonObject
}

/**
 * The patch that `kubectl apply` sends: sets what `modified` says, and deletes what `original` had and `modified` has no
 * more. Without `overwrite` it throws a `PatchConflict` where others changed on the server what this would change.
 */
export function threeWayStrategicMergePatch(
  { original, modified, current }: ThreeWayDocuments,
  schema: Schema,
  { overwrite }: { readonly overwrite: boolean },
): JsonObject {
  const changes = diffObjects(current, modified, schema, { withOrder: true, withChanges: true, withDeletions: false })
  const deletions = diffObjects(original, modified, schema, {
    withOrder: true,
    withChanges: false,
    withDeletions: true,
  })
  const patch = mergeObjects(deletions, changes, { schema, mode: 'combine' })
  if (overwrite) return patch
  const drift = diffObjects(original, current, schema, { withOrder: false, withChanges: true, withDeletions: true })
  if (!patchesConflict(patch, drift, schema)) return patch
  throw new PatchConflict(
    `patch:\n${JSON.stringify(patch)}\nconflicts with changes made from original to current:\n${JSON.stringify(drift)}\n`,
  )
}
