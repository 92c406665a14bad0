import { Deployment } from '../../api/kinds/apps/deployment.ts'
import { ReplicaSet } from '../../api/kinds/apps/replica-set.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import type { Kind } from '../../api/kind.ts'
import { type ApiObject, controllerOf, type Key, keyOf, printKey } from '../../api/object.ts'
import { matcherOfSelector } from '../../api/selectors/label-selector.ts'
import { isAlreadyExists } from '../../client/client.ts'
import { type Controller, DONE, type Outcome, requeueAfter, type Source, watches } from '../../client/controller.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { Informer } from '../../client/informer.ts'
import { candidatesOf, claim } from '../pods/claim.ts'
import { isNamespaceTerminating } from '../pods/pod-control.ts'
import { ownedSource } from '../pods/pod-source.ts'
import { isFinished } from '../pods/pod-state.ts'
import type { WorkloadDeps } from '../workload-deps.ts'
import { writeStatus } from '../write-status.ts'
import { highestRevision, REVISION } from './annotations.ts'
import { conditionOf, type Statement, withCondition } from './conditions.ts'
import { newReplicaSet, ReplicaSetControl } from './replica-set-control.ts'
import { hasTemplate, isRolling, newestSet, type ReplicaSets, replicasOf, sum } from './replica-sets.ts'
import { newestReplicas, planRecreate, planRolling } from './rollout.ts'
import { isScalingEvent, planScale } from './scale.ts'
import { hasDeadline, historyLimitOf, isComplete, nextCheckMs, rolloutStatusOf, statusOf } from './status.ts'

/**
 * A Deployment and its ReplicaSets, as one round sees them. Its writes are taken over as they are made; conditions that
 * it states stand in `deployment.status` and are written at its end, with the counts.
 */
interface Round {
  deployment: Deployment
  newest: ReplicaSet | undefined
  readonly old: ReplicaSets
}

/** Replaces the pods of one template by those of another, set by set. */
export class DeploymentController implements Controller {
  readonly name = 'deployment'
  readonly sources: readonly Source[]
  readonly #deps: WorkloadDeps
  readonly #deployments: Informer<Deployment>
  readonly #sets: Informer<ReplicaSet>
  readonly #pods: Informer<Pod>
  readonly #events: EventRecorder
  readonly #control: ReplicaSetControl

  constructor(deps: WorkloadDeps) {
    const { client, informers } = deps
    this.#deps = deps
    this.#deployments = informers.of(Deployment)
    this.#sets = informers.of(ReplicaSet)
    this.#pods = informers.of(Pod)
    this.#events = deps.events('deployment-controller')
    this.#control = new ReplicaSetControl(client, this.#events)
    const selectorOf = (deployment: Deployment) => matcherOfSelector(deployment.spec.selector)
    this.sources = [
      watches(Deployment as unknown as Kind),
      ownedSource(ReplicaSet, { informers, owner: Deployment, selectorOf }),
      { kind: Pod as unknown as Kind, keys: (pod, old) => (old === undefined ? this.#recreating(pod) : []) },
    ]
  }

  async reconcile(key: Key): Promise<Outcome> {
    // What is under way comes to rest first: many events make one round.
    await this.#deps.clock.yield()
    const deployment = this.#deployments.get(key)
    if (deployment === undefined) return DONE
    if (selectsEverything(deployment)) return this.#refuse(deployment)
    const { client } = this.#deps
    const { matches } = matcherOfSelector(deployment.spec.selector)
    const candidates = candidatesOf(this.#sets, deployment)
    const sets = await claim(candidates, { client, kind: ReplicaSet, owner: deployment, matches })
    const newest = newestSet(deployment, sets)
    const round: Round = { deployment, newest, old: sets.filter((set) => set !== newest) }
    if (deployment.metadata.deletionTimestamp !== undefined) return this.#settle(round, statusOf)
    this.#markPaused(round)
    if (newest !== undefined) await this.#refreshNewest(round, newest)
    const { paused = false } = deployment.spec
    if (paused || isScalingEvent(deployment, sets)) {
      await this.#control.scale(deployment, planScale(deployment, round.newest, round.old))
      if (paused) await this.#truncate(round)
      return this.#settle(this.#current(round), statusOf)
    }
    return isRolling(deployment) ? this.#roll(round) : this.#recreate(round)
  }

  async #roll(round: Round): Promise<Outcome> {
    const newest = round.newest ?? (await this.#createNewest(round))
    const scalings = planRolling(round.deployment, newest, round.old)
    const isScaled = await this.#control.scale(round.deployment, scalings)
    if (!isScaled && isComplete(round.deployment, round.deployment.status)) await this.#truncate(round)
    return this.#settle(this.#current(round), rolloutStatusOf)
  }

  /** Nothing of the new template starts before everything of the old one has stopped. */
  async #recreate(round: Round): Promise<Outcome> {
    const { deployment, old } = round
    const isScaled = await this.#control.scale(deployment, planRecreate(old))
    if (isScaled || this.#oldPodsRemain(round)) return this.#settle(this.#current(round), rolloutStatusOf)
    const newest = round.newest ?? (await this.#createNewest(round))
    await this.#control.scale(deployment, [{ set: newest, replicas: replicasOf(deployment) }])
    if (isComplete(round.deployment, round.deployment.status)) await this.#truncate(round)
    return this.#settle(this.#current(round), rolloutStatusOf)
  }

  #oldPodsRemain({ old }: Round): boolean {
    if (sum(old, ({ status }) => status?.replicas ?? 0) > 0) return true
    return old.some(({ metadata }) => this.#pods.ownedBy(metadata.uid).some((pod) => !isFinished(pod)))
  }

  async #createNewest(round: Round): Promise<ReplicaSet> {
    const { deployment, old } = round
    const revision = highestRevision(old) + 1
    const wanted = newReplicaSet(deployment, { replicas: newestReplicas(deployment, 0, old), revision })
    const { name } = wanted.metadata
    try {
      const created = await this.#control.create(deployment, wanted)
      round.newest = created
      const message = `Created new replica set "${name}"`
      this.#state(round, { type: 'Progressing', status: 'True', reason: 'NewReplicaSetCreated', message })
      await this.#setRevision(round, String(revision))
      return created
    } catch (error) {
      if (isAlreadyExists(error)) return this.#afterCollision(round, wanted, error as Error)
      if (!isNamespaceTerminating(error)) await this.#tellFailure(round, name, error as Error)
      throw error
    }
  }

  /** The name is taken: by our own set, which the informer had not shown, or by another, which the next hash avoids. */
  async #afterCollision(round: Round, wanted: ReplicaSet, error: Error): Promise<ReplicaSet> {
    const { deployment } = round
    const present = await this.#deps.client.get(ReplicaSet, keyOf(wanted))
    const isOurs = present !== undefined && controllerOf(present)?.uid === deployment.metadata.uid
    if (isOurs && hasTemplate(present.spec.template, deployment.spec.template)) return (round.newest = present)
    const collisionCount = (deployment.status?.collisionCount ?? 0) + 1
    await this.#deps.client.updateStatus(deployment, { ...deployment.status, collisionCount })
    throw error
  }

  async #tellFailure(round: Round, name: string, error: Error): Promise<void> {
    const message = `Failed to create new replica set "${name}": ${error.message}`
    this.#state(round, { type: 'Progressing', status: 'False', reason: 'ReplicaSetCreateError', message })
    const { client } = this.#deps
    await writeStatus(round.deployment, round.deployment.status ?? {}, { client, informer: this.#deployments })
    await this.#events.record(round.deployment, { type: 'Warning', reason: 'ReplicaSetCreateError', message })
  }

  /** The set for the present template exists: it, and the Deployment, carry the right revision and annotations. */
  async #refreshNewest(round: Round, newest: ReplicaSet): Promise<void> {
    const refreshed = await this.#control.refresh(round.deployment, newest, highestRevision(round.old) + 1)
    round.newest = refreshed
    await this.#setRevision(round, refreshed.metadata.annotations?.[REVISION] ?? '')
    if (conditionOf(round.deployment, 'Progressing') !== undefined) return
    const message = `Found new replica set "${refreshed.metadata.name}"`
    this.#state(round, { type: 'Progressing', status: 'True', reason: 'FoundNewReplicaSet', message })
  }

  /** As upstream, through the status: to those who apply Deployments the annotation is a part of it. */
  async #setRevision(round: Round, revision: string): Promise<void> {
    const { deployment } = round
    if (deployment.metadata.annotations?.[REVISION] === revision) return
    const annotations = { ...deployment.metadata.annotations, [REVISION]: revision }
    const metadata = { ...deployment.metadata, annotations }
    round.deployment = await this.#deps.client.updateStatus({ ...deployment, metadata }, deployment.status ?? {})
  }

  /** Being paused says nothing about progress: the deadline starts anew when it goes on. */
  #markPaused(round: Round): void {
    const { reason } = conditionOf(round.deployment, 'Progressing') ?? {}
    const { paused = false } = round.deployment.spec
    if (reason === 'ProgressDeadlineExceeded' || paused === (reason === 'DeploymentPaused')) return
    const [why, message] = paused
      ? (['DeploymentPaused', 'Deployment is paused'] as const)
      : (['DeploymentResumed', 'Deployment is resumed'] as const)
    this.#state(round, { type: 'Progressing', status: 'Unknown', reason: why, message })
  }

  /** States a condition about progress, if progress is watched at all. */
  #state(round: Round, statement: Statement): void {
    const { deployment } = round
    if (!hasDeadline(deployment)) return
    const conditions = withCondition(deployment.status?.conditions ?? [], statement, this.#deps.clock.now())
    round.deployment = { ...deployment, status: { ...deployment.status, conditions } }
  }

  async #truncate({ deployment, old }: Round): Promise<void> {
    const limit = historyLimitOf(deployment)
    if (limit !== undefined) await this.#control.truncate(old, limit)
  }

  /** The same round with the sets as they stand after its writes. */
  #current({ deployment, newest, old }: Round): Round {
    const fresh = (set: ReplicaSet): ReplicaSet => this.#sets.get(keyOf(set)) ?? set
    return { deployment, newest: newest === undefined ? undefined : fresh(newest), old: old.map(fresh) }
  }

  async #settle({ deployment, newest, old }: Round, compute: typeof statusOf): Promise<Outcome> {
    const { client, clock } = this.#deps
    const nowMs = clock.now()
    const sets = newest === undefined ? old : [...old, newest]
    const status = compute(deployment, { sets, newest, nowMs })
    await writeStatus(deployment, status, { client, informer: this.#deployments })
    const nextMs = nextCheckMs({ ...deployment, status }, nowMs)
    return nextMs === undefined ? DONE : requeueAfter(nextMs)
  }

  /** Upstream's guard against a Deployment that would take over every pod of its namespace. */
  async #refuse(deployment: Deployment): Promise<Outcome> {
    const message = 'This deployment is selecting all pods. A non-empty selector is required.'
    await this.#events.record(deployment, { type: 'Warning', reason: 'SelectingAll', message })
    const observedGeneration = deployment.metadata.generation
    if ((deployment.status?.observedGeneration ?? 0) < (observedGeneration ?? 0)) {
      const status = { ...deployment.status, ...(observedGeneration === undefined ? {} : { observedGeneration }) }
      await writeStatus(deployment, status, { client: this.#deps.client, informer: this.#deployments })
    }
    return DONE
  }

  /** The Deployment that waits for this pod, now gone, to make room for new ones. */
  #recreating(pod: ApiObject): readonly string[] {
    const owner = controllerOf(pod)
    if (owner?.kind !== 'ReplicaSet' || this.#pods.get(keyOf(pod)) !== undefined) return []
    const { namespace } = pod.metadata
    const set = this.#sets.get({ namespace, name: owner.name })
    const above = set === undefined ? undefined : controllerOf(set)
    const deployment = above === undefined ? undefined : this.#deployments.get({ namespace, name: above.name })
    return deployment === undefined || isRolling(deployment) ? [] : [printKey(keyOf(deployment))]
  }
}

function selectsEverything({ spec }: Deployment): boolean {
  const { matchLabels = {}, matchExpressions = [] } = spec.selector
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0
}
