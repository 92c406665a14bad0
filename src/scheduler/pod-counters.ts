import type { PodInfo } from './pod-info.ts'

/** How many counters are kept up to date at once; the one that was not asked for the longest time goes first. */
const COUNTERS_MAX = 256

/** How many pods on each node a question is true of. */
export interface PodCounter {
  /** By row of the node table. */
  readonly counts: Int32Array
  readonly total: number
}

interface Counter {
  counts: Int32Array
  total: number
  readonly matches: (pod: PodInfo) => boolean
}

/**
 * Answers to "how many pods match this selector, node by node", counted once and kept up to date as pods come and go,
 * for as long as somebody keeps asking.
 */
export class PodCounters {
  readonly #counters = new Map<string, Counter>()
  readonly #eachPlaced: (visit: (pod: PodInfo, row: number) => void) => void

  /** `eachPlaced` visits all pods that are on nodes. */
  constructor(eachPlaced: (visit: (pod: PodInfo, row: number) => void) => void) {
    this.#eachPlaced = eachPlaced
  }

  /** `key` must be equal for equal questions only. */
  get(key: string, capacity: number, matches: (pod: PodInfo) => boolean): PodCounter {
    const known = this.#counters.get(key)
    if (known !== undefined) {
      this.#counters.delete(key)
      this.#counters.set(key, known)
      if (known.counts.length < capacity) known.counts = larger(known.counts, capacity)
      return known
    }
    const counter: Counter = { counts: new Int32Array(capacity), total: 0, matches }
    this.#eachPlaced((pod, row) => {
      if (matches(pod)) increase(counter, row, 1)
    })
    this.#counters.set(key, counter)
    if (this.#counters.size > COUNTERS_MAX) {
      const [oldest] = this.#counters.keys()
      if (oldest !== undefined) this.#counters.delete(oldest)
    }
    return counter
  }

  count(pod: PodInfo, row: number, sign: 1 | -1): void {
    for (const counter of this.#counters.values()) if (counter.matches(pod)) increase(counter, row, sign)
  }

  /** Forgets everything: what a question depends on besides the pods has changed. */
  reset(): void {
    this.#counters.clear()
  }
}

function increase(counter: Counter, row: number, by: number): void {
  if (row >= counter.counts.length) counter.counts = larger(counter.counts, Math.max(row + 1, 2 * row))
  counter.counts[row] = (counter.counts[row] ?? 0) + by
  counter.total += by
}

export function larger(old: Int32Array, capacity: number): Int32Array {
  const grown = new Int32Array(capacity)
  grown.set(old)
  return grown
}
