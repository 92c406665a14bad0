import { PersistentVolumeClaim } from '../../api/kinds/core/persistent-volume-claim.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { controllerOf, type Key, keyOf, parseKey, printKey } from '../../api/object.ts'
import type { Client } from '../../client/client.ts'
import { type Controller, type ControllerContext, DONE, type Outcome, type Source } from '../../client/controller.ts'
import type { Informers } from '../../client/informers.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { retryLostRace } from '../lost-race.ts'
import { addPodsByClaim, claimKeys, podsUsing } from '../volumes/volume-indices.ts'

const FINALIZER = 'kubernetes.io/pvc-protection'

/** Lets a deleted claim go once no pod uses it (k8s.io/kubernetes pkg/controller/volume/pvcprotection). */
export class ClaimProtection implements Controller {
  readonly name = 'pvc-protection'
  readonly sources: readonly Source[]
  readonly #client: Client
  readonly #informers: Informers

  constructor({ client, informers }: ClusterOptions) {
    this.#client = client
    this.#informers = informers
    this.sources = [
      { kind: PersistentVolumeClaim, keys: (claim) => (this.#isWaiting(keyOf(claim)) ? [printKey(keyOf(claim))] : []) },
      { kind: Pod, keys: (pod) => claimKeys(pod as Pod).filter((key) => this.#isWaiting(parseKey(key))) },
    ]
  }

  async start({ informers }: ControllerContext): Promise<void> {
    addPodsByClaim(informers)
    await informers.synced()
  }

  async reconcile(key: Key): Promise<Outcome> {
    const claim = this.#informers.of(PersistentVolumeClaim).get(key)
    if (claim === undefined || !this.#isWaiting(key)) return DONE
    if (podsUsing(this.#informers, claim).some((pod) => isUsedBy(claim, pod))) return DONE
    const finalizers = (claim.metadata.finalizers ?? []).filter((one) => one !== FINALIZER)
    return retryLostRace(async () => {
      await this.#client.update({ ...claim, metadata: { ...claim.metadata, finalizers } })
    })
  }

  #isWaiting(key: Key): boolean {
    const metadata = this.#informers.of(PersistentVolumeClaim).get(key)?.metadata
    return metadata?.deletionTimestamp !== undefined && metadata.finalizers?.includes(FINALIZER) === true
  }
}

/** A pod without a node uses nothing yet: its kubelet will not start it with a claim that is going. */
function isUsedBy(claim: PersistentVolumeClaim, pod: Pod): boolean {
  if ((pod.spec.nodeName ?? '') === '') return false
  const { name } = claim.metadata
  return (pod.spec.volumes ?? []).some((volume) => {
    if (volume.persistentVolumeClaim !== undefined) return volume.persistentVolumeClaim.claimName === name
    if (volume.ephemeral === undefined || `${pod.metadata.name}-${volume.name}` !== name) return false
    return !isShutDown(pod) && controllerOf(claim)?.uid === pod.metadata.uid
  })
}

function isShutDown({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0
}
