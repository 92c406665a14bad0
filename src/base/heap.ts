/**
 * A binary heap: the smallest item, by `compare`, comes out first.
 *
 *         0            children of i: 2i+1 and 2i+2
 *       1   2          no item is smaller than its parent
 *      3 4 5
 */
export class Heap<T> {
  readonly #items: T[] = []
  readonly #compare: (a: T, b: T) => number

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare
  }

  get size(): number {
    return this.#items.length
  }

  peek(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    const items = this.#items
    let index = items.length
    items.push(item)
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = items[parent] as T
      if (this.#compare(item, above) >= 0) break
      items[index] = above
      index = parent
    }
    items[index] = item
  }

  pop(): T | undefined {
    const items = this.#items
    const top = items[0]
    const last = items.pop()
    if (last !== undefined && items.length > 0) this.#sink(last)
    return top
  }

  #sink(item: T): void {
    const items = this.#items
    const size = items.length
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= size) break
      if (child + 1 < size && this.#compare(items[child + 1] as T, items[child] as T) < 0) child++
      const below = items[child] as T
      if (this.#compare(item, below) <= 0) break
      items[index] = below
      index = child
    }
    items[index] = item
  }
}
