import { ReplicaSet } from '../../api/kinds/apps/replica-set.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { type ApiObject, controllerOf, type Key, printKey } from '../../api/object.ts'
import {
  type Controller,
  type ControllerContext,
  DONE,
  type Outcome,
  requeueAfter,
  type Source,
  watches,
} from '../../client/controller.ts'
import type { Kind } from '../../api/kind.ts'
import type { Informer } from '../../client/informer.ts'
import { candidatesOf, claim } from '../pods/claim.ts'
import { isNamespaceTerminating, PodControl } from '../pods/pod-control.ts'
import { podSource } from '../pods/pod-source.ts'
import { isActive, isTerminating, nextAvailabilityMs } from '../pods/pod-state.ts'
import { podFromTemplate } from '../pods/pod-template.ts'
import { forAll, slowStart } from '../pods/slow-start.ts'
import type { WorkloadDeps } from '../workload-deps.ts'
import { writeStatus } from '../write-status.ts'
import { Pace } from './pace.ts'
import { plan } from './plan.ts'
import { REPLICA_SETS, type Replicated, type ReplicatedKind, replicasOf } from './replicated.ts'
import { statusOf } from './status.ts'

interface Scaled {
  /** The first of what went wrong. */
  readonly failure: Error | undefined
  /** Whether the pods just written bring the next round, so that this one's counts need not be told. */
  readonly isOvertaken: boolean
}

const UNCHANGED: Scaled = { failure: undefined, isOvertaken: false }

/** Keeps as many pods as `spec.replicas` asks for: ReplicaSets, and ReplicationControllers by the same rules. */
export class ReplicaSetController implements Controller {
  readonly name: string
  readonly sources: readonly Source[]
  readonly #replicated: ReplicatedKind
  readonly #deps: WorkloadDeps
  readonly #pods: Informer<Pod>
  readonly #owners: Informer<Replicated>
  readonly #control: PodControl
  readonly #pace: Pace

  constructor(deps: WorkloadDeps, replicated: ReplicatedKind = REPLICA_SETS) {
    const { informers, client } = deps
    this.name = replicated.controllerName
    this.#replicated = replicated
    this.#deps = deps
    this.#pods = informers.of(Pod)
    this.#owners = informers.of(replicated.kind)
    this.#control = new PodControl(client, deps.events(replicated.component))
    this.#pace = new Pace(deps.clock)
    const { kind, selectorOf } = replicated
    const pods = podSource({ informers, owner: kind, selectorOf })
    this.sources = [
      this.#hurried(watches(kind as unknown as Kind), changesWish),
      this.#hurried(pods, (pod, old) => changesCount(pod as Pod, old as Pod)),
    ]
  }

  /** The same source; its keys are in a hurry where an object came, went, or changed in a way that `isUrgent`. */
  #hurried({ kind, keys }: Source, isUrgent: (object: ApiObject, old: ApiObject) => boolean): Source {
    const pace = this.#pace
    return {
      kind,
      keys(object, old) {
        const changed = keys(object, old)
        if (old === undefined || isUrgent(object, old)) for (const key of changed) pace.hurry(key)
        return changed
      },
    }
  }

  start({ informers }: ControllerContext): void {
    this.#deps.expectations.watch(informers)
  }

  async reconcile(key: Key): Promise<Outcome> {
    // What is under way comes to rest first: many events make one round.
    await this.#deps.clock.yield()
    const owner = this.#owners.get(key)
    if (owner === undefined) {
      this.#pace.forget(printKey(key))
      return DONE
    }
    const restMs = this.#pace.restMs(printKey(key), replicasOf(owner))
    if (restMs > 0) return requeueAfter(restMs)
    const { clock, client, expectations } = this.#deps
    const isUpToDate = expectations.isSatisfied(owner.metadata.uid ?? '')
    const candidates = candidatesOf(this.#pods, owner)
    const matches = this.#replicated.selectorOf(owner).matches
    const active = await claim(candidates.filter(isActive), { client, kind: Pod, owner, matches })
    const terminating = candidates.filter(
      (pod) => isTerminating(pod) && controllerOf(pod)?.uid === owner.metadata.uid && matches(pod.metadata.labels),
    ).length
    const mayScale = isUpToDate && owner.metadata.deletionTimestamp === undefined
    const { failure, isOvertaken } = mayScale ? await this.#scale(owner, active) : UNCHANGED
    const nowMs = clock.now()
    const status = statusOf(owner, { active, terminating, failure, nowMs })
    if (!isOvertaken) await writeStatus(owner, status, { client, informer: this.#owners })
    if (failure !== undefined) throw failure
    const nextMs = nextAvailabilityMs(active, { minReadySeconds: owner.spec.minReadySeconds ?? 0, nowMs })
    return nextMs === undefined ? DONE : requeueAfter(nextMs)
  }

  /** Creates or deletes pods. */
  async #scale(owner: Replicated, active: readonly Pod[]): Promise<Scaled> {
    const nowMs = this.#deps.clock.now()
    const replicas = replicasOf(owner)
    const related = active.length > replicas ? this.#related(owner) : []
    const { create, remove, isPartial } = plan(active, { replicas, related, nowMs })
    if (create === 0 && remove.length === 0) return UNCHANGED
    const failure = create > 0 ? await this.#create(owner, create) : await this.#remove(owner, remove)
    return { failure, isOvertaken: failure === undefined && !isPartial && owner.status?.conditions === undefined }
  }

  async #create(owner: Replicated, count: number): Promise<Error | undefined> {
    const { clock, expectations } = this.#deps
    const uid = owner.metadata.uid ?? ''
    const pod = podFromTemplate(owner, owner.spec.template)
    expectations.expectCreations(uid, count)
    const { successes, failure } = await slowStart(count, clock, () => this.#control.create(pod, owner))
    if (successes < count) expectations.lowerCreations(uid, count - successes)
    return isNamespaceTerminating(failure) ? undefined : failure
  }

  async #remove(owner: Replicated, pods: readonly Pod[]): Promise<Error | undefined> {
    const { clock, expectations } = this.#deps
    const uid = owner.metadata.uid ?? ''
    expectations.expectDeletions(uid, pods)
    return forAll(pods, clock, async (pod) => {
      let isSeen = false
      try {
        isSeen = await this.#control.delete(pod, owner)
      } finally {
        if (!isSeen) expectations.lowerDeletion(uid, pod)
      }
    })
  }

  /** Pods of all ReplicaSets of the same Deployment: they crowd nodes together. */
  #related(owner: Replicated): readonly Pod[] {
    const above = controllerOf(owner)
    if (above === undefined || owner.kind !== 'ReplicaSet') return this.#pods.ownedBy(owner.metadata.uid)
    const siblings = this.#deps.informers.of(ReplicaSet).ownedBy(above.uid)
    return siblings.flatMap(({ metadata }) => this.#pods.ownedBy(metadata.uid))
  }
}

/** Whether a change of an owner is one of what it wants, not of its status. */
function changesWish({ metadata }: ApiObject, old: ApiObject): boolean {
  return (
    metadata.generation !== old.metadata.generation || metadata.deletionTimestamp !== old.metadata.deletionTimestamp
  )
}

/** Whether a pod's owner has now one pod more or less than before. */
function changesCount(pod: Pod, old: Pod): boolean {
  return (
    isActive(pod) !== isActive(old) ||
    pod.metadata.labels !== old.metadata.labels ||
    pod.metadata.ownerReferences !== old.metadata.ownerReferences
  )
}
