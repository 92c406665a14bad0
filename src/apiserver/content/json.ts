import type { ObjectList } from '../../api/object.ts'

/**
 * One object is serialized once, however many read or watch it: objects are immutable, so their text can be kept as
 * long as they live.
 */
const TEXTS = new WeakMap<object, string>()

export function jsonOf(object: object): string {
  let text = TEXTS.get(object)
  if (text === undefined) TEXTS.set(object, (text = JSON.stringify(object)))
  return text
}

/** A list's text, put together from those of its items. */
export function jsonOfList({ items, ...head }: ObjectList): string {
  const start = JSON.stringify(head).slice(0, -1)
  return `${start},"items":[${items.map(jsonOf).join(',')}]}`
}

export function isList(value: unknown): value is ObjectList {
  return (
    typeof value === 'object' &&
    value !== null &&
    Array.isArray((value as ObjectList).items) &&
    (value as ObjectList).kind.endsWith('List')
  )
}
