import { assert, AssertionError } from '../base/assert.ts'
import type { Kind } from '../api/kind.ts'
import { type ApiObject, controllerOf, type Key, keyOf, parseKey, printKey } from '../api/object.ts'
import type { Clock } from '../world/clock.ts'
import type { Client } from './client.ts'
import type { Informers } from './informers.ts'
import { type QueueObserver, WorkQueue } from './work-queue.ts'

/** How many keys of one controller are worked on at the same time, unless it says otherwise. */
const WORKERS = 5

/** What a reconcile leaves to be done: nothing, or a look again after `requeueAfterMs`. */
export interface Outcome {
  readonly requeueAfterMs?: number
}

export const DONE: Outcome = {}

export function requeueAfter(delayMs: number): Outcome {
  return { requeueAfterMs: delayMs }
}

/** Objects whose changes lead to a key of the controller. */
export interface Source {
  readonly kind: Kind
  /**
   * The keys that want attention after this object changed. `old` is set when it changed, not when it came or went.
   * Asked of every change of every object of the kind.
   */
  keys(object: ApiObject, old?: ApiObject): Iterable<string>
}

/**
 * A loop that drives the cluster toward what objects ask for. Level-triggered: `reconcile` is told which key to look
 * at, never what happened to it. One that throws is tried again with growing delay.
 */
export interface Controller {
  readonly name: string
  readonly sources: readonly Source[]
  readonly workers?: number
  /** Called once, after the informers have their first state and before the first reconcile. */
  start?(context: ControllerContext): void | Promise<void>
  reconcile(key: Key): Promise<Outcome>
}

export interface ControllerContext {
  readonly client: Client
  readonly informers: Informers
  readonly clock: Clock
  /** Adds a key by hand, for what no object's change announces. */
  enqueue(key: string, delayMs?: number): void
  readonly signal: AbortSignal
}

/** Changes of the kind itself lead to its own key. */
export function watches(kind: Kind): Source {
  return { kind, keys: (object) => [printKey(keyOf(object))] }
}

/** Changes of what a `kind` controls lead to the key of that owner. */
export function owns(kind: Kind, owner: Kind): Source {
  return {
    kind,
    keys(object, old) {
      const now = ownerKey(object, owner)
      const before = old === undefined || hasSameOwners(old, object) ? undefined : ownerKey(old, owner)
      if (now === undefined) return before === undefined ? NO_KEYS : [before]
      return before === undefined || before === now ? [now] : [before, now]
    },
  }
}

const NO_KEYS: readonly string[] = []

function hasSameOwners(left: ApiObject, right: ApiObject): boolean {
  return left.metadata.ownerReferences === right.metadata.ownerReferences
}

function ownerKey(object: ApiObject, owner: Kind): string | undefined {
  const reference = controllerOf(object)
  if (reference === undefined || reference.kind !== owner.kind) return undefined
  if (!reference.apiVersion.startsWith(owner.group === '' ? owner.version : `${owner.group}/`)) return undefined
  return printKey({ namespace: owner.namespaced ? object.metadata.namespace : undefined, name: reference.name })
}

export interface RunOptions {
  readonly client: Client
  readonly informers: Informers
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Counts what goes through the controller's queue. */
  readonly observer?: QueueObserver
  /** Told of each reconcile that threw; it will be tried again. */
  onError(controller: string, key: string, error: Error): void
}

/** Runs a controller until `signal` aborts. Resolves when its workers have come to rest. */
export async function runController(controller: Controller, options: RunOptions): Promise<void> {
  const { informers, clock, signal } = options
  const queue = new WorkQueue(clock, options.observer)
  const enqueue = (key: string, delayMs = 0): void => queue.addAfter(key, delayMs)
  for (const { kind } of controller.sources) informers.of(kind)
  await informers.synced()
  if (signal.aborted) return
  await controller.start?.({ client: options.client, informers, clock, enqueue, signal })
  // Aborted meanwhile, the signal would not say so again.
  if (signal.aborted) return
  const detach = controller.sources.map((source) => attach(source, informers, queue))
  signal.addEventListener('abort', () => queue.close(), { once: true })
  const workers = Array.from({ length: controller.workers ?? WORKERS }, () => work(controller, queue, options))
  await Promise.all(workers)
  for (const off of detach) off()
}

function attach(source: Source, informers: Informers, queue: WorkQueue): () => void {
  const add = (object: ApiObject, old?: ApiObject): void => {
    for (const key of source.keys(object, old)) queue.add(key)
  }
  return informers
    .of(source.kind)
    .handle({ added: (object) => add(object), updated: add, deleted: (object) => add(object) })
}

async function work(controller: Controller, queue: WorkQueue, options: RunOptions): Promise<void> {
  for (;;) {
    const key = await queue.take()
    if (key === undefined) return
    try {
      const outcome = await controller.reconcile(parseKey(key))
      queue.forget(key)
      if (outcome.requeueAfterMs !== undefined) queue.addAfter(key, outcome.requeueAfterMs)
    } catch (error) {
      assert(error instanceof Error, `${controller.name} threw something that is no error`)
      if (error instanceof AssertionError) throw error
      options.onError(controller.name, key, error)
      queue.retry(key)
    } finally {
      queue.done(key)
    }
  }
}
