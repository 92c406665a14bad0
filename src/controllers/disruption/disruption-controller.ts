import type { Kind } from '../../api/kind.ts'
import { parseApiVersion } from '../../api/kind.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { PodDisruptionBudget } from '../../api/kinds/policy/pod-disruption-budget.ts'
import { type ApiObject, controllerOf, type Key, keyOf, type OwnerReference, printKey } from '../../api/object.ts'
import { matcherOfSelector } from '../../api/selectors/label-selector.ts'
import type { Condition, PodDisruptionBudgetStatus } from '../../api/types.generated.ts'
import { deepEqual } from '../../base/equal.ts'
import { isConflict } from '../../client/client.ts'
import type { Client } from '../../client/client.ts'
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
import type { Informers } from '../../client/informers.ts'
import { type Clock, printTime } from '../../world/clock.ts'
import { type BudgetCounts, countBudget, DISRUPTED_MS } from './budget.ts'

const NAMESPACE_INDEX = 'namespace'

/** Keeps the status of PodDisruptionBudgets: how many pods may be disturbed now (pkg/controller/disruption). */
export class DisruptionController implements Controller {
  readonly name = 'disruption'
  readonly sources: readonly Source[]
  readonly #client: Client
  readonly #informers: Informers
  readonly #clock: Clock
  readonly #events: EventRecorder

  constructor(options: {
    client: Client
    informers: Informers
    clock: Clock
    events: (component: string) => EventRecorder
  }) {
    this.#client = options.client
    this.#informers = options.informers
    this.#clock = options.clock
    this.#events = options.events('controllermanager')
    this.sources = [
      watches(PodDisruptionBudget),
      { kind: Pod, keys: (pod, old) => this.#budgetsOf(pod as Pod, old as Pod | undefined) },
    ]
  }

  async start({ informers }: ControllerContext): Promise<void> {
    informers.of(PodDisruptionBudget).addIndex(NAMESPACE_INDEX, ({ metadata }) => [metadata.namespace ?? ''])
    informers.of(Pod).addIndex(NAMESPACE_INDEX, ({ metadata }) => [metadata.namespace ?? ''])
    await informers.synced()
  }

  async reconcile(key: Key): Promise<Outcome> {
    const budget = this.#informers.of(PodDisruptionBudget).get(key)
    if (budget === undefined) return DONE
    const pods = this.#podsOf(budget)
    if (pods.length === 0) {
      await this.#events.record(budget, { type: 'Normal', reason: 'NoPods', message: 'No matching pods found' })
    }
    const nowMs = this.#clock.now()
    const counts = countBudget(budget, pods, { expectedPods: await this.#expectedPods(pods), nowMs })
    await this.#write(budget, counts)
    return Object.keys(counts.disruptedPods).length === 0 ? DONE : requeueAfter(DISRUPTED_MS)
  }

  /** A pod's status matters to budgets only where it says whether the pod is healthy. */
  #budgetsOf(pod: Pod, old: Pod | undefined): readonly string[] {
    const budgets = this.#informers.of(PodDisruptionBudget).byIndex(NAMESPACE_INDEX, pod.metadata.namespace ?? '')
    if (budgets.length === 0) return []
    const matches = (budget: PodDisruptionBudget, one: Pod): boolean =>
      matcherOfSelector(budget.spec.selector).matches(one.metadata.labels)
    return budgets
      .filter((budget) => matches(budget, pod) || (old !== undefined && matches(budget, old)))
      .map((budget) => printKey(keyOf(budget)))
  }

  #podsOf({ spec, metadata }: PodDisruptionBudget): readonly Pod[] {
    const { matches } = matcherOfSelector(spec.selector)
    const pods = this.#informers.of(Pod).byIndex(NAMESPACE_INDEX, metadata.namespace ?? '')
    return pods.filter(
      (pod) => matches(pod.metadata.labels) && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed',
    )
  }

  /** The sum of what the controllers of these pods want; a pod without one counts for itself. */
  async #expectedPods(pods: readonly Pod[]): Promise<number> {
    const scales = new Map<string, number>()
    for (const pod of pods) {
      const owner = await this.#scaleOwner(pod)
      const uid = owner?.metadata.uid ?? pod.metadata.uid ?? ''
      scales.set(uid, owner === undefined ? 1 : ((owner as { spec?: { replicas?: number } }).spec?.replicas ?? 0))
    }
    return [...scales.values()].reduce((sum, replicas) => sum + replicas, 0)
  }

  /** A ReplicaSet's Deployment counts in its stead. */
  async #scaleOwner(object: ApiObject): Promise<ApiObject | undefined> {
    const reference = controllerOf(object)
    const kind = reference === undefined ? undefined : this.#kindOf(reference)
    if (reference === undefined || kind?.subresources?.some(({ name }) => name === 'scale') !== true) return undefined
    const owner = await this.#client.get(kind, { namespace: object.metadata.namespace, name: reference.name })
    if (owner === undefined || owner.metadata.uid !== reference.uid) return undefined
    return (await this.#scaleOwner(owner)) ?? owner
  }

  #kindOf({ apiVersion, kind }: OwnerReference): Kind | undefined {
    const { group } = parseApiVersion(apiVersion)
    return (
      this.#client.scheme.byKind(apiVersion, kind) ??
      this.#client.scheme.kinds().find((one) => one.group === group && one.kind === kind)
    )
  }

  async #write(budget: PodDisruptionBudget, { disruptedPods, ...counts }: BudgetCounts): Promise<void> {
    const { generation } = budget.metadata
    const status: PodDisruptionBudgetStatus = {
      ...counts,
      ...(Object.keys(disruptedPods).length === 0 ? {} : { disruptedPods }),
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      conditions: this.#conditions(budget, counts.disruptionsAllowed),
    }
    if (deepEqual(status, budget.status)) return
    try {
      await this.#client.updateStatus(budget, status)
    } catch (error) {
      // An eviction was granted meanwhile; its event leads back here.
      if (!isConflict(error)) throw error
    }
  }

  #conditions({ status, metadata }: PodDisruptionBudget, allowed: number): readonly Condition[] {
    const isAllowed = allowed > 0
    const before = status?.conditions?.find(({ type }) => type === 'DisruptionAllowed')
    const state = isAllowed ? 'True' : 'False'
    return [
      {
        type: 'DisruptionAllowed',
        status: state,
        reason: isAllowed ? 'SufficientPods' : 'InsufficientPods',
        message: '',
        ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
        lastTransitionTime: before?.status === state ? before.lastTransitionTime : printTime(this.#clock.now()),
      },
    ]
  }
}
