import { PersistentVolume } from '../../api/kinds/core/persistent-volume.ts'
import { PersistentVolumeClaim } from '../../api/kinds/core/persistent-volume-claim.ts'
import { type Key, keyOf, printKey } from '../../api/object.ts'
import { quantity } from '../../api/quantity-cache.ts'
import { compareQuantities, ZERO } from '../../api/quantity.ts'
import type { PersistentVolumeClaimStatus } from '../../api/types.generated.ts'
import type { Client } from '../../client/client.ts'
import { type Controller, DONE, type Outcome, type Source } from '../../client/controller.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { Informers } from '../../client/informers.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { retryLostRace } from '../lost-race.ts'
import { capacityOf, requestOf } from './match-volume.ts'

/** Lets a bound claim's volume grow to what the claim asks for, as the resizer beside a CSI driver does. */
export class VolumeExpander implements Controller {
  readonly name = 'volume-expander'
  readonly sources: readonly Source[] = [
    {
      kind: PersistentVolumeClaim,
      keys: (claim) => (wantsMore(claim as PersistentVolumeClaim) ? [printKey(keyOf(claim))] : []),
    },
  ]
  readonly #client: Client
  readonly #informers: Informers
  readonly #events: EventRecorder

  constructor({ client, informers, events }: ClusterOptions) {
    this.#client = client
    this.#informers = informers
    this.#events = events('external-resizer')
  }

  async reconcile(key: Key): Promise<Outcome> {
    const claim = this.#informers.of(PersistentVolumeClaim).get(key)
    if (claim === undefined || !wantsMore(claim)) return DONE
    const volume = this.#informers.of(PersistentVolume).get({ name: claim.spec.volumeName ?? '' })
    if (volume === undefined || volume.spec.claimRef?.uid !== claim.metadata.uid) return DONE
    return retryLostRace(() => this.#grow(claim, volume))
  }

  async #grow(claim: PersistentVolumeClaim, volume: PersistentVolume): Promise<void> {
    const storage = claim.spec.resources?.requests?.['storage'] ?? '0'
    const message = `External resizer is resizing volume ${volume.metadata.name}`
    await this.#events.record(claim, { type: 'Normal', reason: 'Resizing', message })
    if (compareQuantities(capacityOf(volume), requestOf(claim)) < 0) {
      await this.#client.update({ ...volume, spec: { ...volume.spec, capacity: { ...volume.spec.capacity, storage } } })
    }
    const grown = await this.#client.updateStatus(claim, grownStatus(claim.status ?? {}, storage))
    const done = 'Resize volume succeeded'
    await this.#events.record(grown, { type: 'Normal', reason: 'VolumeResizeSuccessful', message: done })
  }
}

function grownStatus(status: PersistentVolumeClaimStatus, storage: string): PersistentVolumeClaimStatus {
  return {
    ...status,
    capacity: { ...status.capacity, storage },
    allocatedResources: { ...status.allocatedResources, storage },
  }
}

function wantsMore(claim: PersistentVolumeClaim): boolean {
  const { phase, capacity } = claim.status ?? {}
  if (phase !== 'Bound' || claim.metadata.deletionTimestamp !== undefined) return false
  const text = capacity?.['storage']
  return compareQuantities(requestOf(claim), text === undefined ? ZERO : quantity(text)) > 0
}
