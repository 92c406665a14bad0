/**
 * An object as protobuf's JSON is read: a field that is null is left out, and so is an empty list, which nothing can
 * tell from one that is left out. Returns the same reference when there is neither.
 */
export function asRead<T>(value: T): T {
  if (value === null || typeof value !== 'object') return value
  return (Array.isArray(value) ? listAsRead(value) : objectAsRead(value as Fields)) as T
}

type Fields = Readonly<Record<string, unknown>>

function listAsRead(list: readonly unknown[]): readonly unknown[] {
  const read = list.map(asRead)
  return read.some((entry, index) => entry !== list[index]) ? read : list
}

function objectAsRead(object: Fields): Fields {
  const entries = Object.entries(object)
  const read = entries
    .filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0))
    .map(([field, value]) => [field, asRead(value)] as const)
  const isSame = read.length === entries.length && read.every(([field, value]) => value === object[field])
  return isSame ? object : Object.fromEntries(read)
}
