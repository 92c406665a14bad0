import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types.generated.ts'

/**
 * Volumes and claims as they will be once the bindings that were decided on are written. Whatever the server says
 * later than the object that an assumption was made from overrules it.
 */
export class VolumeAssumptions {
  readonly #volumes = new Map<string, Assumed<PersistentVolume>>()
  readonly #claims = new Map<string, Assumed<PersistentVolumeClaim>>()

  assumeVolume(volume: PersistentVolume, from: PersistentVolume): void {
    this.#volumes.set(volume.metadata.name, { object: volume, from })
  }

  assumeClaim(claim: PersistentVolumeClaim, from: PersistentVolumeClaim): void {
    this.#claims.set(keyOf(claim), { object: claim, from })
  }

  forgetVolume(volume: PersistentVolume): void {
    this.#volumes.delete(volume.metadata.name)
  }

  forgetClaim(claim: PersistentVolumeClaim): void {
    this.#claims.delete(keyOf(claim))
  }

  volume(stored: PersistentVolume | undefined): PersistentVolume | undefined {
    return stored === undefined ? undefined : current(this.#volumes.get(stored.metadata.name), stored)
  }

  claim(stored: PersistentVolumeClaim | undefined): PersistentVolumeClaim | undefined {
    return stored === undefined ? undefined : current(this.#claims.get(keyOf(stored)), stored)
  }
}

interface Assumed<T> {
  readonly object: T
  readonly from: T
}

function current<T extends PersistentVolume | PersistentVolumeClaim>(assumed: Assumed<T> | undefined, stored: T): T {
  if (assumed === undefined) return stored
  return assumed.from.metadata.resourceVersion === stored.metadata.resourceVersion ? assumed.object : stored
}

function keyOf({ metadata }: PersistentVolumeClaim): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`
}
