import { Deployment } from '../../api/kinds/apps/deployment.ts'
import { ReplicaSet } from '../../api/kinds/apps/replica-set.ts'
import { StatefulSet } from '../../api/kinds/apps/stateful-set.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { ReplicationController } from '../../api/kinds/core/replication-controller.ts'
import { isPodReady } from '../../api/kinds/pod-spec/pod-state.ts'
import { withDisruptionAllowed, withSyncFailed } from '../../api/kinds/policy/disruption-allowed.ts'
import { PodDisruptionBudget } from '../../api/kinds/policy/pod-disruption-budget.ts'
import { type Key, keyOf, printKey } from '../../api/object.ts'
import { matcherOfSelector } from '../../api/selectors/label-selector.ts'
import type { PodDisruptionBudgetStatus } from '../../api/types.generated.ts'
import { deepEqual } from '../../base/equal.ts'
import { type Client, isConflict, isNotFound } from '../../client/client.ts'
import {
  type Controller,
  type ControllerContext,
  DONE,
  type Outcome,
  requeueAfter,
  type Source,
} from '../../client/controller.ts'
import type { EventNote, EventRecorder } from '../../client/events.ts'
import type { Informers } from '../../client/informers.ts'
import { type Clock, printTime } from '../../world/clock.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { changesWorkload } from '../pods/pod-state.ts'
import { Pace } from '../replicaset/pace.ts'
import { type BudgetCounts, countBudget, needsScale } from './budget.ts'
import { expectedScale, ScaleError } from './controller-scale.ts'
import { printSelector } from './print-selector.ts'

const NAMESPACE_INDEX = 'namespace'
/** How many pods under several budgets are remembered, so that each is told of once. */
const TOLD_MAX = 1_000

/** Keeps the status of PodDisruptionBudgets: how many pods may be disturbed now (pkg/controller/disruption). */
export class DisruptionController implements Controller {
  readonly name = 'disruption'
  readonly sources: readonly Source[]
  readonly #client: Client
  readonly #informers: Informers
  readonly #clock: Clock
  readonly #events: EventRecorder
  readonly #pace: Pace
  readonly #told = new Set<string>()

  constructor({ client, informers, clock, events }: Pick<ClusterOptions, 'client' | 'informers' | 'clock' | 'events'>) {
    this.#client = client
    this.#informers = informers
    this.#clock = clock
    this.#events = events('controllermanager')
    this.#pace = new Pace(clock)
    this.sources = [
      { kind: PodDisruptionBudget, keys: (budget) => this.#hurried(printKey(keyOf(budget))) },
      { kind: Pod, keys: (pod, old) => this.#budgetsOf(pod as Pod, old as Pod | undefined) },
    ]
  }

  async start({ informers }: ControllerContext): Promise<void> {
    informers.of(PodDisruptionBudget).addIndex(NAMESPACE_INDEX, ({ metadata }) => [metadata.namespace ?? ''])
    informers.of(Pod).addIndex(NAMESPACE_INDEX, ({ metadata }) => [metadata.namespace ?? ''])
    for (const kind of [Deployment, ReplicaSet, StatefulSet, ReplicationController]) informers.of(kind as never)
    await informers.synced()
  }

  async reconcile(key: Key): Promise<Outcome> {
    const budget = this.#informers.of(PodDisruptionBudget).get(key)
    if (budget === undefined) {
      this.#pace.forget(printKey(key))
      return DONE
    }
    const pods = this.#podsOf(budget)
    const restMs = this.#pace.restMs(printKey(key), pods.length)
    if (restMs > 0) return requeueAfter(restMs)
    await this.#tellMultiple(budget, pods)
    if (pods.length === 0) await this.#note(budget, 'Normal', 'NoPods', 'No matching pods found')
    try {
      return await this.#count(budget, pods)
    } catch (error) {
      if (!(error instanceof ScaleError)) throw error
      await this.#failSafe(budget, error.message)
      return DONE
    }
  }

  async #count(budget: PodDisruptionBudget, pods: readonly Pod[]): Promise<Outcome> {
    const scale = needsScale(budget) ? await this.#expectedScale(budget, pods) : 0
    const nowMs = this.#clock.now()
    const { counts, forgotten, recheckMs } = countBudget(budget, pods, { scale, nowMs })
    const { namespace = '' } = budget.metadata
    for (const pod of forgotten) {
      const message = `Pod was expected by PDB ${namespace}/${namespace} to be deleted but it wasn't`
      await this.#events.record(pod, { type: 'Warning', reason: 'NotDeleted', message })
    }
    await this.#write(budget, counts)
    return recheckMs === undefined ? DONE : requeueAfter(recheckMs - nowMs)
  }

  async #expectedScale(budget: PodDisruptionBudget, pods: readonly Pod[]): Promise<number> {
    try {
      const { scale, unmanaged } = await expectedScale(pods, { client: this.#client, informers: this.#informers })
      if (unmanaged.length > 0) await this.#note(budget, 'Warning', 'UnmanagedPods', unmanagedWords(budget))
      return scale
    } catch (error) {
      if (error instanceof ScaleError) {
        const message = `Failed to calculate the number of expected pods: ${error.message}`
        await this.#note(budget, 'Warning', 'CalculateExpectedPodCountFailed', message)
      }
      throw error
    }
  }

  /** What can only raise the number of disruptions may wait a little; all else must not. */
  #budgetsOf(pod: Pod, old: Pod | undefined): readonly string[] {
    const budgets = this.#informers.of(PodDisruptionBudget).byIndex(NAMESPACE_INDEX, pod.metadata.namespace ?? '')
    if (budgets.length === 0 || (old !== undefined && !changesWorkload(pod, old))) return []
    const matches = (budget: PodDisruptionBudget, one: Pod): boolean =>
      matcherOfSelector(budget.spec.selector).matches(one.metadata.labels)
    const keys = budgets
      .filter((budget) => matches(budget, pod) || (old !== undefined && matches(budget, old)))
      .map((budget) => printKey(keyOf(budget)))
    const isGain = old === undefined ? !isPodReady(pod) : isHealthy(pod) && !isHealthy(old)
    if (!isGain || pod.metadata.labels !== (old ?? pod).metadata.labels) for (const key of keys) this.#pace.hurry(key)
    return keys
  }

  #hurried(key: string): readonly string[] {
    this.#pace.hurry(key)
    return [key]
  }

  #podsOf({ spec, metadata }: PodDisruptionBudget): readonly Pod[] {
    const { matches } = matcherOfSelector(spec.selector)
    const pods = this.#informers.of(Pod).byIndex(NAMESPACE_INDEX, metadata.namespace ?? '')
    return pods.filter((pod) => matches(pod.metadata.labels))
  }

  /** Evictions cannot weigh several budgets: the first of them tells its pods so. */
  async #tellMultiple(budget: PodDisruptionBudget, pods: readonly Pod[]): Promise<void> {
    const { namespace = '', name } = budget.metadata
    const others = this.#informers
      .of(PodDisruptionBudget)
      .byIndex(NAMESPACE_INDEX, namespace)
      .filter((one) => one.metadata.name > name)
      .map(({ spec }) => matcherOfSelector(spec.selector))
    if (others.length === 0) return
    for (const pod of pods) {
      const { uid = '', labels } = pod.metadata
      if (this.#told.has(uid) || !others.some(({ matches }) => matches(labels))) continue
      if (this.#told.size === TOLD_MAX) this.#told.clear()
      this.#told.add(uid)
      const message = `Pod ${JSON.stringify(namespace)}/${JSON.stringify(pod.metadata.name)} matches multiple PodDisruptionBudgets.  Chose ${JSON.stringify(name)} arbitrarily.`
      await this.#events.record(pod, { type: 'Warning', reason: 'MultiplePodDisruptionBudgets', message })
    }
  }

  #note(budget: PodDisruptionBudget, type: EventNote['type'], reason: string, message: string): Promise<void> {
    return this.#events.record(budget, { type, reason, message })
  }

  async #write(budget: PodDisruptionBudget, { disruptedPods, ...counts }: BudgetCounts): Promise<void> {
    const { generation } = budget.metadata
    const status: PodDisruptionBudgetStatus = {
      ...counts,
      ...(Object.keys(disruptedPods).length === 0 ? {} : { disruptedPods }),
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      ...(budget.status?.conditions === undefined ? {} : { conditions: budget.status.conditions }),
    }
    await this.#update(budget, { ...status, conditions: withDisruptionAllowed(status, this.#now()) })
  }

  /** What could not be counted must not be disturbed. */
  async #failSafe(budget: PodDisruptionBudget, message: string): Promise<void> {
    const status = { ...budget.status, disruptionsAllowed: 0 }
    await this.#update(budget, { ...status, conditions: withSyncFailed(status, this.#now(), message) })
  }

  async #update(budget: PodDisruptionBudget, status: PodDisruptionBudgetStatus): Promise<void> {
    if (deepEqual(status, budget.status)) return
    try {
      await this.#client.updateStatus(budget, status)
    } catch (error) {
      // An eviction was granted meanwhile, or the budget went; its event leads back here.
      if (!isConflict(error) && !isNotFound(error)) throw error
    }
  }

  #now(): string {
    return printTime(this.#clock.now())
  }
}

function isHealthy(pod: Pod): boolean {
  return isPodReady(pod) && pod.metadata.deletionTimestamp === undefined
}

function unmanagedWords({ spec }: PodDisruptionBudget): string {
  return (
    `Pods selected by this PodDisruptionBudget (selector: ${printSelector(spec.selector)}) were found to be unmanaged. ` +
    'As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. ' +
    'To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.'
  )
}
