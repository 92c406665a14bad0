import type { ApiObject } from '../../api/object.ts'
import { compareText } from '../../base/compare-text.ts'

/** What decides between objects that say something about the same: the older one, then name, then namespace. */
export interface Aged {
  readonly createdAt: string
  readonly name: string
  readonly namespace: string
}

export function compareAge(a: Aged, b: Aged): number {
  return compareText(a.createdAt, b.createdAt) || compareText(a.name, b.name) || compareText(a.namespace, b.namespace)
}

export function compareObjects(a: ApiObject, b: ApiObject): number {
  return compareAge(agedOf(a), agedOf(b))
}

export function agedOf({ metadata }: ApiObject): Aged {
  const { name, namespace = 'default', creationTimestamp } = metadata
  return { name, namespace, createdAt: creationTimestamp ?? '' }
}

/** `items`, which are in order, with one more in its place. */
export function inserted<T extends Aged>(items: readonly T[], item: T): readonly T[] {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (compareAge(items[middle] as T, item) <= 0) low = middle + 1
    else high = middle
  }
  return items.toSpliced(low, 0, item)
}
