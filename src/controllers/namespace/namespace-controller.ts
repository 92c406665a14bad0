import { type Kind, storageKindOf, VERBS, type Verb } from '../../api/kind.ts'
import { Namespace } from '../../api/kinds/core/namespace.ts'
import { isTerminal } from '../../api/kinds/pod-spec/pod-state.ts'
import type { ApiObject, Key } from '../../api/object.ts'
import type { NamespaceCondition, Pod } from '../../api/types.generated.ts'
import { StatusError } from '../../api/errors.ts'
import { type Client, isConflict, isNotFound } from '../../client/client.ts'
import {
  type Controller,
  type ControllerContext,
  DONE,
  type Outcome,
  requeueAfter,
  type Source,
  watches,
} from '../../client/controller.ts'
import { type Clock, printTime } from '../../world/clock.ts'
import { type Attempt, conditionsOf, type Remaining } from './conditions.ts'

const FINALIZER = 'kubernetes'
/** How soon after something has gone the namespace is looked at again: many things go together. */
const GONE_MS = 100
/** How long finalizers are expected to take (pkg/controller/namespace/deletion finalizerEstimateSeconds). */
const FINALIZER_SECONDS = 15
/** How soon after a failure the deletion is tried again. */
const RETRY_MS = 5_000
/** Kinds that nothing holds back, and that come in large numbers: nobody waits for them. */
const UNWATCHED = new Set(['/events', 'events.k8s.io/events'])

/**
 * Empties a namespace that is to be deleted, pods first, and lets it go when nothing is left in it
 * (k8s.io/kubernetes pkg/controller/namespace/deletion).
 */
export class NamespaceController implements Controller {
  readonly name = 'namespace'
  readonly sources: readonly Source[] = [watches(Namespace)]
  readonly #client: Client
  readonly #clock: Clock
  /** Namespaces on their way out: what goes from them brings their end nearer. */
  readonly #emptying = new Set<string>()

  constructor(client: Client, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  async start({ informers, enqueue, signal }: ControllerContext): Promise<void> {
    const followed = new Set(UNWATCHED)
    const follow = (kind: Kind): void => {
      const resource = `${kind.group}/${kind.plural}`
      if (!isContent(kind) || !serves(kind, 'watch') || followed.has(resource)) return
      // A definition that changes adds its kind anew.
      followed.add(resource)
      informers.of(kind).handle({
        deleted: ({ metadata: { namespace = '' } }) => {
          if (this.#emptying.has(namespace)) enqueue(namespace, GONE_MS)
        },
      })
    }
    for (const kind of this.#client.scheme.kinds()) follow(kind)
    const off = this.#client.scheme.onChange(({ type, kind }) => {
      if (type === 'added') follow(kind)
    })
    signal.addEventListener('abort', off, { once: true })
    await informers.synced()
  }

  async reconcile(key: Key): Promise<Outcome> {
    const namespace = await this.#client.get(Namespace, key)
    const isHeld = namespace?.spec.finalizers?.includes(FINALIZER) === true
    if (namespace?.metadata.deletionTimestamp === undefined || !isHeld) {
      this.#emptying.delete(key.name)
      return DONE
    }
    this.#emptying.add(key.name)
    try {
      return await this.#empty(namespace)
    } catch (error) {
      if (isNotFound(error)) return DONE
      // The namespace was written meanwhile: what is true now is seen on the next look.
      if (isConflict(error)) return requeueAfter(GONE_MS)
      throw error
    }
  }

  async #empty(namespace: Namespace): Promise<Outcome> {
    const { name } = namespace.metadata
    const kinds = this.#client.scheme.kinds().filter(isContent)
    const deletedMs = Date.parse(namespace.metadata.deletionTimestamp ?? '')
    const elapsedSeconds = (this.#clock.now() - deletedMs) / 1_000
    const pods = await this.#clear(kinds.filter(isPods), name, elapsedSeconds)
    // Pods may need what else is there to end in good order: that stays until they are gone.
    const rest = pods.remaining.length > 0 ? NOTHING : await this.#clear(kinds.filter(isNotPods), name, elapsedSeconds)
    const attempt = {
      remaining: [...pods.remaining, ...rest.remaining],
      failures: [...pods.failures, ...rest.failures],
    }
    const now = printTime(this.#clock.now())
    const noted = await this.#note(namespace, conditionsOf(namespace.status?.conditions ?? [], attempt, now))
    if (attempt.failures.length > 0) return requeueAfter(RETRY_MS)
    const seconds = Math.max(pods.seconds, rest.seconds)
    if (attempt.remaining.length > 0) return requeueAfter((Math.floor(seconds / 2) + 1) * 1_000)
    const finalizers = (noted.spec.finalizers ?? []).filter((one) => one !== FINALIZER)
    await this.#client.update({ ...noted, spec: { ...noted.spec, finalizers } }, { subresource: 'finalize' })
    this.#emptying.delete(name)
    return DONE
  }

  /** Starts the deletion of all there is of these kinds; tells what is still there, and for how long probably. */
  async #clear(kinds: readonly Kind[], namespace: string, elapsedSeconds: number): Promise<Attempt & Estimate> {
    const remaining: Remaining[] = []
    const failures: string[] = []
    let seconds = 0
    for (const kind of kinds) {
      const items = await this.#list(kind, namespace)
      if (items.length === 0) continue
      const grace = isPods(kind) ? graceOf(items as readonly ApiObject[] as readonly Pod[]) : 0
      const failure = await this.#delete(kind, namespace, items)
      const left = await this.#list(kind, namespace)
      if (failure !== undefined) failures.push(failure)
      if (left.length === 0) continue
      const one = remainingOf(kind, left)
      remaining.push(one)
      const isHeld = one.finalizers.size > 0
      if (grace > elapsedSeconds) seconds = Math.max(seconds, grace)
      else if (isHeld) seconds = Math.max(seconds, FINALIZER_SECONDS)
      else if (failure === undefined) failures.push(unexpected(kind, namespace))
    }
    return { remaining, failures, seconds }
  }

  /** Why not everything could be deleted, if so. */
  async #delete(kind: Kind, namespace: string, items: readonly ApiObject[]): Promise<string | undefined> {
    const doomed = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    if (doomed.length === 0) return undefined
    try {
      if (serves(kind, 'deletecollection')) {
        await this.#client.deleteCollection(kind, { namespace, propagationPolicy: 'Background' })
        return undefined
      }
      for (const item of doomed) await this.#client.deleteObject(item, { propagationPolicy: 'Background' })
      return undefined
    } catch (error) {
      if (error instanceof StatusError) return error.message
      throw error
    }
  }

  async #list(kind: Kind, namespace: string): Promise<readonly ApiObject[]> {
    return (await this.#client.list(kind, { namespace })).items
  }

  async #note(namespace: Namespace, conditions: readonly NamespaceCondition[]): Promise<Namespace> {
    if (conditions === namespace.status?.conditions) return namespace
    return this.#client.updateStatus(namespace, { ...namespace.status, conditions })
  }
}

interface Estimate {
  readonly seconds: number
}

const NOTHING: Attempt & Estimate = { remaining: [], failures: [], seconds: 0 }

function isPods({ group, plural }: Kind): boolean {
  return group === '' && plural === 'pods'
}

function isNotPods(kind: Kind): boolean {
  return !isPods(kind)
}

/** One version of each kind that can be in a namespace, and deleted. */
function isContent(kind: Kind): boolean {
  return kind.namespaced && storageKindOf(kind) === kind && serves(kind, 'list') && serves(kind, 'delete')
}

function serves(kind: Kind, verb: Verb): boolean {
  return (kind.verbs ?? VERBS).includes(verb)
}

/** How long the pods that have not ended may take to do so. */
function graceOf(pods: readonly Pod[]): number {
  const graces = pods.filter((pod) => !isTerminal(pod)).map(({ spec }) => spec.terminationGracePeriodSeconds ?? 0)
  return graces.reduce((longest, grace) => Math.max(longest, grace), 0)
}

function remainingOf(kind: Kind, objects: readonly ApiObject[]): Remaining {
  const finalizers = new Map<string, number>()
  for (const finalizer of objects.flatMap(({ metadata }) => metadata.finalizers ?? [])) {
    finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1)
  }
  return { kind, count: objects.length, finalizers }
}

function unexpected({ group, version, plural }: Kind, namespace: string): string {
  return `unexpected items still remain in namespace: ${namespace} for gvr: ${group}/${version}, Resource=${plural}`
}
