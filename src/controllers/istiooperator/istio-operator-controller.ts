import { deepEqual } from '../../base/equal.ts'
import { Deployment } from '../../api/kinds/apps/deployment.ts'
import { HorizontalPodAutoscaler } from '../../api/kinds/autoscaling/horizontal-pod-autoscaler.ts'
import { ConfigMap } from '../../api/kinds/core/config-map.ts'
import { Service } from '../../api/kinds/core/service.ts'
import { ServiceAccount } from '../../api/kinds/core/service-account.ts'
import { IstioOperator, type IstioOperatorStatus, type OperatorState } from '../../api/kinds/istio/istio-operator.ts'
import { PodDisruptionBudget } from '../../api/kinds/policy/pod-disruption-budget.ts'
import { Role } from '../../api/kinds/rbac/role.ts'
import { RoleBinding } from '../../api/kinds/rbac/role-binding.ts'
import type { Kind } from '../../api/kind.ts'
import { type ApiObject, type Key, keyOf, printKey } from '../../api/object.ts'
import type { JsonObject } from '../../api/patch/json-value.ts'
import { PatchError } from '../../api/patch/patch-error.ts'
import { StatusError } from '../../api/errors.ts'
import type { Client } from '../../client/client.ts'
import { type Controller, DONE, type Outcome, requeueAfter, type Source, watches } from '../../client/controller.ts'
import type { Informers } from '../../client/informers.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { retryLostRace } from '../lost-race.ts'
import { COMPONENT_LABEL, OWNER_LABEL, OWNER_NAMESPACE_LABEL } from './chart.ts'
import { type Installation, installationOf, UnknownProfile } from './installation.ts'
import { installedObjects } from './installed-objects.ts'
import { OverlayError } from './overlay.ts'

const FINALIZER = 'istio-finalizer.install.istio.io'
const RETRY_MS = 10_000
const INSTALLED: readonly Kind[] = [
  ConfigMap,
  Deployment,
  HorizontalPodAutoscaler,
  PodDisruptionBudget,
  Role,
  RoleBinding,
  Service,
  ServiceAccount,
] as readonly Kind[]

/**
 * Installs the Istio that an IstioOperator describes: the control plane, its configuration and gateways. What others
 * change in those objects stays until the IstioOperator itself changes; what they delete comes back.
 */
export class IstioOperatorController implements Controller {
  readonly name = 'istio-operator'
  readonly sources: readonly Source[] = [
    watches(IstioOperator as Kind),
    { kind: Deployment as Kind, keys: ownersOf },
    { kind: Service as Kind, keys: ownersOf },
  ]
  readonly workers = 1
  readonly #client: Client
  readonly #informers: Informers
  /** What was applied last, by key of the IstioOperator. */
  readonly #applied = new Map<string, readonly ApiObject[]>()

  constructor({ client, informers }: ClusterOptions) {
    this.#client = client
    this.#informers = informers
  }

  async reconcile(key: Key): Promise<Outcome> {
    const informer = this.#informers.of(IstioOperator)
    const operator = informer.get(key)
    if (operator === undefined) {
      this.#applied.delete(printKey(key))
      return DONE
    }
    if (operator.metadata.deletionTimestamp !== undefined) return this.#uninstall(operator)
    if (operator.metadata.finalizers?.includes(FINALIZER) !== true) {
      const { finalizers = [], resourceVersion } = operator.metadata
      const all = [...finalizers, FINALIZER]
      return retryLostRace(() => this.#patch(operator, { metadata: { finalizers: all, resourceVersion } }))
    }
    const status = await this.#install(operator)
    if (!deepEqual(operator.status, status)) await this.#patch(operator, { status })
    return status.status === 'ERROR' ? requeueAfter(RETRY_MS) : DONE
  }

  async #install(operator: IstioOperator): Promise<IstioOperatorStatus> {
    try {
      const installation = installationOf(operator)
      const wanted = installedObjects(installation).map((object) => ownedBy(object, operator))
      const name = printKey(keyOf(operator))
      const before = this.#applied.get(name)
      const isChanged = before === undefined || !deepEqual(before, wanted)
      for (const object of wanted) {
        if (isChanged || !this.#isThere(object)) await this.#client.apply(object, { force: true })
      }
      if (isChanged) await this.#prune(operator, wanted)
      this.#applied.set(name, wanted)
      return this.#statusOf(installation, wanted)
    } catch (error) {
      if (!isOfUser(error)) throw error
      return { status: 'ERROR', message: error.message }
    }
  }

  #isThere(object: ApiObject): boolean {
    return this.#informers.of(this.#client.kindOf(object)).get(keyOf(object)) !== undefined
  }

  /** Deletes what belongs to the operator and is not wanted any more. */
  async #prune(operator: IstioOperator, wanted: readonly ApiObject[]): Promise<void> {
    const { name, namespace = 'default' } = operator.metadata
    const labelSelector = `${OWNER_LABEL}=${name},${OWNER_NAMESPACE_LABEL}=${namespace}`
    const kept = new Set(wanted.map(identityOf))
    for (const kind of INSTALLED) {
      const { items } = await this.#client.list(kind, { labelSelector })
      for (const object of items) {
        const isKept = kept.has(`${kind.kind} ${printKey(keyOf(object))}`)
        if (!isKept) await this.#client.delete(kind, keyOf(object), { propagationPolicy: 'Background' })
      }
    }
  }

  async #uninstall(operator: IstioOperator): Promise<Outcome> {
    const { finalizers = [], resourceVersion } = operator.metadata
    if (!finalizers.includes(FINALIZER)) return DONE
    await this.#prune(operator, [])
    const others = finalizers.filter((finalizer) => finalizer !== FINALIZER)
    return retryLostRace(() => this.#patch(operator, { metadata: { finalizers: others, resourceVersion } }))
  }

  /** The kind has no subresource for its status. */
  async #patch(operator: IstioOperator, body: JsonObject): Promise<void> {
    await this.#client.patch(IstioOperator, keyOf(operator), { type: 'application/merge-patch+json', body })
  }

  /** A component is healthy once its Deployment has all the pods it wants. */
  #statusOf(installation: Installation, wanted: readonly ApiObject[]): IstioOperatorStatus {
    const componentStatus: Record<string, { status: OperatorState }> = {}
    if (installation.hasBase) componentStatus['Base'] = { status: 'HEALTHY' }
    for (const object of wanted) {
      if (object.kind !== 'Deployment') continue
      const component = object.metadata.labels?.[COMPONENT_LABEL] ?? ''
      const isHealthy = isAvailable(this.#informers.of(Deployment).get(keyOf(object)))
      const others = componentStatus[component]?.status ?? 'HEALTHY'
      componentStatus[component] = { status: isHealthy ? others : 'RECONCILING' }
    }
    const isHealthy = Object.values(componentStatus).every(({ status }) => status === 'HEALTHY')
    return { status: isHealthy ? 'HEALTHY' : 'RECONCILING', componentStatus }
  }
}

function ownedBy(object: ApiObject, { metadata }: IstioOperator): ApiObject {
  const labels = { ...object.metadata.labels, [OWNER_NAMESPACE_LABEL]: metadata.namespace ?? 'default' }
  return { ...object, metadata: { ...object.metadata, labels } }
}

function* ownersOf({ metadata: { labels } }: ApiObject): Generator<string> {
  const name = labels?.[OWNER_LABEL]
  const namespace = labels?.[OWNER_NAMESPACE_LABEL]
  if (name !== undefined && namespace !== undefined) yield printKey({ name, namespace })
}

function identityOf(object: ApiObject): string {
  return `${object.kind} ${printKey(keyOf(object))}`
}

function isAvailable(deployment: Deployment | undefined): boolean {
  const { replicas = 1 } = deployment?.spec ?? {}
  return (deployment?.status?.availableReplicas ?? 0) >= replicas
}

/** What the writer of the IstioOperator has to mend, and is told by its status. */
function isOfUser(error: unknown): error is Error {
  if (error instanceof StatusError) return error.code >= 400 && error.code < 500 && error.code !== 409
  return error instanceof UnknownProfile || error instanceof OverlayError || error instanceof PatchError
}
