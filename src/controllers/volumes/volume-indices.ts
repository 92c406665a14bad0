import { PersistentVolume } from '../../api/kinds/core/persistent-volume.ts'
import { PersistentVolumeClaim } from '../../api/kinds/core/persistent-volume-claim.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { StorageClass } from '../../api/kinds/storage/storage-class.ts'
import { keyOf, printKey } from '../../api/object.ts'
import type { ObjectReference } from '../../api/types.generated.ts'
import type { Informers } from '../../client/informers.ts'
import { annotation, BIND_COMPLETED, classOfClaim, classOfVolume } from './volume-annotations.ts'

const NONE: readonly string[] = []

/**
 * What volumes, claims and pods have to do with each other, looked up instead of searched for.
 *
 *   volumes:  by the claim that they name, and the free ones by class
 *   claims:   by the volume that they name, and the pending ones by class
 *   pods:     by the claims that they use
 */
export class VolumeIndices {
  readonly #informers: Informers

  constructor(informers: Informers) {
    this.#informers = informers
  }

  start(): void {
    const volumes = this.#informers.of(PersistentVolume)
    volumes.addIndex('volumes-by-claim', ({ spec }) => (spec.claimRef === undefined ? NONE : [refKey(spec.claimRef)]))
    volumes.addIndex('volumes-free', (volume) => (volume.spec.claimRef === undefined ? [classOfVolume(volume)] : NONE))
    const claims = this.#informers.of(PersistentVolumeClaim)
    claims.addIndex('claims-by-volume', ({ spec: { volumeName = '' } }) => (volumeName === '' ? NONE : [volumeName]))
    claims.addIndex('claims-pending', (claim) => (isPending(claim) ? [classOfClaim(claim)] : NONE))
    addPodsByClaim(this.#informers)
    this.#informers.of(StorageClass)
  }

  volumesNaming(claim: PersistentVolumeClaim): readonly PersistentVolume[] {
    return this.#informers.of(PersistentVolume).byIndex('volumes-by-claim', printKey(keyOf(claim)))
  }

  freeVolumes(storageClass: string): readonly PersistentVolume[] {
    return this.#informers.of(PersistentVolume).byIndex('volumes-free', storageClass)
  }

  claimsNaming(volumeName: string): readonly PersistentVolumeClaim[] {
    return this.#informers.of(PersistentVolumeClaim).byIndex('claims-by-volume', volumeName)
  }

  pendingClaims(storageClass: string): readonly PersistentVolumeClaim[] {
    return this.#informers.of(PersistentVolumeClaim).byIndex('claims-pending', storageClass)
  }

  /** The newest of the classes that are marked as the default one. */
  defaultClass(): StorageClass | undefined {
    const [newest] = [...this.#informers.of(StorageClass).values()].filter(isDefault).toSorted(newestFirst)
    return newest
  }
}

/** Declares the index of pods by the claims that they use, which the protection of claims uses too. */
export function addPodsByClaim(informers: Informers): void {
  informers.of(Pod).addIndex('pods-by-claim', (pod) => claimKeys(pod))
}

export function podsUsing(informers: Informers, claim: PersistentVolumeClaim): readonly Pod[] {
  return informers.of(Pod).byIndex('pods-by-claim', printKey(keyOf(claim)))
}

/** Keys of the claims that a pod uses; an ephemeral volume's claim is named after pod and volume. */
export function claimKeys({ metadata: { namespace, name }, spec }: Pod): readonly string[] {
  let keys: string[] | undefined
  for (const volume of spec.volumes ?? []) {
    const claim =
      volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral === undefined ? undefined : `${name}-${volume.name}`)
    if (claim !== undefined) (keys ??= []).push(printKey({ namespace, name: claim }))
  }
  return keys ?? NONE
}

export function refKey({ namespace, name = '' }: ObjectReference): string {
  return printKey({ namespace, name })
}

function isPending(claim: PersistentVolumeClaim): boolean {
  return annotation(claim, BIND_COMPLETED) === undefined && (claim.spec.volumeName ?? '') === ''
}

function isDefault(one: StorageClass): boolean {
  const isSet = (name: string): boolean => annotation(one, name) === 'true'
  return (
    isSet('storageclass.kubernetes.io/is-default-class') || isSet('storageclass.beta.kubernetes.io/is-default-class')
  )
}

function newestFirst(a: StorageClass, b: StorageClass): number {
  const byAge = (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '')
  return byAge === 0 ? (a.metadata.name < b.metadata.name ? -1 : 1) : byAge
}
