import type { Pod } from '../../api/kinds/core/pod.ts'
import { chooseForDeletion, type RankingOptions } from '../pods/ranking.ts'

/** How many pods one reconcile creates or deletes at most; the next brings the rest (pkg/controller/replicaset/replica_set.go). */
const BURST_MAX = 500

export interface ReplicaPlan {
  readonly create: number
  readonly remove: readonly Pod[]
  /** Whether more is left to do than one reconcile does. */
  readonly isPartial: boolean
}

/** What brings the number of active pods to `replicas`. */
export function plan(
  pods: readonly Pod[],
  { replicas, ...ranking }: RankingOptions & { readonly replicas: number },
): ReplicaPlan {
  const missing = replicas - pods.length
  const isPartial = Math.abs(missing) > BURST_MAX
  if (missing > 0) return { create: Math.min(missing, BURST_MAX), remove: [], isPartial }
  if (missing === 0) return { create: 0, remove: [], isPartial }
  return { create: 0, remove: chooseForDeletion(pods, Math.min(-missing, BURST_MAX), ranking), isPartial }
}
