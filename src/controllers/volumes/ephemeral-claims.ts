import { PersistentVolumeClaim } from '../../api/kinds/core/persistent-volume-claim.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { controllerOf, type Key, keyOf, printKey } from '../../api/object.ts'
import type { Volume } from '../../api/types.generated.ts'
import { type Client, controllerReference, isAlreadyExists } from '../../client/client.ts'
import { type Controller, type ControllerContext, DONE, type Outcome, type Source } from '../../client/controller.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { Informers } from '../../client/informers.ts'
import type { ClusterOptions } from '../cluster-options.ts'

/** Makes the claims of pods' ephemeral volumes (k8s.io/kubernetes pkg/controller/volume/ephemeral). */
export class EphemeralClaims implements Controller {
  readonly name = 'ephemeral-volume'
  readonly sources: readonly Source[] = [
    { kind: Pod, keys: (pod, old) => (old === undefined && hasEphemeral(pod as Pod) ? [printKey(keyOf(pod))] : []) },
    {
      kind: PersistentVolumeClaim,
      *keys(claim) {
        const owner = controllerOf(claim)
        if (owner?.kind === 'Pod') yield printKey({ namespace: claim.metadata.namespace, name: owner.name })
      },
    },
  ]
  readonly #client: Client
  readonly #informers: Informers
  readonly #events: EventRecorder

  constructor({ client, informers, events }: ClusterOptions) {
    this.#client = client
    this.#informers = informers
    this.#events = events('ephemeral_volume')
  }

  async start({ informers }: ControllerContext): Promise<void> {
    await informers.synced()
  }

  async reconcile(key: Key): Promise<Outcome> {
    const pod = this.#informers.of(Pod).get(key)
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return DONE
    for (const volume of pod.spec.volumes ?? []) if (volume.ephemeral !== undefined) await this.#ensure(pod, volume)
    return DONE
  }

  async #ensure(pod: Pod, { name, ephemeral }: Volume): Promise<void> {
    const template = ephemeral?.volumeClaimTemplate
    const claimName = `${pod.metadata.name}-${name}`
    const { namespace, uid } = pod.metadata
    const present = this.#informers.of(PersistentVolumeClaim).get({ namespace, name: claimName })
    if (present !== undefined && controllerOf(present)?.uid === uid) return
    if (present !== undefined) {
      const message = `PVC ${namespace}/${claimName} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`
      await this.#events.record(pod, { type: 'Warning', reason: 'EphemeralVolumeCreationFailed', message })
      return
    }
    if (template === undefined) return
    const { annotations, labels } = template.metadata ?? {}
    try {
      await this.#client.create<PersistentVolumeClaim>({
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: {
          name: claimName,
          ...(namespace === undefined ? {} : { namespace }),
          ...(annotations === undefined ? {} : { annotations }),
          ...(labels === undefined ? {} : { labels }),
          ownerReferences: [controllerReference(pod)],
        },
        spec: template.spec,
      })
    } catch (error) {
      // Somebody else's claim has just taken the name: its event leads back here.
      if (!isAlreadyExists(error)) throw error
    }
  }
}

function hasEphemeral({ spec }: Pod): boolean {
  return spec.volumes?.some(({ ephemeral }) => ephemeral !== undefined) === true
}
