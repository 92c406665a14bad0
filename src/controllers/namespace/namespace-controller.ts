import type { Kind } from '../../api/kind.ts'
import { storageKindOf, VERBS } from '../../api/kind.ts'
import { Namespace } from '../../api/kinds/core/namespace.ts'
import type { ApiObject, Key } from '../../api/object.ts'
import type { NamespaceCondition } from '../../api/types.generated.ts'
import type { Client } from '../../client/client.ts'
import { type Controller, DONE, type Outcome, requeueAfter, type Source, watches } from '../../client/controller.ts'
import { type Clock, printTime } from '../../world/clock.ts'
import { conditionsOf, type Remaining } from './conditions.ts'

const FINALIZER = 'kubernetes'
/** How long to wait before looking again at what is still on its way out. */
const RETRY_MS = 500

/**
 * Empties a namespace that is to be deleted, pods first, and lets it go when nothing is left in it
 * (k8s.io/kubernetes pkg/controller/namespace/deletion).
 */
export class NamespaceController implements Controller {
  readonly name = 'namespace'
  readonly sources: readonly Source[] = [watches(Namespace)]
  readonly #client: Client
  readonly #clock: Clock

  constructor(client: Client, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  async reconcile(key: Key): Promise<Outcome> {
    const namespace = await this.#client.get(Namespace, key)
    if (namespace === undefined || namespace.metadata.deletionTimestamp === undefined) return DONE
    if (!(namespace.spec.finalizers ?? []).includes(FINALIZER)) return DONE
    const remaining = await this.#empty(key.name)
    const conditions = conditionsOf(namespace.status?.conditions ?? [], remaining, printTime(this.#clock.now()))
    const noted = await this.#note(namespace, conditions)
    if (remaining.length > 0) return requeueAfter(RETRY_MS)
    const finalizers = (noted.spec.finalizers ?? []).filter((one) => one !== FINALIZER)
    await this.#client.update({ ...noted, spec: { ...noted.spec, finalizers } }, { subresource: 'finalize' })
    return DONE
  }

  /** Starts the deletion of all there is; returns what is still there. Other kinds wait until the pods are gone. */
  async #empty(namespace: string): Promise<readonly Remaining[]> {
    const kinds = namespacedKinds(this.#client.scheme.kinds())
    const pods = await this.#clear(kinds.filter(isPods), namespace)
    return pods.length > 0
      ? pods
      : this.#clear(
          kinds.filter((kind) => !isPods(kind)),
          namespace,
        )
  }

  async #clear(kinds: readonly Kind[], namespace: string): Promise<readonly Remaining[]> {
    const remaining: Remaining[] = []
    for (const kind of kinds) {
      const { items } = await this.#client.list(kind, { namespace })
      if (items.length === 0) continue
      if (items.some(({ metadata }) => metadata.deletionTimestamp === undefined)) {
        await this.#client.deleteCollection(kind, { namespace, propagationPolicy: 'Background' })
      }
      const left = (await this.#client.list(kind, { namespace })).items
      if (left.length > 0) remaining.push({ kind, objects: left as readonly ApiObject[] })
    }
    return remaining
  }

  async #note(namespace: Namespace, conditions: readonly NamespaceCondition[]): Promise<Namespace> {
    if (conditions === namespace.status?.conditions) return namespace
    return this.#client.updateStatus(namespace, { ...namespace.status, conditions })
  }
}

function isPods({ group, plural }: Kind): boolean {
  return group === '' && plural === 'pods'
}

/** One version of each kind that can be listed and deleted. */
function namespacedKinds(kinds: readonly Kind[]): readonly Kind[] {
  return kinds.filter(
    (kind) => kind.namespaced && storageKindOf(kind) === kind && (kind.verbs ?? VERBS).includes('deletecollection'),
  )
}
