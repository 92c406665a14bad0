import type { Schema } from '../../schema/schema.ts'
import { deepEqual } from '../../../base/equal.ts'
import { goTypeOf, isList, isObject, printGo, type JsonObject } from '../json-value.ts'
import { PatchError } from '../patch-error.ts'
import { deletionKey, elementOrderKey, PATCH_DIRECTIVE, RETAIN_KEYS_DIRECTIVE } from './directives.ts'
import { listField, objectField, type PatchField } from './field.ts'
import {
  asObject,
  holdsObjects,
  identityOf,
  sortByKey,
  sortLike,
  sortScalars,
  withoutDuplicates,
  type List,
} from './lists.ts'

export interface DiffOptions {
  /** Say by `$setElementOrder/…` how lists are to be ordered. */
  readonly withOrder: boolean
  readonly withChanges: boolean
  readonly withDeletions: boolean
}

interface Diff extends DiffOptions {
  readonly schema: Schema | undefined
  /** Name by `$retainKeys` all fields that are to stay. */
  readonly retainKeys: boolean
}

/** The strategic merge patch that leads from `original` to `modified`. Throws a `PatchError`. */
export function diffObjects(
  original: JsonObject,
  modified: JsonObject,
  schema: Schema | undefined,
  options: DiffOptions,
): JsonObject {
  return diffFields(original, modified, { ...options, schema, retainKeys: false })
}

function diffFields(original: JsonObject, modified: JsonObject, diff: Diff): JsonObject {
  const patch: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(modified)) {
    const before = original[key]
    if (before === value) continue
    if (!Object.hasOwn(original, key)) {
      if (diff.withChanges) patch[key] = value
    } else if (key === PATCH_DIRECTIVE) patch[key] = changedDirective(before, value)
    else if (goTypeOf(before) !== goTypeOf(value)) {
      if (diff.withChanges) patch[key] = value
    } else if (isObject(before) && isObject(value)) diffObjectField(patch, { key, before, value, diff })
    else if (isList(before) && isList(value)) diffListField(patch, { key, before, value, diff })
    else if (diff.withChanges && !deepEqual(before, value)) patch[key] = value
  }
  const gone = Object.keys(original).filter((key) => !Object.hasOwn(modified, key))
  if (diff.withDeletions) for (const key of gone) patch[key] = null

  const retained = diff.retainKeys ? Object.keys(modified).filter((key) => modified[key] !== null) : []
  const clears = gone.some((key) => original[key] !== null)
  if (retained.length > 0 && (clears || Object.keys(patch).length > 0)) {
    patch[RETAIN_KEYS_DIRECTIVE] = sortScalars(retained)
  }
  return patch
}

/** An object that is itself a patch may differ in its directive. */
function changedDirective(before: unknown, value: unknown): unknown {
  if (typeof before === 'string' && typeof value === 'string') return value
  throw new PatchError(`invalid value for special key: ${PATCH_DIRECTIVE}`)
}

type Patch = Record<string, unknown>

function diffObjectField(
  patch: Patch,
  { key, before, value, diff }: { key: string; before: JsonObject; value: JsonObject; diff: Diff },
): void {
  const field = knownField(() => objectField(diff.schema, key), before, value)
  if (field === undefined) return
  if (field.strategy === 'replace') {
    if (diff.withChanges) patch[key] = value
    return
  }
  const inner = diffFields(before, value, { ...diff, schema: field.schema, retainKeys: field.retainKeys })
  if (Object.keys(inner).length > 0) patch[key] = inner
}

function diffListField(
  patch: Patch,
  { key, before, value, diff }: { key: string; before: List; value: List; diff: Diff },
): void {
  const field = knownField(() => listField(diff.schema, key), before, value)
  if (field === undefined) return
  if (field.strategy !== 'merge') {
    if (diff.withChanges && !deepEqual(before, value)) patch[key] = value
    return
  }
  const { changes, deletions, order } = diffLists(before, value, field, diff)
  if (changes.length > 0) patch[key] = changes
  if (deletions.length > 0) patch[deletionKey(key)] = deletions
  if (order.length > 0) patch[elementOrderKey(key)] = order
}

/** A field that the schema does not know is no trouble while it does not change. */
function knownField(look: () => PatchField, before: unknown, value: unknown): PatchField | undefined {
  try {
    return look()
  } catch (error) {
    if (error instanceof PatchError && deepEqual(before, value)) return undefined
    throw error
  }
}

interface ListDiff {
  readonly changes: List
  /** Scalars to delete; objects are deleted by a directive among the changes. */
  readonly deletions: List
  readonly order: List
}

function diffLists(original: List, modified: List, field: PatchField, diff: Diff): ListDiff {
  if (original.length === 0) return { changes: diff.withChanges ? modified : [], deletions: [], order: [] }
  return holdsObjects(original, modified)
    ? diffObjectLists(original, modified, field, diff)
    : diffScalarLists(original, modified, field, diff)
}

function diffObjectLists(
  original: List,
  modified: List,
  { schema, mergeKey, retainKeys }: PatchField,
  diff: Diff,
): ListDiff {
  const changes: JsonObject[] = []
  const deletions: JsonObject[] = []
  const steps = pair(sortByKey(original.map(asObject), mergeKey), sortByKey(modified.map(asObject), mergeKey), (item) =>
    printGo(identityOf(item, mergeKey)),
  )
  for (const { before, after } of steps) {
    if (before !== undefined && after !== undefined) {
      const inner = diffFields(before, after, { ...diff, schema, retainKeys })
      if (Object.keys(inner).length > 0) changes.push({ ...inner, [mergeKey]: after[mergeKey] })
    } else if (after !== undefined) {
      if (diff.withChanges) changes.push(after)
    } else if (before !== undefined && diff.withDeletions) {
      deletions.push({ [mergeKey]: before[mergeKey], [PATCH_DIRECTIVE]: 'delete' })
    }
  }
  const all = [...sortLike(changes, modified, mergeKey), ...deletions]
  const reordered =
    original.length !== modified.length ||
    modified.some((item, index) => identityOf(item, mergeKey) !== identityOf(original[index], mergeKey))
  const says = (diff.withChanges && (all.length > 0 || reordered)) || (diff.withDeletions && all.length > 0)
  const order = diff.withOrder && says ? modified.map((item) => ({ [mergeKey]: identityOf(item, mergeKey) })) : []
  return { changes: all, deletions: [], order }
}

function diffScalarLists(original: List, modified: List, { mergeKey }: PatchField, diff: Diff): ListDiff {
  const changes: unknown[] = []
  const deletions: unknown[] = []
  for (const { before, after } of pair(sortScalars(original), sortScalars(modified), printGo)) {
    if (before === undefined && after !== undefined && diff.withChanges) changes.push(after)
    if (before !== undefined && after === undefined && diff.withDeletions) deletions.push(before)
  }
  const says = (diff.withDeletions && deletions.length > 0) || (diff.withChanges && !deepEqual(original, modified))
  return {
    changes: sortLike(changes, modified, mergeKey),
    deletions: withoutDuplicates(deletions),
    order: diff.withOrder && says ? modified : [],
  }
}

/** Walks two sorted lists in step: items that both have, or only one. */
function* pair<T>(
  original: readonly T[],
  modified: readonly T[],
  name: (item: T) => string,
): Generator<{ before: T | undefined; after: T | undefined }> {
  let at = 0
  for (const after of modified) {
    let before = original[at]
    while (before !== undefined && name(before) < name(after)) {
      yield { before, after: undefined }
      before = original[++at]
    }
    const matches = before !== undefined && name(before) === name(after)
    if (matches) at++
    yield { before: matches ? before : undefined, after }
  }
  for (const before of original.slice(at)) yield { before, after: undefined }
}
