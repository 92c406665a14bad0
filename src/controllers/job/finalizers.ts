import { Pod } from '../../api/kinds/core/pod.ts'
import { keyOf } from '../../api/object.ts'
import { type Client, isNotFound } from '../../client/client.ts'
import type { Informer } from '../../client/informer.ts'
import { isTracked, TRACKING_FINALIZER } from './job-facts.ts'

/** Takes the tracking finalizer off a pod; nothing to do when the pod is gone. */
export async function untrack(client: Client, pod: Pod): Promise<void> {
  const rest = (pod.metadata.finalizers ?? []).filter((finalizer) => finalizer !== TRACKING_FINALIZER)
  const { uid, resourceVersion } = pod.metadata
  const metadata = { uid, resourceVersion, finalizers: rest.length === 0 ? null : rest }
  try {
    await client.mergePatch(Pod, keyOf(pod), { metadata })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

/** Pods whose finalizer was taken off while the informer still shows it: over HTTP it lags behind. */
export class Released {
  readonly #pods: Informer<Pod>
  readonly #uids = new Map<string, Pod>()

  constructor(pods: Informer<Pod>) {
    this.#pods = pods
  }

  add(pod: Pod): void {
    this.#uids.set(pod.metadata.uid ?? '', pod)
    this.has(pod)
  }

  has({ metadata }: Pod): boolean {
    const uid = metadata.uid ?? ''
    const released = this.#uids.get(uid)
    if (released === undefined) return false
    const present = this.#pods.get(keyOf(released))
    if (present !== undefined && present.metadata.uid === uid && isTracked(present)) return true
    this.#uids.delete(uid)
    return false
  }
}
