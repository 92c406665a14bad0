import { PersistentVolume } from '../../api/kinds/core/persistent-volume.ts'
import { type Key, keyOf, printKey } from '../../api/object.ts'
import type { Client } from '../../client/client.ts'
import { type Controller, DONE, type Outcome, type Source } from '../../client/controller.ts'
import type { Informers } from '../../client/informers.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { retryLostRace } from '../lost-race.ts'

const FINALIZER = 'kubernetes.io/pv-protection'

/** Lets a deleted volume go once no claim is bound to it (k8s.io/kubernetes pkg/controller/volume/pvprotection). */
export class VolumeProtection implements Controller {
  readonly name = 'pv-protection'
  readonly sources: readonly Source[] = [
    {
      kind: PersistentVolume,
      keys: (volume) => (isFree(volume as PersistentVolume) ? [printKey(keyOf(volume))] : []),
    },
  ]
  readonly #client: Client
  readonly #informers: Informers

  constructor({ client, informers }: ClusterOptions) {
    this.#client = client
    this.#informers = informers
  }

  async reconcile(key: Key): Promise<Outcome> {
    const volume = this.#informers.of(PersistentVolume).get(key)
    if (volume === undefined || !isFree(volume)) return DONE
    const finalizers = (volume.metadata.finalizers ?? []).filter((one) => one !== FINALIZER)
    return retryLostRace(async () => {
      await this.#client.update({ ...volume, metadata: { ...volume.metadata, finalizers } })
    })
  }
}

function isFree({ metadata, status }: PersistentVolume): boolean {
  return (
    metadata.deletionTimestamp !== undefined &&
    metadata.finalizers?.includes(FINALIZER) === true &&
    status?.phase !== 'Bound'
  )
}
