import type { LabelMatcher } from '../../api/selectors/label-matcher.ts'
import type { Labels } from '../../api/selectors/requirement.ts'
import { type AffinityTerm, allTermsMatch, termMatches } from '../affinity-terms.ts'
import type { Cluster } from '../cluster.ts'
import type { PodInfo } from '../pod-info.ts'
import type { Objects } from '../objects.ts'
import type { FilterPlugin, NodeFilter, PluginContext } from '../plugin.ts'
import { unresolvable, unschedulable } from '../refusal.ts'
import { NO_VALUE, sumByValue, type Topology } from '../topology.ts'

const NAME = 'InterPodAffinity'
const NO_FRIEND = unresolvable(NAME, "node(s) didn't match pod affinity rules")
const FOE = unschedulable(NAME, "node(s) didn't match pod anti-affinity rules")
const UNWANTED = unschedulable(NAME, "node(s) didn't satisfy existing pods anti-affinity rules")

/** Required pod affinity and anti-affinity: of the pod towards others, and of others towards the pod. */
export const interPodAffinity: FilterPlugin = {
  name: NAME,
  isLocal: false,
  prepare(pod, context) {
    const { shape } = pod
    if (shape.problem !== undefined) return { refusal: unresolvable(NAME, `parsing pod: ${shape.problem}`) }
    const { requiredAffinity, requiredAntiAffinity } = shape.affinity
    const unwanted = unwantedBy(pod, context)
    if (unwanted.length === 0 && requiredAffinity.length === 0 && requiredAntiAffinity.length === 0) return undefined
    return affinityFilter(pod, unwanted, context)
  },
}

/** Pods that match, summed over the nodes that share a topology value. */
class Domain {
  readonly term: AffinityTerm
  readonly #valueOf: Int32Array
  readonly #counts: Float64Array

  constructor(term: AffinityTerm, counts: Int32Array, cluster: Cluster) {
    const topology: Topology = cluster.topology(term.topologyKey)
    this.term = term
    this.#valueOf = topology.valueOf
    this.#counts = new Float64Array(topology.values.length)
    sumByValue(topology, counts, { into: this.#counts, rows: cluster.order(), factor: 1 })
  }

  hasLabel(row: number): boolean {
    return (this.#valueOf[row] ?? NO_VALUE) !== NO_VALUE
  }

  isEmptyAt(row: number): boolean {
    const value = this.#valueOf[row] ?? NO_VALUE
    return value === NO_VALUE || (this.#counts[value] ?? 0) === 0
  }

  get isEmpty(): boolean {
    return this.#counts.every((count) => count === 0)
  }

  count(row: number, sign: 1 | -1): void {
    const value = this.#valueOf[row] ?? NO_VALUE
    if (value !== NO_VALUE) this.#counts[value] = (this.#counts[value] ?? 0) + sign
  }
}

function affinityFilter(pod: PodInfo, unwanted: Domain[], context: PluginContext): NodeFilter {
  const { cluster, objects } = context
  const { shape } = pod
  const { requiredAffinity, requiredAntiAffinity } = shape.affinity
  const labels = objects.namespaceLabels(shape.namespace)
  const friendCounts = matchingAll(requiredAffinity, context)
  const friends = requiredAffinity.map((term) => new Domain(term, friendCounts, cluster))
  const foes = requiredAntiAffinity.map((term) => new Domain(term, matchingAll([term], context), cluster))
  const isOwnFriend = allTermsMatch(requiredAffinity, shape, labels)
  return {
    check(row) {
      if (!friends.every((domain) => domain.hasLabel(row))) return NO_FRIEND
      if (friends.some((domain) => domain.isEmptyAt(row))) {
        // The first of a series of pods that want to be together has nobody to join.
        if (!isOwnFriend || !friends.every((domain) => domain.isEmpty)) return NO_FRIEND
      }
      if (foes.some((domain) => !domain.isEmptyAt(row))) return FOE
      return unwanted.some((domain) => !domain.isEmptyAt(row)) ? UNWANTED : undefined
    },
    podChanged(other, row, sign) {
      const otherLabels = objects.namespaceLabels(other.shape.namespace)
      if (allTermsMatch(requiredAffinity, other.shape, otherLabels)) {
        for (const domain of friends) domain.count(row, sign)
      }
      for (const domain of foes) if (termMatches(domain.term, other.shape, otherLabels)) domain.count(row, sign)
      for (const term of other.shape.affinity.requiredAntiAffinity) {
        if (!termMatches(term, shape, labels)) continue
        let domain = unwanted.find((known) => known.term.key === term.key)
        if (domain === undefined) unwanted.push((domain = new Domain(term, new Int32Array(0), cluster)))
        domain.count(row, sign)
      }
    },
  }
}

/** Where pods are that want this one kept away. */
function unwantedBy({ shape }: PodInfo, { cluster, objects }: PluginContext): Domain[] {
  const labels = objects.namespaceLabels(shape.namespace)
  const found: Domain[] = []
  for (const { term, counts } of cluster.affinity.requiredAnti) {
    if (termMatches(term, shape, labels)) found.push(new Domain(term, counts, cluster))
  }
  return found
}

/** How many pods on each node all these terms are about. */
export function matchingAll(terms: readonly AffinityTerm[], { cluster, objects }: PluginContext): Int32Array {
  if (terms.length === 0) return new Int32Array(0)
  const key = terms.map((term) => term.key).join('&')
  return cluster.counter(`terms|${key}`, ({ shape }) =>
    terms.every((term) => {
      if (term.namespaces.has(shape.namespace)) return term.matcher.matches(shape.labels)
      return inNamespace(term.namespaceMatcher, shape.namespace, objects) && term.matcher.matches(shape.labels)
    }),
  ).counts
}

function inNamespace(matcher: LabelMatcher, namespace: string, objects: Objects): boolean {
  const labels: Labels | undefined = objects.namespaceLabels(namespace)
  return matcher.matches(labels)
}
