import type { AffinityTerm } from './affinity-terms.ts'
import type { PodInfo } from './pod-info.ts'
import { larger } from './pod-counters.ts'

/** Pods on nodes that have the same term, counted by node. */
export interface TermGroup {
  readonly term: AffinityTerm
  /** What a match adds to a node's score; negative for anti-affinity. Zero for required terms. */
  readonly weight: number
  counts: Int32Array
  total: number
}

/** The terms of pod affinity that pods on nodes have, each with where those pods are. */
export class AffinityIndex {
  readonly #requiredAnti = new Map<string, TermGroup>()
  readonly #required = new Map<string, TermGroup>()
  readonly #preferred = new Map<string, TermGroup>()

  /** Required anti-affinity: it keeps other pods away. */
  get requiredAnti(): Iterable<TermGroup> {
    return this.#requiredAnti.values()
  }

  /** Required affinity: other pods that match are drawn to it. */
  get required(): Iterable<TermGroup> {
    return this.#required.values()
  }

  get preferred(): Iterable<TermGroup> {
    return this.#preferred.values()
  }

  count({ shape: { affinity, hasPodAffinity } }: PodInfo, row: number, sign: 1 | -1): void {
    if (!hasPodAffinity) return
    for (const term of affinity.requiredAntiAffinity) increase(this.#requiredAnti, term, { weight: 0, row, sign })
    for (const term of affinity.requiredAffinity) increase(this.#required, term, { weight: 0, row, sign })
    for (const term of affinity.preferredAffinity) increase(this.#preferred, term, { weight: term.weight, row, sign })
    for (const term of affinity.preferredAntiAffinity) {
      increase(this.#preferred, term, { weight: -term.weight, row, sign })
    }
  }
}

function increase(
  groups: Map<string, TermGroup>,
  term: AffinityTerm,
  { weight, row, sign }: { weight: number; row: number; sign: 1 | -1 },
): void {
  const key = `${weight}|${term.key}`
  let group = groups.get(key)
  if (group === undefined) groups.set(key, (group = { term, weight, counts: new Int32Array(row + 1), total: 0 }))
  if (row >= group.counts.length) group.counts = larger(group.counts, 2 * row + 1)
  group.counts[row] = (group.counts[row] ?? 0) + sign
  group.total += sign
  if (group.total === 0) groups.delete(key)
}
