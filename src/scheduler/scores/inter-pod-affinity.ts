import { type AffinityTerm, termMatches, type WeightedAffinityTerm } from '../affinity-terms.ts'
import type { TermGroup } from '../affinity-index.ts'
import { matchingAll } from '../filters/inter-pod-affinity.ts'
import type { PodInfo } from '../pod-info.ts'
import { type NodeScorer, type PluginContext, SCORE_MAX, type ScorePlugin } from '../plugin.ts'
import { NO_VALUE, sumByValue } from '../topology.ts'

/** Prefers nodes near pods that this one likes, or that like it, and far from those with a dislike. */
export const interPodAffinityScore: ScorePlugin = {
  name: 'InterPodAffinity',
  isLocal: false,
  prepare(pod, context) {
    const { shape } = pod
    const { hardPodAffinityWeight, ignorePreferredTermsOfExistingPods } = context.args.InterPodAffinity
    if (ignorePreferredTermsOfExistingPods && !shape.hasPodAffinity) return undefined
    const sums = new TopologySums(context)
    for (const term of shape.affinity.preferredAffinity) sums.addTerm(term, 1)
    for (const term of shape.affinity.preferredAntiAffinity) sums.addTerm(term, -1)
    const { affinity } = context.cluster
    for (const group of affinity.preferred) sums.addGroup(group, pod, group.weight)
    if (hardPodAffinityWeight > 0) {
      for (const group of affinity.required) sums.addGroup(group, pod, hardPodAffinityWeight)
    }
    return sums.scorer()
  },
}

/** What a node's topology values are worth, by topology key. */
class TopologySums {
  readonly #context: PluginContext
  readonly #sums = new Map<string, Float64Array>()

  constructor(context: PluginContext) {
    this.#context = context
  }

  /** What the pod itself wants: pods that match draw it, or drive it away. */
  addTerm(term: WeightedAffinityTerm, sign: 1 | -1): void {
    this.#add(term, matchingAll([term], this.#context), sign * term.weight)
  }

  /** What pods on nodes want, if it is about this pod. */
  addGroup({ term, counts }: TermGroup, { shape }: PodInfo, weight: number): void {
    const labels = this.#context.objects.namespaceLabels(shape.namespace)
    if (termMatches(term, shape, labels)) this.#add(term, counts, weight)
  }

  scorer(): NodeScorer | undefined {
    if (this.#sums.size === 0) return undefined
    const { cluster } = this.#context
    const parts = [...this.#sums].map(([key, sums]) => ({ sums, valueOf: cluster.topology(key).valueOf }))
    return {
      score(row) {
        let score = 0
        for (const { sums, valueOf } of parts) {
          const value = valueOf[row] ?? NO_VALUE
          if (value !== NO_VALUE) score += sums[value] ?? 0
        }
        return score
      },
      normalize: stretch,
    }
  }

  #add({ topologyKey }: AffinityTerm, counts: Int32Array, factor: number): void {
    const { cluster } = this.#context
    const topology = cluster.topology(topologyKey)
    let into = this.#sums.get(topologyKey)
    if (into === undefined) this.#sums.set(topologyKey, (into = new Float64Array(topology.values.length)))
    sumByValue(topology, counts, { into, rows: cluster.order(), factor })
  }
}

/** From the least to the largest score over 0…100. */
function stretch(scores: Float64Array): void {
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  for (let index = 0; index < scores.length; index++) {
    const score = scores[index] as number
    least = Math.min(least, score)
    most = Math.max(most, score)
  }
  const range = most - least
  for (let index = 0; index < scores.length; index++) {
    const score = scores[index] as number
    scores[index] = range > 0 ? Math.trunc(SCORE_MAX * ((score - least) / range)) : 0
  }
}
