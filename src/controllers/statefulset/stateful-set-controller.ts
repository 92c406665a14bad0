import { ControllerRevision } from '../../api/kinds/apps/controller-revision.ts'
import { StatefulSet } from '../../api/kinds/apps/stateful-set.ts'
import { PersistentVolumeClaim } from '../../api/kinds/core/persistent-volume-claim.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import type { Kind } from '../../api/kind.ts'
import type { Key } from '../../api/object.ts'
import { matcherOfSelector } from '../../api/selectors/label-selector.ts'
import { type Controller, DONE, type Outcome, requeueAfter, type Source, watches } from '../../client/controller.ts'
import { isNotFound } from '../../client/client.ts'
import type { Informer } from '../../client/informer.ts'
import {
  type CreatedRevision,
  createRevision,
  excessRevisions,
  isRevisionOf,
  listRevisions,
} from '../controllerrevision/history.ts'
import { candidatesOf, claim } from '../pods/claim.ts'
import { podSource } from '../pods/pod-source.ts'
import { nextAvailabilityMs } from '../pods/pod-state.ts'
import { slowStart } from '../pods/slow-start.ts'
import type { WorkloadDeps } from '../workload-deps.ts'
import { writeStatus } from '../write-status.ts'
import { ordinalOf, revisionOf } from './identity.ts'
import { MemberControl } from './member-control.ts'
import { type Observed, plan } from './plan.ts'
import { statusOf } from './status.ts'

const HASH_LABEL = 'controller.kubernetes.io/hash'
const HISTORY_LIMIT_DEFAULT = 10

interface Revisions {
  /** Oldest first. */
  readonly all: readonly ControllerRevision[]
  readonly current: ControllerRevision
  readonly update: ControllerRevision
  readonly collisionCount: number
}

/** Keeps pods with names, places in an order and storage of their own. */
export class StatefulSetController implements Controller {
  readonly name = 'statefulset'
  readonly sources: readonly Source[]
  readonly #deps: WorkloadDeps
  readonly #sets: Informer<StatefulSet>
  readonly #pods: Informer<Pod>
  readonly #claims: Informer<PersistentVolumeClaim>
  readonly #revisions: Informer<ControllerRevision>
  readonly #members: MemberControl

  constructor(deps: WorkloadDeps) {
    const { client, informers } = deps
    this.#deps = deps
    this.#sets = informers.of(StatefulSet)
    this.#pods = informers.of(Pod)
    this.#claims = informers.of(PersistentVolumeClaim)
    this.#revisions = informers.of(ControllerRevision)
    this.#members = new MemberControl(client, deps.events('statefulset-controller'), this.#claims)
    const selectorOf = (set: StatefulSet) => matcherOfSelector(set.spec.selector)
    this.sources = [watches(StatefulSet as unknown as Kind), podSource({ informers, owner: StatefulSet, selectorOf })]
  }

  async reconcile(key: Key): Promise<Outcome> {
    // What is under way comes to rest first: many events make one round.
    await this.#deps.clock.yield()
    const set = this.#sets.get(key)
    if (set === undefined) return DONE
    const { client, clock } = this.#deps
    const { matches } = matcherOfSelector(set.spec.selector)
    const all = await listRevisions(set, { client, informer: this.#revisions, matches })
    const candidates = candidatesOf(this.#pods, set).filter((pod) => ordinalOf(set, pod) >= 0)
    const pods = await claim(candidates, { client, kind: Pod, owner: set, matches })
    const revisions = await this.#currentAndUpdate(set, all)
    const nowMs = clock.now()
    const { namespace } = set.metadata
    const observed: Observed = {
      pods,
      current: revisions.current,
      update: revisions.update,
      claim: (name) => this.#claims.get({ namespace, name }),
      nowMs,
    }
    const failure = await this.#act(set, observed)
    const status = statusOf(set, { ...observed, collisionCount: revisions.collisionCount })
    await writeStatus(set, status, { client, informer: this.#sets })
    await this.#truncate(set, { pods, revisions })
    if (failure !== undefined) throw failure
    const nextMs = nextAvailabilityMs(pods, { minReadySeconds: set.spec.minReadySeconds ?? 0, nowMs })
    return nextMs === undefined ? DONE : requeueAfter(nextMs)
  }

  async #act(set: StatefulSet, observed: Observed): Promise<Error | undefined> {
    const actions = plan(set, observed)
    const { failure } = await slowStart(actions.length, this.#deps.clock, async (index) => {
      const action = actions[index]
      if (action !== undefined) await this.#members.act(set, action)
    })
    return failure
  }

  async #currentAndUpdate(set: StatefulSet, all: readonly ControllerRevision[]): Promise<Revisions> {
    const { revision: update, collisionCount } = await this.#updateRevision(set, all)
    const current = all.find(({ metadata }) => metadata.name === set.status?.currentRevision)
    return { all, current: current ?? update, update, collisionCount }
  }

  /** The revision of the present template. Going back to an earlier one renumbers it instead of making a new one. */
  async #updateRevision(set: StatefulSet, all: readonly ControllerRevision[]): Promise<CreatedRevision> {
    const { client } = this.#deps
    const last = all.at(-1)
    const number = (last?.revision ?? 0) + 1
    const equal = all.findLast((revision) => isRevisionOf(revision, set))
    if (equal === undefined) return createRevision(client, set, { revision: number, hashLabel: HASH_LABEL })
    const collisionCount = set.status?.collisionCount ?? 0
    const revision = equal === last ? equal : await client.update({ ...equal, revision: number })
    return { revision, collisionCount }
  }

  async #truncate(
    set: StatefulSet,
    { pods, revisions }: { pods: readonly Pod[]; revisions: Revisions },
  ): Promise<void> {
    const { all, current, update } = revisions
    const live = new Set([current.metadata.name, update.metadata.name, ...pods.map(revisionOf)])
    const limit = set.spec.revisionHistoryLimit ?? HISTORY_LIMIT_DEFAULT
    if (limit < 0) return
    for (const revision of excessRevisions(all, { limit, isInUse: ({ metadata }) => live.has(metadata.name) })) {
      try {
        await this.#deps.client.deleteObject(revision)
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
    }
  }
}
