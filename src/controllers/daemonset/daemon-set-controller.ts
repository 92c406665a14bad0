import { ControllerRevision } from '../../api/kinds/apps/controller-revision.ts'
import { DaemonSet } from '../../api/kinds/apps/daemon-set.ts'
import { Node } from '../../api/kinds/core/node.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import type { Kind } from '../../api/kind.ts'
import { type ApiObject, type Key, keyOf, printKey } from '../../api/object.ts'
import { matcherOfSelector } from '../../api/selectors/label-selector.ts'
import { isNotFound } from '../../client/client.ts'
import {
  type Controller,
  type ControllerContext,
  DONE,
  type Outcome,
  requeueAfter,
  type Source,
  watches,
} from '../../client/controller.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { Informer } from '../../client/informer.ts'
import { createRevision, isRevisionOf, listRevisions } from '../controllerrevision/history.ts'
import { candidatesOf, claim } from '../pods/claim.ts'
import { isNamespaceTerminating, PodControl } from '../pods/pod-control.ts'
import { podSource } from '../pods/pod-source.ts'
import { nextAvailabilityMs } from '../pods/pod-state.ts'
import { forAll, slowStart } from '../pods/slow-start.ts'
import type { WorkloadDeps } from '../workload-deps.ts'
import { writeStatus } from '../write-status.ts'
import { BackOff } from './back-off.ts'
import { daemonPods, HASH_LABEL } from './daemon-pod.ts'
import { eligibility } from './eligibility.ts'
import { type DaemonPlan, planNodes, planUpdate, podsByNode } from './plan.ts'
import { statusOf } from './status.ts'

/** How many pods one step creates or deletes at most (pkg/controller/daemon/daemon_controller.go). */
const BURST_MAX = 250
const HISTORY_LIMIT_DEFAULT = 10

interface History {
  readonly hash: string
  /** Revisions of earlier templates, oldest first. */
  readonly old: readonly ControllerRevision[]
  readonly collisionCount: number
}

/** Keeps one pod on every node that is fit for it. */
export class DaemonSetController implements Controller {
  readonly name = 'daemonset'
  readonly sources: readonly Source[]
  readonly #deps: WorkloadDeps
  readonly #sets: Informer<DaemonSet>
  readonly #pods: Informer<Pod>
  readonly #nodes: Informer<Node>
  readonly #revisions: Informer<ControllerRevision>
  readonly #events: EventRecorder
  readonly #control: PodControl
  readonly #failures = new BackOff()

  constructor(deps: WorkloadDeps) {
    const { client, informers } = deps
    this.#deps = deps
    this.#sets = informers.of(DaemonSet)
    this.#pods = informers.of(Pod)
    this.#nodes = informers.of(Node)
    this.#revisions = informers.of(ControllerRevision)
    this.#events = deps.events('daemonset-controller')
    this.#control = new PodControl(client, this.#events)
    const selectorOf = (set: DaemonSet) => matcherOfSelector(set.spec.selector)
    this.sources = [
      watches(DaemonSet as unknown as Kind),
      podSource({ informers, owner: DaemonSet, selectorOf }),
      { kind: Node as unknown as Kind, keys: (node, old) => this.#affected(node as Node, old as Node | undefined) },
    ]
  }

  start({ informers }: ControllerContext): void {
    this.#deps.expectations.watch(informers)
  }

  async reconcile(key: Key): Promise<Outcome> {
    // What is under way comes to rest first: many events make one round.
    await this.#deps.clock.yield()
    const set = this.#sets.get(key)
    if (set === undefined) return DONE
    if (selectsEverything(set)) {
      const message = 'This daemon set is selecting all pods. A non-empty selector is required.'
      await this.#events.record(set, { type: 'Warning', reason: 'SelectingAll', message })
      return DONE
    }
    if (set.metadata.deletionTimestamp !== undefined) return DONE
    const history = await this.#history(set)
    const waits: number[] = []
    const failure = this.#isUpToDate(set) ? await this.#act(set, history, waits) : undefined
    const nextMs = await this.#report(set, history)
    if (failure !== undefined) throw failure
    if (nextMs !== undefined) waits.push(nextMs)
    return waits.length === 0 ? DONE : requeueAfter(Math.min(...waits))
  }

  #isUpToDate({ metadata }: DaemonSet): boolean {
    return this.#deps.expectations.isSatisfied(metadata.uid ?? '')
  }

  /** First the right nodes, then, once that is seen to be done, the right revision. */
  async #act(set: DaemonSet, { hash, old }: History, waits: number[]): Promise<Error | undefined> {
    const failures: Pod[] = []
    const isHeldBack = (pod: Pod, nodeName: string): boolean => {
      const waitMs = pod.status?.phase === 'Failed' ? this.#waitMs(set, nodeName) : 0
      if (waitMs > 0) waits.push(waitMs)
      else failures.push(pod)
      return waitMs > 0
    }
    const observed = await this.#observe(set, hash)
    const failure = await this.#carryOut(set, hash, planNodes(set, { ...observed, isHeldBack }))
    for (const pod of failures) await this.#tellFinished(set, pod)
    if (failure !== undefined) return failure
    if (!this.#isUpToDate(set)) return undefined
    const isRolling = (set.spec.updateStrategy?.type ?? 'RollingUpdate') === 'RollingUpdate'
    const updated = isRolling
      ? await this.#carryOut(set, hash, planUpdate(set, await this.#observe(set, hash)))
      : undefined
    if (updated === undefined) await this.#truncate(set, old)
    return updated
  }

  #waitMs({ metadata }: DaemonSet, nodeName: string): number {
    const nowMs = this.#deps.clock.now()
    const entry = `${metadata.uid}/${metadata.generation}/${nodeName}`
    const waitMs = this.#failures.remainingMs(entry, nowMs)
    if (waitMs === 0) this.#failures.grow(entry, nowMs)
    return waitMs
  }

  async #tellFinished(set: DaemonSet, { metadata, spec, status }: Pod): Promise<void> {
    const where = `daemon pod ${metadata.namespace}/${metadata.name} on node ${spec.nodeName ?? ''}`
    await (status?.phase === 'Failed'
      ? this.#events.record(set, {
          type: 'Warning',
          reason: 'FailedDaemonPod',
          message: `Found failed ${where}, will try to kill it`,
        })
      : this.#events.record(set, {
          type: 'Normal',
          reason: 'SucceededDaemonPod',
          message: `Found succeeded ${where}, will try to delete it`,
        }))
  }

  async #observe(set: DaemonSet, hash: string): Promise<Parameters<typeof planUpdate>[1]> {
    const { client, clock } = this.#deps
    const { matches } = matcherOfSelector(set.spec.selector)
    const pods = await claim(candidatesOf(this.#pods, set), { client, kind: Pod, owner: set, matches })
    return { nodes: [...this.#nodes.values()], pods: podsByNode(pods), hash, nowMs: clock.now() }
  }

  async #carryOut(set: DaemonSet, hash: string, plan: DaemonPlan): Promise<Error | undefined> {
    const { clock, expectations } = this.#deps
    const uid = set.metadata.uid ?? ''
    const create = plan.create.slice(0, BURST_MAX)
    const remove = plan.remove.slice(0, BURST_MAX)
    if (create.length === 0 && remove.length === 0) return undefined
    const podOn = daemonPods(set, hash)
    if (create.length > 0) expectations.expectCreations(uid, create.length)
    if (remove.length > 0) expectations.expectDeletions(uid, remove)
    const { successes, failure } = await slowStart(create.length, clock, (index) =>
      this.#control.create(podOn(create[index] ?? ''), set),
    )
    if (successes < create.length) expectations.lowerCreations(uid, create.length - successes)
    const removal = await forAll(remove, clock, async (pod) => {
      let isSeen = false
      try {
        isSeen = await this.#control.delete(pod, set)
      } finally {
        if (!isSeen) expectations.lowerDeletion(uid, pod)
      }
    })
    return isNamespaceTerminating(failure) ? removal : (failure ?? removal)
  }

  async #report(set: DaemonSet, { hash, collisionCount }: History): Promise<number | undefined> {
    const { client } = this.#deps
    const observed = await this.#observe(set, hash)
    const status = statusOf(set, { ...observed, collisionCount })
    await writeStatus(set, status, { client, informer: this.#sets })
    const minReadySeconds = set.spec.minReadySeconds ?? 0
    return nextAvailabilityMs([...observed.pods.values()].flat(), { minReadySeconds, nowMs: observed.nowMs })
  }

  /** Every template that the set had is kept as a numbered revision; going back to one makes it the newest. */
  async #history(set: DaemonSet): Promise<History> {
    const { client } = this.#deps
    const { matches } = matcherOfSelector(set.spec.selector)
    const all = await listRevisions(set, { client, informer: this.#revisions, matches })
    const current = all.findLast((revision) => isRevisionOf(revision, set))
    const old = all.filter((revision) => revision !== current)
    const number = (old.at(-1)?.revision ?? 0) + 1
    const collisionCount = set.status?.collisionCount ?? 0
    if (current === undefined) {
      const created = await createRevision(client, set, { revision: number, hashLabel: HASH_LABEL })
      return { hash: hashOf(created.revision), old, collisionCount: created.collisionCount }
    }
    if (current.revision < number) await client.update({ ...current, revision: number })
    return { hash: hashOf(current), old, collisionCount }
  }

  async #truncate(set: DaemonSet, old: readonly ControllerRevision[]): Promise<void> {
    const limit = set.spec.revisionHistoryLimit ?? HISTORY_LIMIT_DEFAULT
    if (old.length <= limit) return
    const live = new Set(this.#pods.ownedBy(set.metadata.uid).map(({ metadata }) => metadata.labels?.[HASH_LABEL]))
    const idle = old.filter((revision) => !live.has(hashOf(revision)))
    for (const revision of idle.slice(0, old.length - limit)) {
      try {
        await this.#deps.client.deleteObject(revision)
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
    }
  }

  /** The sets for which a node's change matters. Heartbeats change neither labels nor spec and concern nobody. */
  *#affected(node: Node, old: Node | undefined): Generator<string> {
    if (old !== undefined && node.metadata.labels === old.metadata.labels && node.spec === old.spec) return
    for (const set of this.#sets.values()) {
      const now = eligibility(set, node)
      const before = old === undefined ? undefined : eligibility(set, old)
      const isSame = before === undefined ? !now.shouldRun && !now.mayStay : now === before
      if (!isSame) yield printKey(keyOf(set as ApiObject))
    }
  }
}

function hashOf({ metadata }: ControllerRevision): string {
  return metadata.labels?.[HASH_LABEL] ?? metadata.name
}

function selectsEverything({ spec }: DaemonSet): boolean {
  const { matchLabels = {}, matchExpressions = [] } = spec.selector
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0
}
