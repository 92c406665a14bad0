import type { Client } from '../../../client/client.ts'
import type { Clock, Timer } from '../../../world/clock.ts'
import type { Pod, Volume } from '../../../api/types.generated.ts'
import type { RunRequest } from '../../runtime.ts'
import type { FieldContext } from '../../volumes/downward-api.ts'
import type { Files } from '../../volumes/payload.ts'
import type { References, Waiter } from '../../volumes/references.ts'
import { accountTokens } from './account-tokens.ts'
import { ContainerDisk, type Mount } from './container-disk.ts'
import { mountsOf, type MountSources, sameFiles } from './mounted-files.ts'
import type { VolumeStore } from './volume-store.ts'

/** How often a kubelet looks after the volumes of a pod: kubernetes/kubernetes pkg/kubelet/apis/config/v1beta1/defaults.go, syncFrequency. */
const SYNC_MS = 60_000

export interface MountDeps {
  readonly client: Client
  readonly clock: Clock
  readonly references: References
  readonly volumes: VolumeStore
  /** What is known of the pod of a run now. */
  fields(request: RunRequest): FieldContext
  readonly onError: (error: unknown) => void
}

/**
 * The volumes of one run. What changes in the API is seen in the files up to a minute later, at the next time that a kubelet
 * would look; tokens are renewed before they end.
 */
export class ContainerMounts implements Waiter {
  readonly #deps: MountDeps
  readonly #request: RunRequest
  readonly #listeners = new Set<() => void>()
  readonly #tokens = new Map<string, { readonly files: Files; readonly renewAtMs: number }>()
  #mounts: readonly Mount[] = []
  #disk: ContainerDisk | undefined
  #openedAtMs = 0
  #sync: Timer | undefined
  #renewal: Timer | undefined
  #isEnded = false

  constructor(deps: MountDeps, request: RunRequest) {
    this.#deps = deps
    this.#request = request
  }

  async open(): Promise<ContainerDisk> {
    this.#openedAtMs = this.#deps.clock.now()
    this.#mounts = await this.#read()
    const disk = new ContainerDisk(this.#mounts)
    await disk.prepare()
    this.#disk = disk
    if (this.#isEnded) await disk.end()
    else this.#await()
    return disk
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Something that the pod may refer to, or the pod itself, has changed. */
  referencesChanged(): void {
    if (this.#isEnded || this.#sync !== undefined) return
    const { clock } = this.#deps
    const sinceMs = clock.now() - this.#openedAtMs
    this.#sync = clock.schedule(SYNC_MS - (sinceMs % SYNC_MS), () => {
      this.#sync = undefined
      void this.#refresh()
    })
  }

  async end(): Promise<void> {
    this.#isEnded = true
    this.#sync?.cancel()
    this.#renewal?.cancel()
    this.#listeners.clear()
    this.#deps.references.forget(this.#namespace, this)
    await this.#disk?.end()
  }

  get #namespace(): string {
    return this.#request.pod.metadata.namespace ?? ''
  }

  #await(): void {
    this.#deps.references.whenChanged(this.#namespace, this)
    const renewAtMs = Math.min(...[...this.#tokens.values()].map((token) => token.renewAtMs))
    this.#renewal?.cancel()
    if (!Number.isFinite(renewAtMs)) return
    const { clock } = this.#deps
    this.#renewal = clock.schedule(Math.max(SYNC_MS, renewAtMs - clock.now()), () => void this.#refresh())
  }

  async #refresh(): Promise<void> {
    if (this.#isEnded) return
    try {
      const mounts = await this.#read()
      if (this.#isEnded || sameFiles(this.#mounts, mounts)) return
      this.#mounts = mounts
      this.#disk?.remount(mounts)
      for (const listener of Array.from(this.#listeners)) listener()
    } catch (error) {
      // The files stay as they were; the next change or renewal tries again.
      this.#deps.onError(error)
    } finally {
      if (!this.#isEnded) this.#await()
    }
  }

  #read(): Promise<readonly Mount[]> {
    const { references, volumes, fields } = this.#deps
    const request = this.#request
    const { pod } = fields(request)
    const sources: MountSources = {
      references,
      volumes,
      tokens: (volume) => this.#tokensOf(volume, pod),
      fields: () => fields(request),
      env: () => request.environment(),
    }
    return mountsOf({ pod, container: request.container }, sources, this.#mounts)
  }

  async #tokensOf(volume: Volume, pod: Pod): Promise<Files> {
    const { client, clock } = this.#deps
    const known = this.#tokens.get(volume.name)
    if (known !== undefined && clock.now() < known.renewAtMs) return known.files
    const { files, renewAfterSeconds } = await accountTokens(volume, pod, client)
    this.#tokens.set(volume.name, { files, renewAtMs: clock.now() + renewAfterSeconds * 1_000 })
    return files
  }
}
