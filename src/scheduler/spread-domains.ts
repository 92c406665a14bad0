import { NOTHING } from '../api/selectors/label-matcher.ts'
import { textOf } from './affinity-terms.ts'
import type { Cluster } from './cluster.ts'
import type { PodInfo } from './pod-info.ts'
import type { PodShape } from './pod-shape.ts'
import type { SpreadConstraint } from './spread-constraints.ts'
import { untoleratedTaint } from './taints.ts'
import { NO_VALUE, type Topology } from './topology.ts'

const NO_COUNTS = new Int32Array(0)

/** The nodes over which one constraint spreads, and their values of its topology key. */
export interface Domains {
  readonly constraint: SpreadConstraint
  readonly topology: Topology
  /** Rows whose pods count. */
  readonly rows: Int32Array
  /** Numbers of the values that these rows have. */
  readonly present: Int32Array
}

interface Known {
  readonly layoutVersion: number
  readonly cluster: Cluster
  readonly domains: readonly Domains[]
}

const knownDomains = new WeakMap<readonly SpreadConstraint[], Known>()

/**
 * By constraint. `constraints` must be the same array for the same pod shape: what was found for it is remembered until
 * a node changes. `requireAllKeys`: nodes that lack one of the topology keys do not count.
 */
export function domainsOf(
  constraints: readonly SpreadConstraint[],
  shape: PodShape,
  { cluster, requireAllKeys }: { cluster: Cluster; requireAllKeys: boolean },
): readonly Domains[] {
  const known = knownDomains.get(constraints)
  if (known !== undefined && known.cluster === cluster && known.layoutVersion === cluster.layoutVersion) {
    return known.domains
  }
  const all = constraints.map((constraint) => ({ constraint, topology: cluster.topology(constraint.topologyKey) }))
  const eligible = [...cluster.order()].filter(
    (row) => !requireAllKeys || all.every(({ topology }) => (topology.valueOf[row] ?? NO_VALUE) !== NO_VALUE),
  )
  const domains = all.map(({ constraint, topology }): Domains => {
    const rows = eligible.filter((row) => counts(constraint, shape, cluster.nodeAt(row).node))
    const present = new Set(rows.map((row) => topology.valueOf[row] ?? NO_VALUE))
    present.delete(NO_VALUE)
    return { constraint, topology, rows: Int32Array.from(rows), present: Int32Array.from(present) }
  })
  knownDomains.set(constraints, { layoutVersion: cluster.layoutVersion, cluster, domains })
  return domains
}

type Node = ReturnType<Cluster['nodeAt']>['node']

/** Whether the node's pods count for this constraint at all: its inclusion policies. */
export function counts(constraint: SpreadConstraint, shape: PodShape, node: Node): boolean {
  if (constraint.honorsAffinity && shape.requiredNode !== undefined && !shape.requiredNode(node)) return false
  return !constraint.honorsTaints || untoleratedTaint(node.spec?.taints, shape.tolerations) === undefined
}

/** How many pods on each node the constraint's selector matches; terminating ones are as good as gone. */
export function matchingPods({ matcher }: SpreadConstraint, namespace: string, cluster: Cluster): Int32Array {
  // A selector that selects everything or nothing counts nothing (podtopologyspread/common.go).
  if (matcher.isEmpty || matcher === NOTHING) return NO_COUNTS
  const matches = (pod: PodInfo): boolean => isCounted(pod, namespace) && matcher.matches(pod.shape.labels)
  return cluster.counter(`spread|${namespace}|${textOf(matcher)}`, matches).counts
}

export function isCounted({ shape, pod }: PodInfo, namespace: string): boolean {
  return shape.namespace === namespace && pod.metadata.deletionTimestamp === undefined
}
