import { defaultSpread } from '../default-spread.ts'
import type { Cluster } from '../cluster.ts'
import type { PodInfo } from '../pod-info.ts'
import type { FilterPlugin, NodeFilter, PluginContext } from '../plugin.ts'
import { unresolvable, unschedulable } from '../refusal.ts'
import type { SpreadConstraint } from '../spread-constraints.ts'
import { counts, type Domains, domainsOf, isCounted, matchingPods } from '../spread-domains.ts'
import { NO_VALUE, sumByValue } from '../topology.ts'

const NAME = 'PodTopologySpread'
const REASON = "node(s) didn't match pod topology spread constraints"
const SKEWED = unschedulable(NAME, REASON)
const NO_LABEL = unresolvable(NAME, `${REASON} (missing required label)`)

/** Keeps the numbers of matching pods in the domains of a topology within `maxSkew` of the smallest. */
export const podTopologySpread: FilterPlugin = {
  name: NAME,
  isLocal: false,
  prepare(pod, context) {
    const { shape } = pod
    if (shape.problem !== undefined) return undefined
    const own = shape.spec.topologySpreadConstraints
    const constraints =
      own !== undefined && own.length > 0 ? shape.hardSpread : defaultSpread(shape, 'DoNotSchedule', context)
    return constraints.length === 0 ? undefined : spreadFilter(pod, constraints, context)
  },
}

function spreadFilter(pod: PodInfo, constraints: readonly SpreadConstraint[], context: PluginContext): NodeFilter {
  const { cluster } = context
  const { shape } = pod
  const domains = domainsOf(constraints, shape, { cluster, requireAllKeys: true })
  const spreads = domains.map((domain) => new Spread(domain, pod, cluster))
  return {
    check(row) {
      for (const spread of spreads) {
        const value = spread.valueOf(row)
        if (value === NO_VALUE) return NO_LABEL
        if (spread.isSkewedBy(value)) return SKEWED
      }
      return undefined
    },
    podChanged(other, row, sign) {
      if (!isCounted(other, shape.namespace) || spreads.some((spread) => spread.valueOf(row) === NO_VALUE)) return
      const { node } = cluster.nodeAt(row)
      for (const spread of spreads) {
        const { constraint } = spread
        if (!constraint.matcher.isEmpty && constraint.matcher.matches(other.shape.labels)) {
          if (counts(constraint, shape, node)) spread.count(row, sign)
        }
      }
    },
  }
}

/** One constraint: matching pods by domain. */
class Spread {
  readonly constraint: SpreadConstraint
  readonly #valueOf: Int32Array
  readonly #present: Int32Array
  readonly #counts: Float64Array
  readonly #self: number
  #least: number | undefined

  constructor({ constraint, topology, rows, present }: Domains, { shape }: PodInfo, cluster: Cluster) {
    this.constraint = constraint
    this.#valueOf = topology.valueOf
    this.#present = present
    this.#counts = new Float64Array(topology.values.length)
    this.#self = constraint.matcher.matches(shape.labels) ? 1 : 0
    sumByValue(topology, matchingPods(constraint, shape.namespace, cluster), { into: this.#counts, rows, factor: 1 })
  }

  valueOf(row: number): number {
    return this.#valueOf[row] ?? NO_VALUE
  }

  isSkewedBy(value: number): boolean {
    const least = (this.#least ??= this.#leastCount())
    return (this.#counts[value] ?? 0) + this.#self - least > this.constraint.maxSkew
  }

  count(row: number, sign: 1 | -1): void {
    const value = this.valueOf(row)
    this.#counts[value] = (this.#counts[value] ?? 0) + sign
    this.#least = undefined
  }

  /** Fewer domains than `minDomains` count as if there were an empty one. */
  #leastCount(): number {
    if (this.#present.length < this.constraint.minDomains) return 0
    let least = Number.MAX_SAFE_INTEGER
    for (const value of this.#present) least = Math.min(least, this.#counts[value] ?? 0)
    return least
  }
}
