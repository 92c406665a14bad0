import type { Convert } from './convert.ts'
import { difference, intersection, isEmptySet, union, type FieldSet } from './field-set.ts'
import type { Managers, VersionedSet } from './managers.ts'
import { withNamedFields } from './named-fields.ts'
import { removeItems } from './remove.ts'
import { toFieldSet } from './to-field-set.ts'
import type { TypedValue } from './typed-value.ts'

export interface PruneOptions {
  /** With what the applying manager owns from now on. */
  readonly managers: Managers
  /** What that manager owned until now. */
  readonly last: VersionedSet | undefined
  readonly convert: Convert
}

/**
 * Drops a field or an item if a manager applied it last time, does not apply it this time, and nobody else owns it.
 * After structured-merge-diff merge/update.go.
 */
export function prune(merged: TypedValue, { managers, last, convert }: PruneOptions): TypedValue {
  if (last === undefined || isEmptySet(last.set)) return merged
  const then = convert(merged, last.version)
  if (then === undefined) return merged
  const lastFields = withNamedFields(last.set, then.shape)
  const pruned = without(then, lastFields)
  const kept = addBackOwned(then, pruned, { managers, convert })
  const whole = addBackDangling(then, kept, { lastFields, version: last.version, convert })
  return convert(whole, merged.version) ?? whole
}

/** Brings back what managers own, among them this one by its new configuration. */
function addBackOwned(
  merged: TypedValue,
  pruned: TypedValue,
  { managers, convert }: Pick<PruneOptions, 'managers' | 'convert'>,
): TypedValue {
  const ownedByVersion = new Map<string, FieldSet>()
  for (const { set, version } of managers.values()) {
    const known = ownedByVersion.get(version)
    ownedByVersion.set(version, known === undefined ? set : union(known, set))
  }
  // The version of the pruned object first: other versions may need fields that were pruned to be converted at all.
  const versions = [...ownedByVersion.keys()].filter((version) => version !== pruned.version)
  const ordered = ownedByVersion.has(pruned.version) ? [pruned.version, ...versions] : versions

  let [wholeNow, prunedNow] = [merged, pruned]
  for (const version of ordered) {
    const wholeThen = convert(wholeNow, version)
    if (wholeThen === undefined) continue
    wholeNow = wholeThen
    const prunedThen = convert(prunedNow, version)
    if (prunedThen === undefined) continue
    const keep = union(
      namedFieldsOf(prunedThen, wholeThen),
      withNamedFields(ownedByVersion.get(version) ?? {}, wholeThen.shape),
    )
    prunedNow = without(wholeThen, difference(namedFieldsOf(wholeThen, wholeThen), keep))
  }
  return prunedNow
}

/** Brings back what this manager did not own before. */
function addBackDangling(
  merged: TypedValue,
  pruned: TypedValue,
  { lastFields, version, convert }: { lastFields: FieldSet; version: string; convert: Convert },
): TypedValue {
  const then = convert(pruned, version)
  if (then === undefined) return merged
  const gone = difference(namedFieldsOf(merged, merged), namedFieldsOf(then, merged))
  return without(merged, intersection(gone, lastFields))
}

function namedFieldsOf({ value, shape }: TypedValue, { shape: names }: TypedValue): FieldSet {
  return withNamedFields(toFieldSet(value, shape), names)
}

function without(object: TypedValue, paths: FieldSet): TypedValue {
  const value = removeItems(object.value, paths, object.shape)
  return value === object.value ? object : { ...object, value }
}
