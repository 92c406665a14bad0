import { defaultSpread } from '../default-spread.ts'
import type { PodInfo } from '../pod-info.ts'
import { type NodeScorer, type PluginContext, SCORE_MAX, type ScorePlugin } from '../plugin.ts'
import { HOSTNAME_LABEL, type SpreadConstraint } from '../spread-constraints.ts'
import { domainsOf, type Domains, matchingPods } from '../spread-domains.ts'
import { NO_VALUE, sumByValue } from '../topology.ts'

/** Prefers nodes in domains with fewer matching pods. */
export const podTopologySpreadScore: ScorePlugin = {
  name: 'PodTopologySpread',
  isLocal: false,
  prepare(pod, context, rows) {
    const { shape } = pod
    if (shape.problem !== undefined) return undefined
    const own = (shape.spec.topologySpreadConstraints?.length ?? 0) > 0
    const constraints = own ? shape.softSpread : defaultSpread(shape, 'ScheduleAnyway', context)
    if (constraints.length === 0) return undefined
    // Under the built-in defaults a node without a zone is still spread over by hostname.
    const requireAllKeys = own || context.args.PodTopologySpread.defaultingType !== 'System'
    return spreadScorer(pod, { constraints, requireAllKeys, rows }, context)
  },
}

interface Counted {
  readonly constraint: SpreadConstraint
  readonly valueOf: Int32Array
  /** Matching pods by value; by row for hostnames. */
  readonly counts: Float64Array | Int32Array
  readonly byRow: boolean
  readonly weight: number
}

function spreadScorer(
  pod: PodInfo,
  options: { constraints: readonly SpreadConstraint[]; requireAllKeys: boolean; rows: Int32Array },
  context: PluginContext,
): NodeScorer {
  const { constraints, requireAllKeys, rows } = options
  const domains = domainsOf(constraints, pod.shape, { cluster: context.cluster, requireAllKeys })
  const isIgnored = (row: number): boolean =>
    requireAllKeys && domains.some(({ topology }) => (topology.valueOf[row] ?? NO_VALUE) === NO_VALUE)
  const scored = requireAllKeys ? rows.filter((row) => !isIgnored(row)) : rows
  const counted = domains.map((domain) => count(domain, { pod, scored, context }))
  return {
    score(row) {
      if (isIgnored(row)) return 0
      let sum = 0
      for (const { constraint, valueOf, counts, byRow, weight } of counted) {
        const value = valueOf[row] ?? NO_VALUE
        if (value === NO_VALUE) continue
        sum += (counts[byRow ? row : value] ?? 0) * weight + (constraint.maxSkew - 1)
      }
      return Math.round(sum)
    },
    normalize: (scores, scoredRows) => invert(scores, (index) => isIgnored(scoredRows[index] ?? NO_VALUE)),
  }
}

/** A domain counts for the more, the more domains there are: small topologies must not drown in large ones. */
function count(
  { constraint, topology, rows }: Domains,
  { pod, scored, context }: { pod: PodInfo; scored: Int32Array; context: PluginContext },
): Counted {
  const { valueOf, values } = topology
  const matching = matchingPods(constraint, pod.shape.namespace, context.cluster)
  if (constraint.topologyKey === HOSTNAME_LABEL) {
    return { constraint, valueOf, counts: matching, byRow: true, weight: Math.log(scored.length + 2) }
  }
  const counts = new Float64Array(values.length)
  sumByValue(topology, matching, { into: counts, rows, factor: 1 })
  const seen = new Uint8Array(values.length + 1)
  let size = 0
  for (const row of scored) {
    const value = valueOf[row] ?? NO_VALUE
    // Nodes without the label make up a domain of their own here.
    const slot = value === NO_VALUE ? values.length : value
    if (seen[slot] === 0) size++
    seen[slot] = 1
  }
  return { constraint, valueOf, counts, byRow: false, weight: Math.log(size + 2) }
}

/** The fewer matching pods the better; nodes that lack a topology key get nothing. */
function invert(scores: Float64Array, isIgnored: (index: number) => boolean): void {
  let least = Number.MAX_SAFE_INTEGER
  let most = 0
  for (let index = 0; index < scores.length; index++) {
    if (isIgnored(index)) continue
    const score = scores[index] as number
    least = Math.min(least, score)
    most = Math.max(most, score)
  }
  for (let index = 0; index < scores.length; index++) {
    const score = scores[index] as number
    if (isIgnored(index)) scores[index] = 0
    else scores[index] = most === 0 ? SCORE_MAX : Math.trunc((SCORE_MAX * (most + least - score)) / most)
  }
}
