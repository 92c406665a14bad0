import { storageKindOf, type Kind } from '../../api/kind.ts'
import { PersistentVolumeClaim } from '../../api/kinds/core/persistent-volume-claim.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { ResourceQuota } from '../../api/kinds/core/resource-quota.ts'
import { Service } from '../../api/kinds/core/service.ts'
import { type ApiObject, type Key, keyOf, printKey } from '../../api/object.ts'
import { claimUsageChanged } from '../../api/quota/claim-usage.ts'
import { evaluatorOf, inScope, resourceOfName } from '../../api/quota/evaluator.ts'
import { chargedUntilMs, isCharged, podUsageChanged } from '../../api/quota/pod-usage.ts'
import type { QuotaEvaluator } from '../../api/quota/quota-evaluator.ts'
import { addInto, listOf, onlyNames, type Usage, usageOf } from '../../api/quota/usage.ts'
import { type Quantity, ZERO } from '../../api/quantity.ts'
import { deepEqual } from '../../base/equal.ts'
import type { Client } from '../../client/client.ts'
import {
  type Controller,
  type ControllerContext,
  DONE,
  type Outcome,
  requeueAfter,
  type Source,
} from '../../client/controller.ts'
import type { Informer } from '../../client/informer.ts'
import type { Informers } from '../../client/informers.ts'
import type { Clock } from '../../world/clock.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { retryLostRace } from '../lost-race.ts'

const NAMESPACE_INDEX = 'namespace'
/** Everything is counted anew so often, whatever was missed (kube-controller-manager --resource-quota-sync-period). */
const RESYNC_MS = 5 * 60_000
/** Objects that go together are counted together. */
const GATHER_MS = 50

/**
 * Keeps the status of ResourceQuotas: the limits in force and what is used (k8s.io/kubernetes
 * pkg/controller/resourcequota). Admission charges what comes; this gives back what went.
 */
export class ResourceQuotaController implements Controller {
  readonly name = 'resourcequota'
  readonly sources: readonly Source[] = [
    // Statuses are our own, or admission's charges: counting anew after each would make a thousand pods a million.
    { kind: ResourceQuota, keys: (quota, old) => (hasNewLimits(quota, old) ? [printKey(keyOf(quota))] : []) },
  ]
  readonly #client: Client
  readonly #informers: Informers
  readonly #clock: Clock
  /** Kinds that some quota counts, by path: their informers report what goes. */
  readonly #followed = new Map<string, () => void>()
  #enqueue: ControllerContext['enqueue'] = () => {}

  constructor({ client, informers, clock }: ClusterOptions) {
    this.#client = client
    this.#informers = informers
    this.#clock = clock
  }

  start({ enqueue, signal }: ControllerContext): void {
    this.#enqueue = enqueue
    this.#informers.of(ResourceQuota).addIndex(NAMESPACE_INDEX, ({ metadata }) => [metadata.namespace ?? ''])
    signal.addEventListener('abort', () => this.#followed.forEach((off) => off()), { once: true })
  }

  async reconcile(key: Key): Promise<Outcome> {
    const kinds = this.#kindsOf(this.#informers.of(ResourceQuota).get(key))
    for (const { kind } of kinds) await this.#follow(kind).synced()
    // From here to the write nothing may come between: the server adds to this count what it has granted since.
    const quota = this.#informers.of(ResourceQuota).get(key)
    if (quota === undefined) return DONE
    const status = { hard: quota.spec.hard ?? {}, used: listOf(this.#count(quota, kinds)) }
    const isSame = deepEqual(status, { hard: quota.status?.hard, used: quota.status?.used })
    const outcome = isSame
      ? DONE
      : await retryLostRace(async () => {
          await this.#client.updateStatus(quota, status)
        })
    return outcome === DONE ? requeueAfter(RESYNC_MS) : outcome
  }

  #count(quota: ResourceQuota, kinds: readonly Counted[]): Usage {
    const hard = quota.spec.hard ?? {}
    const nowMs = this.#clock.now()
    // What nobody can count keeps the value that it had.
    const used = new Map(onlyNames(usageOf(quota.status?.used), (name) => hard[name] !== undefined))
    for (const { kind, evaluator } of kinds) {
      const sum = new Map<string, Quantity>()
      for (const name in hard) if (evaluator.measures(name)) sum.set(name, ZERO)
      for (const object of this.#informers.of(kind).byIndex(NAMESPACE_INDEX, quota.metadata.namespace ?? '')) {
        if (!inScope(quota, object, evaluator)) continue
        addInto(
          sum,
          onlyNames(evaluator.usage(object, nowMs), (name) => hard[name] !== undefined),
        )
      }
      for (const [name, value] of sum) used.set(name, value)
    }
    return used
  }

  /** The kinds that a quota counts, as far as there are such kinds. */
  #kindsOf(quota: ResourceQuota | undefined): readonly Counted[] {
    const kinds = new Map<string, Counted>()
    for (const name in quota?.spec.hard) {
      const resource = resourceOfName(name)
      if (resource === undefined) continue
      const [version] = this.#client.scheme.versionsOf(resource.group, resource.plural)
      const evaluator = evaluatorOf(resource)
      if (version === undefined || evaluator === undefined || !version.namespaced) continue
      const kind = storageKindOf(version)
      kinds.set(pathOf(kind), { kind, evaluator })
    }
    return [...kinds.values()]
  }

  #follow(kind: Kind): Informer<ApiObject> {
    const informer = this.#informers.of(kind)
    const path = pathOf(kind)
    if (this.#followed.has(path)) return informer
    informer.addIndex(NAMESPACE_INDEX, ({ metadata }) => [metadata.namespace ?? ''])
    const off = informer.handle({
      deleted: (object) => this.#recount(object, kind, GATHER_MS),
      updated: (object, old) => this.#looked(object, old, kind),
    })
    this.#followed.set(path, off)
    return informer
  }

  /** What a change may give back; what it takes was charged when it was admitted. */
  #looked(object: ApiObject, old: ApiObject, kind: Kind): void {
    switch (pathOf(kind)) {
      case pathOf(Pod as unknown as Kind):
        return this.#lookedAtPod(object as Pod, old as Pod, kind)
      case pathOf(Service as unknown as Kind):
        if ((object as Service).spec.type !== (old as Service).spec.type) this.#recount(object, kind, GATHER_MS)
        return
      case pathOf(PersistentVolumeClaim as unknown as Kind):
        if (claimUsageChanged(object as PersistentVolumeClaim, old as PersistentVolumeClaim)) {
          this.#recount(object, kind, GATHER_MS)
        }
    }
  }

  #lookedAtPod(pod: Pod, old: Pod, kind: Kind): void {
    const nowMs = this.#clock.now()
    if (podUsageChanged(pod, old, nowMs)) this.#recount(pod, kind, GATHER_MS)
    const untilMs = chargedUntilMs(pod)
    if (untilMs === undefined || old.metadata.deletionTimestamp !== undefined || !isCharged(pod, nowMs)) return
    // Should it get stuck on its way out, it stops counting then.
    this.#recount(pod, kind, untilMs - nowMs + GATHER_MS)
  }

  #recount({ metadata }: ApiObject, kind: Kind, delayMs: number): void {
    const evaluator = evaluatorOf(kind)
    if (evaluator === undefined) return
    for (const quota of this.#informers.of(ResourceQuota).byIndex(NAMESPACE_INDEX, metadata.namespace ?? '')) {
      const isCounted = Object.keys(quota.spec.hard ?? {}).some((name) => evaluator.measures(name))
      if (isCounted) this.#enqueue(printKey(keyOf(quota)), delayMs)
    }
  }
}

interface Counted {
  readonly kind: Kind
  readonly evaluator: QuotaEvaluator
}

function hasNewLimits(quota: ApiObject, old: ApiObject | undefined): boolean {
  return old === undefined || !deepEqual((quota as ResourceQuota).spec, (old as ResourceQuota).spec)
}

function pathOf({ group, plural }: Kind): string {
  return `${group}/${plural}`
}
