import { Node } from '../../api/kinds/core/node.ts'
import { PersistentVolume } from '../../api/kinds/core/persistent-volume.ts'
import { PersistentVolumeClaim } from '../../api/kinds/core/persistent-volume-claim.ts'
import { StorageClass } from '../../api/kinds/storage/storage-class.ts'
import { type Key, keyOf, printKey } from '../../api/object.ts'
import { type Client, isAlreadyExists } from '../../client/client.ts'
import { type Controller, type ControllerContext, type Outcome, type Source } from '../../client/controller.ts'
import type { EventNote, EventRecorder } from '../../client/events.ts'
import type { Informers } from '../../client/informers.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { retryLostRace } from '../lost-race.ts'
import { driverOf, provisionedVolume, volumeNameFor } from './provisioners.ts'
import {
  annotation,
  classOfClaim,
  PROVISIONED_BY,
  PROVISIONER_FINALIZER,
  SELECTED_NODE,
  STORAGE_PROVISIONER,
} from './volume-annotations.ts'

/** Recorders that are kept: one a provisioner, and a cluster has few of them. */
const RECORDERS_MAX = 100

/**
 * Stands for every provisioner that a class may name: makes the volumes that the binder asks for, and removes them when
 * they are released (the protocol of kubernetes-sigs/sig-storage-lib-external-provisioner). Keys with a namespace are
 * claims, those without volumes.
 */
export class VolumeProvisioner implements Controller {
  readonly name = 'volume-provisioner'
  readonly sources: readonly Source[] = [
    { kind: PersistentVolumeClaim, keys: (claim) => (isAsked(claim as PersistentVolumeClaim) ? [keyText(claim)] : []) },
    { kind: PersistentVolume, keys: (volume) => (isLeft(volume as PersistentVolume) ? [keyText(volume)] : []) },
  ]
  readonly #client: Client
  readonly #informers: Informers
  readonly #options: ClusterOptions
  readonly #recorders = new Map<string, EventRecorder>()

  constructor(options: ClusterOptions) {
    this.#client = options.client
    this.#informers = options.informers
    this.#options = options
  }

  async start({ informers }: ControllerContext): Promise<void> {
    informers.of(StorageClass)
    informers.of(Node)
    await informers.synced()
  }

  async reconcile(key: Key): Promise<Outcome> {
    return retryLostRace(() => (key.namespace === undefined ? this.#remove(key) : this.#provision(key)))
  }

  async #provision(key: Key): Promise<void> {
    const claim = this.#informers.of(PersistentVolumeClaim).get(key)
    if (claim === undefined || !isAsked(claim)) return
    const storageClass = this.#informers.of(StorageClass).get({ name: classOfClaim(claim) })
    const driver = annotation(claim, STORAGE_PROVISIONER)
    if (storageClass === undefined || driverOf(storageClass.provisioner) !== driver) return
    const nodeName = annotation(claim, SELECTED_NODE)
    const isDelayed = storageClass.volumeBindingMode === 'WaitForFirstConsumer'
    if (isDelayed && (nodeName ?? '') === '') return
    const name = volumeNameFor(claim)
    if (this.#informers.of(PersistentVolume).get({ name }) !== undefined) return
    const node = nodeName === undefined ? undefined : this.#informers.of(Node).get({ name: nodeName })
    if (isDelayed && node === undefined) return this.#reschedule(claim, nodeName ?? '')
    const what = `External provisioner is provisioning volume for claim ${JSON.stringify(printKey(key))}`
    await this.#tell(claim, driver, { type: 'Normal', reason: 'Provisioning', message: what })
    try {
      await this.#client.create(provisionedVolume(claim, storageClass, node))
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
    const message = `Successfully provisioned volume ${name}`
    await this.#tell(claim, driver, { type: 'Normal', reason: 'ProvisioningSucceeded', message })
  }

  /** The node that the scheduler chose is gone: it has to choose again. */
  async #reschedule(claim: PersistentVolumeClaim, nodeName: string): Promise<void> {
    const message = `failed to get target node: node ${JSON.stringify(nodeName)} not found`
    await this.#tell(claim, annotation(claim, STORAGE_PROVISIONER) ?? '', {
      type: 'Warning',
      reason: 'ProvisioningFailed',
      message,
    })
    const { [SELECTED_NODE]: _, ...annotations } = claim.metadata.annotations ?? {}
    await this.#client.update({ ...claim, metadata: { ...claim.metadata, annotations } })
  }

  async #remove(key: Key): Promise<void> {
    const volume = this.#informers.of(PersistentVolume).get(key)
    if (volume === undefined || !isLeft(volume)) return
    const finalizers = volume.metadata.finalizers ?? []
    const kept = finalizers.filter((one) => one !== PROVISIONER_FINALIZER)
    if (volume.metadata.deletionTimestamp === undefined) await this.#client.deleteObject(volume)
    if (kept.length === finalizers.length) return
    await this.#client.mergePatch(PersistentVolume, keyOf(volume), { metadata: { finalizers: kept } })
  }

  async #tell(claim: PersistentVolumeClaim, provisioner: string, note: EventNote): Promise<void> {
    let recorder = this.#recorders.get(provisioner)
    if (recorder === undefined) {
      recorder = this.#options.events(`${provisioner}_dabba`)
      if (this.#recorders.size >= RECORDERS_MAX) this.#recorders.clear()
      this.#recorders.set(provisioner, recorder)
    }
    await recorder.record(claim, note)
  }
}

function keyText(object: { readonly metadata: Key }): string {
  return printKey(object.metadata)
}

function isAsked(claim: PersistentVolumeClaim): boolean {
  return (
    (claim.spec.volumeName ?? '') === '' &&
    annotation(claim, STORAGE_PROVISIONER) !== undefined &&
    claim.metadata.deletionTimestamp === undefined
  )
}

/** Whether a volume that was provisioned has served its time. */
function isLeft(volume: PersistentVolume): boolean {
  if (volume.status?.phase !== 'Released' || annotation(volume, PROVISIONED_BY) === undefined) return false
  if (volume.spec.persistentVolumeReclaimPolicy !== 'Delete') return false
  const isGoing = volume.metadata.deletionTimestamp !== undefined
  return !isGoing || (volume.metadata.finalizers ?? []).includes(PROVISIONER_FINALIZER)
}
