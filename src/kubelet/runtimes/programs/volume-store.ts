import { PersistentVolumeClaim } from '../../../api/kinds/core/persistent-volume-claim.ts'
import { Pod } from '../../../api/kinds/core/pod.ts'
import type { Volume } from '../../../api/types.generated.ts'
import type { Informer } from '../../../client/informer.ts'
import type { Informers } from '../../../client/informers.ts'
import type { Disk } from '../../../world/disk.ts'
import { RehearsedDisk } from '../../../world/rehearsed-disk.ts'

/** A directory of a file system. */
export interface Directory {
  readonly disk: Disk
  /** Without a slash at its end; empty for the root. */
  readonly path: string
}

export interface VolumeStoreOptions {
  readonly informers: Informers
  /** Where volumes are kept, so that they outlive the process; in memory unless told. */
  readonly keep?: Directory
  /** Told of a directory that could not be removed with what it belonged to. */
  onError(error: unknown): void
}

/** The storage behind volumes: a claim's lasts as long as the claim, an emptyDir as long as its pod, a node's for good. */
export class VolumeStore {
  readonly #claims: Informer<PersistentVolumeClaim>
  readonly #keep: Directory | undefined
  readonly #onError: (error: unknown) => void
  readonly #inMemory = new Map<string, Directory>()

  constructor({ informers, keep, onError }: VolumeStoreOptions) {
    this.#keep = keep
    this.#onError = onError
    this.#claims = informers.of(PersistentVolumeClaim)
    this.#claims.handle({ deleted: ({ metadata }) => this.#drop(`claims/${metadata.uid ?? ''}`) })
    informers.of(Pod).handle({ deleted: ({ metadata }) => this.#drop(`pods/${metadata.uid ?? ''}`) })
  }

  async open(volume: Volume, { metadata, spec }: Pod): Promise<Directory> {
    const place = this.#placeOf(volume, {
      uid: metadata.uid ?? '',
      namespace: metadata.namespace ?? '',
      pod: metadata.name,
      node: spec.nodeName ?? '',
    })
    if (this.#keep !== undefined) {
      const path = `${this.#keep.path}/${place}`
      await this.#keep.disk.makeDirectory(path)
      return { disk: this.#keep.disk, path }
    }
    let directory = this.#inMemory.get(place)
    if (directory === undefined) this.#inMemory.set(place, (directory = { disk: new RehearsedDisk(), path: '' }))
    return directory
  }

  #placeOf(
    { name, persistentVolumeClaim, ephemeral, hostPath }: Volume,
    of: { readonly uid: string; readonly namespace: string; readonly pod: string; readonly node: string },
  ): string {
    if (hostPath !== undefined) return `nodes/${of.node}/${encodeURIComponent(hostPath.path)}`
    const claim = ephemeral === undefined ? persistentVolumeClaim?.claimName : `${of.pod}-${name}`
    const uid =
      claim === undefined ? undefined : this.#claims.get({ namespace: of.namespace, name: claim })?.metadata.uid
    return uid === undefined ? `pods/${of.uid}/${name}` : `claims/${uid}`
  }

  #drop(place: string): void {
    for (const key of Array.from(this.#inMemory.keys())) {
      if (key === place || key.startsWith(`${place}/`)) this.#inMemory.delete(key)
    }
    if (this.#keep !== undefined) this.#remove(this.#keep, place).catch(this.#onError)
  }

  async #remove({ disk, path }: Directory, place: string): Promise<void> {
    if (await disk.exists(`${path}/${place}`)) await disk.remove(`${path}/${place}`)
  }
}
