import type { Deployment } from '../../api/kinds/apps/deployment.ts'
import type { ReplicaSet } from '../../api/kinds/apps/replica-set.ts'
import { type Client, controllerReference, isNotFound } from '../../client/client.ts'
import type { EventRecorder } from '../../client/events.ts'
import { safeHash } from '../controllerrevision/safe-hash.ts'
import { newestAnnotations, revisionOf, scaleAnnotations } from './annotations.ts'
import { HASH_LABEL, type ReplicaSets, replicasOf } from './replica-sets.ts'
import type { Scaling } from './scale.ts'

/** Writes the ReplicaSets of Deployments, and tells so in their events. */
export class ReplicaSetControl {
  readonly #client: Client
  readonly #events: EventRecorder

  constructor(client: Client, events: EventRecorder) {
    this.#client = client
    this.#events = events
  }

  async create(deployment: Deployment, set: ReplicaSet): Promise<ReplicaSet> {
    const created = await this.#client.create(set)
    if (replicasOf(created) > 0) await this.#tellScaled(deployment, created, { from: 0, to: replicasOf(created) })
    return created
  }

  /** Gives sets their sizes; resolves to whether any size changed. */
  async scale(deployment: Deployment, scalings: readonly Scaling[]): Promise<boolean> {
    let isChanged = false
    for (const { set, replicas } of scalings) {
      const from = replicasOf(set)
      const present = set.metadata.annotations ?? {}
      const annotations = scaleAnnotations(deployment, present)
      if (from === replicas && annotations === present) continue
      const metadata = { ...set.metadata, annotations }
      const scaled = await this.#client.update({ ...set, metadata, spec: { ...set.spec, replicas } })
      if (from === replicas) continue
      isChanged = true
      await this.#tellScaled(deployment, scaled, { from, to: replicas })
    }
    return isChanged
  }

  /** Brings the annotations and `minReadySeconds` of the newest set up to date; the same reference when they are. */
  async refresh(deployment: Deployment, set: ReplicaSet, revision: number): Promise<ReplicaSet> {
    const present = set.metadata.annotations ?? {}
    const annotations = newestAnnotations(deployment, present, revision)
    const minReadySeconds = deployment.spec.minReadySeconds ?? 0
    if (annotations === present && (set.spec.minReadySeconds ?? 0) === minReadySeconds) return set
    return this.#client.update({
      ...set,
      metadata: { ...set.metadata, annotations },
      spec: { ...set.spec, minReadySeconds },
    })
  }

  /** Deletes the oldest idle sets beyond what the history keeps. */
  async truncate(old: ReplicaSets, limit: number): Promise<void> {
    const present = old.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    const excess = present.toSorted((a, b) => revisionOf(a) - revisionOf(b)).slice(0, present.length - limit)
    for (const set of present.length > limit ? excess : []) {
      const isIdle = replicasOf(set) === 0 && (set.status?.replicas ?? 0) === 0
      if (!isIdle || (set.metadata.generation ?? 0) > (set.status?.observedGeneration ?? 0)) continue
      try {
        await this.#client.deleteObject(set)
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
    }
  }

  #tellScaled(
    deployment: Deployment,
    { metadata }: ReplicaSet,
    { from, to }: { from: number; to: number },
  ): Promise<void> {
    const message = `Scaled ${to > from ? 'up' : 'down'} replica set ${metadata.name} from ${from} to ${to}`
    return this.#events.record(deployment, { type: 'Normal', reason: 'ScalingReplicaSet', message })
  }
}

/** The ReplicaSet for a Deployment's present template, told from its siblings by a hash in name, labels and selector. */
export function newReplicaSet(
  deployment: Deployment,
  { replicas, revision }: { readonly replicas: number; readonly revision: number },
): ReplicaSet {
  const { template, selector, minReadySeconds = 0 } = deployment.spec
  const { name, namespace } = deployment.metadata
  const collisionCount = deployment.status?.collisionCount
  const hash = safeHash(template, collisionCount === undefined ? '' : String(collisionCount))
  const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash }
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      ...(namespace === undefined ? {} : { namespace }),
      labels,
      annotations: scaleAnnotations(deployment, newestAnnotations(deployment, {}, revision)),
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas,
      ...(minReadySeconds === 0 ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } as never },
    },
  }
}
