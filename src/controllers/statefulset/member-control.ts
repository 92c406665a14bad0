import type { StatefulSet } from '../../api/kinds/apps/stateful-set.ts'
import { PersistentVolumeClaim } from '../../api/kinds/core/persistent-volume-claim.ts'
import type { Pod } from '../../api/kinds/core/pod.ts'
import { keyOf } from '../../api/object.ts'
import { isAlreadyExists, isConflict, type Client } from '../../client/client.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { Informer } from '../../client/informer.ts'
import { claimOwners, hasRightOwners } from './claim-retention.ts'
import { claimsOf, withIdentity } from './identity.ts'
import type { Action } from './plan.ts'

/** Acts on single members of a set: pods with names of their own and the claims that belong to them. */
export class MemberControl {
  readonly #client: Client
  readonly #events: EventRecorder
  readonly #claims: Informer<PersistentVolumeClaim>

  constructor(client: Client, events: EventRecorder, claims: Informer<PersistentVolumeClaim>) {
    this.#client = client
    this.#events = events
    this.#claims = claims
  }

  async act(set: StatefulSet, action: Action): Promise<void> {
    switch (action.type) {
      case 'create':
        return this.#create(set, action)
      case 'delete':
        return this.#told('delete', set, action.pod, this.#client.deleteObject(action.pod))
      case 'claims':
        await this.#createClaims(set, action)
        return this.#setOwners(set, action)
      case 'repair':
        return this.#repair(set, action)
    }
  }

  /** Claims come before the pod that mounts them. */
  async #create(set: StatefulSet, { pod, ordinal }: { pod: Pod; ordinal: number }): Promise<void> {
    try {
      await this.#createClaims(set, { pod, ordinal })
      const created = await this.#client.create(pod)
      await this.#setOwners(set, { pod: created, ordinal })
    } catch (error) {
      if (!isAlreadyExists(error)) await this.#tell('create', set, { pod, failure: error as Error })
      throw error
    }
    await this.#tell('create', set, { pod })
  }

  async #repair(set: StatefulSet, { pod, ordinal }: { pod: Pod; ordinal: number }): Promise<void> {
    await this.#setOwners(set, { pod, ordinal })
    const repaired = withIdentity(set, pod, ordinal)
    if (repaired === pod) return
    await this.#createClaims(set, { pod, ordinal })
    await this.#told('update', set, pod, this.#client.update(repaired))
  }

  async #createClaims(set: StatefulSet, { pod, ordinal }: { pod: Pod; ordinal: number }): Promise<void> {
    const failures: string[] = []
    for (const claim of claimsOf(set, ordinal)) {
      const { name } = claim.metadata
      const present = this.#claims.get(keyOf(claim))
      if (present?.metadata.deletionTimestamp !== undefined) failures.push(`pvc ${name} is being deleted`)
      if (present !== undefined) continue
      try {
        await this.#client.create(claim)
        await this.#tellClaim(set, pod, { name })
      } catch (error) {
        const failure = error as Error
        failures.push(`failed to create PVC ${name}: ${failure.message}`)
        if (!isAlreadyExists(error)) await this.#tellClaim(set, pod, { name, failure })
      }
    }
    if (failures.length > 0) throw new Error(failures.length === 1 ? failures[0] : `[${failures.join(', ')}]`)
  }

  async #setOwners(set: StatefulSet, { pod, ordinal }: { pod: Pod; ordinal: number }): Promise<void> {
    for (const { metadata } of claimsOf(set, ordinal)) {
      const claim = this.#claims.get({ namespace: metadata.namespace, name: metadata.name })
      if (claim === undefined || hasRightOwners(claim, set, pod)) continue
      const ownerReferences = claimOwners(claim, set, pod)
      const change = {
        resourceVersion: claim.metadata.resourceVersion,
        ownerReferences: ownerReferences.length === 0 ? null : ownerReferences,
      }
      await this.#client.mergePatch(PersistentVolumeClaim, keyOf(claim), { metadata: change })
    }
  }

  async #told(verb: 'delete' | 'update', set: StatefulSet, pod: Pod, write: Promise<unknown>): Promise<void> {
    try {
      await write
    } catch (error) {
      // Somebody wrote first: the next round sees what, and decides again.
      if (!isConflict(error)) await this.#tell(verb, set, { pod, failure: error as Error })
      throw error
    }
    await this.#tell(verb, set, { pod })
  }

  #tell(verb: string, set: StatefulSet, { pod, failure }: { pod: Pod; failure?: Error }): Promise<void> {
    const what = `${verb} Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`
    return this.#record(set, verb, { success: `${what} successful`, failed: what, failure })
  }

  #tellClaim(set: StatefulSet, pod: Pod, { name, failure }: { name: string; failure?: Error }): Promise<void> {
    const where = `Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`
    const success = `create Claim ${name} ${where} success`
    return this.#record(set, 'create', { success, failed: `create Claim ${name} for ${where}`, failure })
  }

  #record(
    set: StatefulSet,
    verb: string,
    { success, failed, failure }: { success: string; failed: string; failure: Error | undefined },
  ): Promise<void> {
    const what = verb.charAt(0).toUpperCase() + verb.slice(1)
    if (failure === undefined) {
      return this.#events.record(set, { type: 'Normal', reason: `Successful${what}`, message: success })
    }
    const message = `${failed} failed error: ${failure.message}`
    return this.#events.record(set, { type: 'Warning', reason: `Failed${what}`, message })
  }
}
