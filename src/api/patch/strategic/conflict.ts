import type { Schema } from '../../schema/schema.ts'
import { deepEqual } from '../../../base/equal.ts'
import { isList, isObject, printGo, type JsonObject } from '../json-value.ts'
import { PatchError } from '../patch-error.ts'
import { PATCH_DIRECTIVE, RETAIN_KEYS_DIRECTIVE } from './directives.ts'
import { listField, objectField, type PatchField } from './field.ts'
import { holdsObjects, sortScalars, withoutDuplicates, type List } from './lists.ts'

/** Whether two strategic merge patches want different things of one field. */
export function patchesConflict(left: JsonObject, right: JsonObject, schema: Schema | undefined): boolean {
  return valuesConflict(left, right, { schema, strategy: '', retainKeys: false, mergeKey: '' })
}

function valuesConflict(left: unknown, right: unknown, field: PatchField): boolean {
  if (isObject(left)) return !isObject(right) || objectsConflict(left, right, field)
  if (isList(left)) return !isList(right) || listsConflict(left, right, field)
  return !deepEqual(left, right)
}

function objectsConflict(left: JsonObject, right: JsonObject, { schema, strategy }: PatchField): boolean {
  // A directive acts on the whole object, so the other patch must have the same.
  if (left[PATCH_DIRECTIVE] !== right[PATCH_DIRECTIVE]) return true
  if (strategy === 'replace') return false
  return Object.keys(left).some((key) => {
    if (key === PATCH_DIRECTIVE || key === RETAIN_KEYS_DIRECTIVE || !Object.hasOwn(right, key)) return false
    return valuesConflict(left[key], right[key], fieldOf(schema, key, left[key]))
  })
}

function fieldOf(schema: Schema | undefined, key: string, value: unknown): PatchField {
  if (isList(value)) return listField(schema, key)
  if (isObject(value)) return objectField(schema, key)
  return { schema: undefined, strategy: '', retainKeys: false, mergeKey: '' }
}

function listsConflict(left: List, right: List, { schema, strategy, mergeKey }: PatchField): boolean {
  const objects = holdsObjects(left, right)
  const item: PatchField = { schema, strategy: '', retainKeys: false, mergeKey: '' }
  if (strategy === 'merge') {
    if (!objects) return false
    const byKey = new Map(right.map((other) => [mergeValueOf(other, mergeKey, right), other]))
    return left.some((one) => {
      const other = byKey.get(mergeValueOf(one, mergeKey, left))
      return other !== undefined && valuesConflict(one, other, item)
    })
  }
  if (left.length !== right.length) return true
  const sorted = (list: List): List => (objects ? list : sortScalars(withoutDuplicates(list)))
  const others = sorted(right)
  return sorted(left).some((one, index) => valuesConflict(one, others[index], item))
}

function mergeValueOf(item: unknown, mergeKey: string, list: List): string {
  if (!isObject(item)) throw new PatchError(`invalid element type in merging list:${printGo(list)}`)
  if (Object.hasOwn(item, mergeKey)) return printGo(item[mergeKey])
  throw new PatchError(`cannot find merge key \`${mergeKey}\` in merging list element:${printGo(item)}`)
}
