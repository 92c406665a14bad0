/** What may be laid over an object: a field that is absent or `undefined` here stays as it is there. */
export type Changes<T> = { readonly [Name in keyof T]?: T[Name] | undefined }

/** `object` with `changes` laid over it, or `object` itself where they say nothing new. */
export function changed<T extends object>(object: T, changes: Changes<T>): T {
  for (const name in changes) {
    const value = changes[name]
    if (value !== undefined && value !== object[name]) return overlaid(object, changes)
  }
  return object
}

/** Every item put through `change`, or `items` itself where no item changed. */
export function mapChanged<T>(items: readonly T[], change: (item: T, index: number) => T): readonly T[] {
  let copy: T[] | undefined
  for (let index = 0; index < items.length; index++) {
    const item = items[index] as T
    const next = change(item, index)
    if (next === item) continue
    copy ??= items.slice()
    copy[index] = next
  }
  return copy ?? items
}

/** `object` without the field `name`, or `object` itself where it has none. */
export function without<T extends object>(object: T, name: keyof T): T {
  if (object[name] === undefined) return object
  const copy = { ...object }
  delete copy[name]
  return copy
}

function overlaid<T extends object>(object: T, changes: Changes<T>): T {
  const copy = { ...object }
  for (const name in changes) {
    const value = changes[name]
    if (value !== undefined) copy[name] = value
  }
  return copy
}
