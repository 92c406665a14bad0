import { PersistentVolume } from '../../api/kinds/core/persistent-volume.ts'
import { PersistentVolumeClaim } from '../../api/kinds/core/persistent-volume-claim.ts'
import { StorageClass } from '../../api/kinds/storage/storage-class.ts'
import { type ApiObject, type Key, keyOf, parseKey, printKey } from '../../api/object.ts'
import type { Client } from '../../client/client.ts'
import { type Controller, type ControllerContext, type Outcome, type Source } from '../../client/controller.ts'
import type { EventNote, EventRecorder } from '../../client/events.ts'
import type { Informers } from '../../client/informers.ts'
import { type Clock, printTime } from '../../world/clock.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { retryLostRace } from '../lost-race.ts'
import { isSetAsideFor, matchVolume, mismatch } from './match-volume.ts'
import { boundClaim, boundVolume, claimStatus, type ClaimSurroundings, planClaim } from './plan-claim.ts'
import { planReclaim, planVolume, unboundVolume } from './plan-volume.ts'
import { driverOf } from './provisioners.ts'
import {
  annotation,
  BETA_STORAGE_PROVISIONER,
  classOfClaim,
  classOfVolume,
  STORAGE_PROVISIONER,
  withAnnotations,
} from './volume-annotations.ts'
import { podsUsing, refKey, VolumeIndices } from './volume-indices.ts'

const NO_PROVISIONER = 'kubernetes.io/no-provisioner'

/**
 * Joins claims with volumes, asks provisioners for volumes that are missing, and reclaims what claims leave behind
 * (k8s.io/kubernetes pkg/controller/volume/persistentvolume). Keys with a namespace are claims, those without volumes.
 *
 * One worker: no two claims ever choose the same volume.
 */
export class VolumeBinder implements Controller {
  readonly name = 'persistentvolume-binder'
  readonly workers = 1
  readonly sources: readonly Source[]
  readonly #client: Client
  readonly #informers: Informers
  readonly #clock: Clock
  readonly #events: EventRecorder
  readonly #indices: VolumeIndices
  readonly #around: ClaimSurroundings
  #enqueue: ControllerContext['enqueue'] = () => {}

  constructor({ client, informers, clock, events }: ClusterOptions) {
    this.#client = client
    this.#informers = informers
    this.#clock = clock
    this.#events = events('persistentvolume-controller')
    this.#indices = new VolumeIndices(informers)
    this.#around = this.#surroundings()
    this.sources = [
      { kind: PersistentVolumeClaim, keys: (claim, old) => this.#keysOfClaim(claim, old) },
      { kind: PersistentVolume, keys: (volume, old) => this.#keysOfVolume(volume, old) },
      { kind: StorageClass, keys: ({ metadata }) => this.#keysOfClass(metadata.name) },
    ]
  }

  async start({ enqueue, informers }: ControllerContext): Promise<void> {
    this.#enqueue = enqueue
    this.#indices.start()
    await informers.synced()
  }

  async reconcile(key: Key): Promise<Outcome> {
    return retryLostRace(() => (key.namespace === undefined ? this.#reconcileVolume(key) : this.#reconcileClaim(key)))
  }

  async #reconcileClaim(key: Key): Promise<void> {
    const claim = this.#informers.of(PersistentVolumeClaim).get(key)
    if (claim === undefined) return
    const plan = planClaim(claim, this.#around)
    switch (plan.do) {
      case 'bind':
        return this.#bind(claim, plan.volume)
      case 'assign-class':
        await this.#client.update({ ...claim, spec: { ...claim.spec, storageClassName: plan.name } })
        return
      case 'wait':
        if (plan.note !== undefined) await this.#events.record(claim, plan.note)
        await this.#setClaim(claim, 'Pending')
        return
      case 'lose':
        if (claim.status?.phase === 'Lost') return
        await this.#events.record(await this.#setClaim(claim, 'Lost'), plan.note)
        return
      case 'provision':
        return this.#askFor(claim, plan.storageClass)
    }
  }

  /** The volume first: a claim that says it is bound is. */
  async #bind(claim: PersistentVolumeClaim, volume: PersistentVolume): Promise<void> {
    const wanted = boundVolume(volume, claim)
    const taken = wanted === volume ? volume : await this.#client.update(wanted)
    const bound = await this.#setPhase(taken, 'Bound')
    const named = boundClaim(claim, bound)
    const saved = named === claim ? claim : await this.#client.update(named)
    await this.#setClaim(saved, 'Bound', bound)
  }

  /** Lets the provisioner of a class know that a volume is wanted. */
  async #askFor(claim: PersistentVolumeClaim, { provisioner }: StorageClass): Promise<void> {
    if (provisioner === NO_PROVISIONER) {
      const message = `no volume plugin matched name: ${provisioner}`
      await this.#events.record(claim, { type: 'Warning', reason: 'ProvisioningFailed', message })
      return
    }
    const driver = driverOf(provisioner)
    if (annotation(claim, STORAGE_PROVISIONER) === driver) return
    const asked = await this.#client.update(
      withAnnotations(claim, { [BETA_STORAGE_PROVISIONER]: driver, [STORAGE_PROVISIONER]: driver }),
    )
    const message = `Waiting for a volume to be created either by the external provisioner '${driver}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`
    await this.#events.record(asked, { type: 'Normal', reason: 'ExternalProvisioning', message })
  }

  async #setClaim(
    claim: PersistentVolumeClaim,
    phase: 'Pending' | 'Bound' | 'Lost',
    volume?: PersistentVolume,
  ): Promise<PersistentVolumeClaim> {
    const status = claimStatus(claim, phase, volume)
    return status === claim.status ? claim : this.#client.updateStatus(claim, status)
  }

  async #reconcileVolume(key: Key): Promise<void> {
    const volume = this.#informers.of(PersistentVolume).get(key)
    if (volume === undefined) return
    const claim = this.#claimOf(volume)
    const plan = planVolume(volume, claim)
    switch (plan.do) {
      case 'phase':
        await this.#setPhase(volume, plan.phase)
        return
      case 'look-at-claim':
        this.#enqueue(refKey(volume.spec.claimRef ?? {}))
        return
      case 'tell':
        await this.#events.record(volume, plan.onVolume)
        if (claim !== undefined) await this.#events.record(claim, plan.onClaim)
        return
      case 'unbind':
        return this.#unbind(volume)
      case 'release': {
        const isKnown = volume.status?.phase === 'Released' || volume.status?.phase === 'Failed'
        return this.#reclaim(isKnown ? volume : await this.#setPhase(volume, 'Released'))
      }
    }
  }

  async #reclaim(volume: PersistentVolume): Promise<void> {
    const plan = planReclaim(volume)
    switch (plan.do) {
      case 'nothing':
        return
      case 'delete':
        if (volume.metadata.deletionTimestamp === undefined) await this.#client.deleteObject(volume)
        return
      case 'recycle':
        await this.#events.record(volume, { type: 'Normal', reason: 'VolumeRecycled', message: 'Volume recycled' })
        return this.#unbind(volume)
      case 'fail':
        return this.#fail(volume, plan.note)
    }
  }

  async #fail(volume: PersistentVolume, note: EventNote): Promise<void> {
    if (volume.status?.phase === 'Failed') return
    await this.#events.record(await this.#setPhase(volume, 'Failed', note.message), note)
  }

  async #unbind(volume: PersistentVolume): Promise<void> {
    await this.#setPhase(await this.#client.update(unboundVolume(volume)), 'Available')
  }

  async #setPhase(
    volume: PersistentVolume,
    phase: 'Available' | 'Bound' | 'Released' | 'Failed',
    message?: string,
  ): Promise<PersistentVolume> {
    if (volume.status?.phase === phase) return volume
    const { message: _, ...status } = volume.status ?? {}
    return this.#client.updateStatus(volume, {
      ...status,
      phase,
      ...(message === undefined ? {} : { message }),
      lastPhaseTransitionTime: printTime(this.#clock.now()),
    })
  }

  /** The claim that a volume names, if it is still that one. */
  #claimOf({ spec: { claimRef } }: PersistentVolume): PersistentVolumeClaim | undefined {
    if (claimRef === undefined) return undefined
    const claim = this.#informers.of(PersistentVolumeClaim).get(parseKey(refKey(claimRef)))
    return claim?.metadata.uid === claimRef.uid ? claim : undefined
  }

  #surroundings(): ClaimSurroundings {
    const indices = this.#indices
    return {
      volume: (name) => this.#informers.of(PersistentVolume).get({ name }),
      storageClass: (name) => this.#informers.of(StorageClass).get({ name }),
      defaultClass: () => indices.defaultClass(),
      match(claim, isDelayed) {
        const own = matchVolume(claim, indices.volumesNaming(claim), { isDelayed })
        if (own !== undefined || isDelayed) return own
        return matchVolume(claim, indices.freeVolumes(classOfClaim(claim)), { isDelayed })
      },
      waitingPods: (claim) =>
        podsUsing(this.#informers, claim)
          .filter(({ spec, status }) => spec.nodeName === undefined && !isOver(status?.phase))
          .map(({ metadata }) => metadata.name)
          .toSorted(),
    }
  }

  *#keysOfClaim(object: ApiObject, old: ApiObject | undefined): Generator<string> {
    const claim = object as PersistentVolumeClaim
    yield printKey(keyOf(claim))
    const names = new Set([claim.spec.volumeName, (old as PersistentVolumeClaim | undefined)?.spec.volumeName])
    for (const name of names) if (name !== undefined && name !== '') yield name
    for (const { metadata } of this.#indices.volumesNaming(claim)) yield metadata.name
  }

  *#keysOfVolume(object: ApiObject, old: ApiObject | undefined): Generator<string> {
    const volume = object as PersistentVolume
    const { name } = volume.metadata
    yield name
    for (const { spec } of [volume, old as PersistentVolume | undefined].filter((one) => one !== undefined)) {
      if (spec.claimRef !== undefined) yield refKey(spec.claimRef)
    }
    for (const claim of this.#indices.claimsNaming(name)) yield printKey(keyOf(claim))
    if (volume.spec.claimRef !== undefined || volume.status?.phase !== 'Available') return
    // A volume has become free: whoever waits for one like it looks again.
    for (const claim of this.#indices.pendingClaims(classOfVolume(volume))) {
      if (mismatch(volume, claim) === undefined && !isSetAsideFor(volume, claim)) yield printKey(keyOf(claim))
    }
  }

  *#keysOfClass(name: string): Generator<string> {
    for (const claim of this.#indices.pendingClaims(name)) yield printKey(keyOf(claim))
    for (const claim of this.#indices.pendingClaims('')) yield printKey(keyOf(claim))
  }
}

function isOver(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed'
}
