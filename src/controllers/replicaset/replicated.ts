import type { Kind } from '../../api/kind.ts'
import { ReplicaSet } from '../../api/kinds/apps/replica-set.ts'
import { ReplicationController } from '../../api/kinds/core/replication-controller.ts'
import { type LabelMatcher, matcherOfLabels, NOTHING } from '../../api/selectors/label-matcher.ts'
import { matcherOfSelector } from '../../api/selectors/label-selector.ts'

/** What keeps a number of equal pods: two kinds with one behaviour. */
export type Replicated = ReplicaSet | ReplicationController

/** How the two kinds differ. */
export interface ReplicatedKind {
  readonly kind: Kind<Replicated>
  readonly controllerName: string
  readonly component: string
  readonly selectorOf: (owner: Replicated) => LabelMatcher
}

const selectors = new WeakMap<object, LabelMatcher>()

export const REPLICA_SETS: ReplicatedKind = {
  kind: ReplicaSet as unknown as Kind<Replicated>,
  controllerName: 'replicaset',
  component: 'replicaset-controller',
  selectorOf: (owner) => matcherOfSelector((owner as ReplicaSet).spec.selector),
}

export const REPLICATION_CONTROLLERS: ReplicatedKind = {
  kind: ReplicationController as unknown as Kind<Replicated>,
  controllerName: 'replicationcontroller',
  component: 'replication-controller',
  selectorOf(owner) {
    const labels = (owner as ReplicationController).spec.selector
    if (labels === undefined) return NOTHING
    let matcher = selectors.get(labels)
    if (matcher === undefined) selectors.set(labels, (matcher = matcherOfLabels(labels)))
    return matcher
  },
}

export function replicasOf({ spec }: Replicated): number {
  return spec.replicas ?? 1
}
