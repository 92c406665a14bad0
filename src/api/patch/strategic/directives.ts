import { isList, isObject, ObjectDraft, printGo, sameItemsOr, type JsonObject } from '../json-value.ts'
import { PatchError } from '../patch-error.ts'

/** The keys by which a strategic merge patch says more than values: k8s.io/apimachinery pkg/util/strategicpatch. */
export const PATCH_DIRECTIVE = '$patch'
export const RETAIN_KEYS_DIRECTIVE = '$retainKeys'
const DELETE_FROM_LIST_PREFIX = '$deleteFromPrimitiveList'
const ELEMENT_ORDER_PREFIX = '$setElementOrder'

const BAD_PRIMITIVE_LIST = 'invalid patch format of primitive list'
export const BAD_RETAIN_KEYS = 'invalid patch format of retainKeys'
export const BAD_ELEMENT_ORDER = 'invalid patch format of setElementOrder list'

export function deletionKey(key: string): string {
  return `${DELETE_FROM_LIST_PREFIX}/${key}`
}

export function elementOrderKey(key: string): string {
  return `${ELEMENT_ORDER_PREFIX}/${key}`
}

export function isDeletionKey(key: string): boolean {
  return key.startsWith(DELETE_FROM_LIST_PREFIX)
}

export function isElementOrderKey(key: string): boolean {
  return key.startsWith(ELEMENT_ORDER_PREFIX)
}

/** The field that `$deleteFromPrimitiveList/…` is about. */
export function fieldOfDeletion(key: string): string {
  return fieldBehind(DELETE_FROM_LIST_PREFIX, key, BAD_PRIMITIVE_LIST)
}

/** The field that `$setElementOrder/…` is about. */
export function fieldOfElementOrder(key: string): string {
  return fieldBehind(ELEMENT_ORDER_PREFIX, key, BAD_ELEMENT_ORDER)
}

export function unknownPatchType(directive: unknown, object: JsonObject): PatchError {
  return new PatchError(`unknown patch type: ${printGo(directive)} in map: ${printGo(object)}`)
}

export function noMergeKey(object: JsonObject, mergeKey: string): PatchError {
  return new PatchError(`map: ${printGo(object)} does not contain declared merge key: ${mergeKey}`)
}

/** A value that enters an object is not merged with anything, so its directives have done their work. */
export function withoutDirectives(value: unknown): { readonly kept: boolean; readonly value: unknown } {
  if (isList(value)) {
    const items = value.map(withoutDirectives).filter(({ kept }) => kept)
    return {
      kept: true,
      value: sameItemsOr(
        value,
        items.map((item) => item.value),
      ),
    }
  }
  if (!isObject(value)) return { kept: true, value }
  if (Object.hasOwn(value, PATCH_DIRECTIVE)) return { kept: false, value: undefined }
  const draft = new ObjectDraft(value)
  for (const [key, inner] of Object.entries(value)) {
    const clean = withoutDirectives(inner)
    if (clean.kept) draft.set(key, clean.value)
    else draft.delete(key)
  }
  return { kept: true, value: draft.current }
}

/** Without the nulls of objects; items of lists stay, whatever they are. */
export function withoutNullFields(value: unknown): unknown {
  if (isList(value)) return sameItemsOr(value, value.map(withoutNullFields))
  if (!isObject(value)) return value
  const draft = new ObjectDraft(value)
  for (const [key, inner] of Object.entries(value)) {
    if (inner === null) draft.delete(key)
    else draft.set(key, withoutNullFields(inner))
  }
  return draft.current
}

function fieldBehind(prefix: string, key: string, complaint: string): string {
  if (!key.startsWith(`${prefix}/`)) throw new PatchError(complaint, 'badRequest')
  return key.slice(prefix.length + 1)
}
