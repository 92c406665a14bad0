import type { Kind } from '../../api/kind.ts'
import { Node } from '../../api/kinds/core/node.ts'
import { Service } from '../../api/kinds/core/service.ts'
import { EndpointSlice } from '../../api/kinds/discovery/endpoint-slice.ts'
import { type ApiObject, type Key, printKey } from '../../api/object.ts'
import { deepEqual } from '../../base/equal.ts'
import { type Client, controllerReference } from '../../client/client.ts'
import {
  type Controller,
  type ControllerContext,
  DONE,
  type Outcome,
  requeueAfter,
  type Source,
} from '../../client/controller.ts'
import type { Informers } from '../../client/informers.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { retryLostRace } from '../lost-race.ts'
import { BackingPods } from './backing-pods.ts'
import { planSlices, type SliceContent, type SlicePlan } from './plan-slices.ts'
import { type AddressType, addressTypesOf, endpointGroups } from './service-endpoints.ts'
import { withHints } from './traffic-hints.ts'
import { TRIGGER_TIME } from './trigger-times.ts'

export const SERVICE_LABEL = 'kubernetes.io/service-name'
export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by'
export const HEADLESS_LABEL = 'service.kubernetes.io/headless'
const MANAGER = 'endpointslice-controller.k8s.io'
const RESERVED_LABELS: ReadonlySet<string> = new Set([SERVICE_LABEL, MANAGED_BY_LABEL, HEADLESS_LABEL])
/** When to look again for a node that a pod names and nobody knows. */
const NODE_RETRY_MS = 1_000

/** Lists the pods behind every Service that selects some (k8s.io/kubernetes pkg/controller/endpointslice). */
export class EndpointSliceController implements Controller {
  readonly name = 'endpointslice'
  readonly sources: readonly Source[]
  readonly #client: Client
  readonly #informers: Informers
  readonly #backing: BackingPods

  constructor({ client, informers, clock }: Pick<ClusterOptions, 'client' | 'informers' | 'clock'>) {
    this.#client = client
    this.#informers = informers
    this.#backing = new BackingPods({ informers, clock })
    this.sources = [...this.#backing.sources, { kind: EndpointSlice, keys: serviceOf }]
  }

  async start({ informers }: ControllerContext): Promise<void> {
    informers.of(EndpointSlice).addIndex('service', (slice) => serviceOf(slice))
    informers.of(Node)
    this.#backing.start()
    await informers.synced()
  }

  async reconcile(key: Key): Promise<Outcome> {
    const service = this.#informers.of(Service).get(key)
    if (service === undefined) {
      this.#backing.forget(key)
      return DONE
    }
    const backing = this.#backing.of(service)
    if ('instead' in backing) return backing.instead
    const { pods, triggerTime } = backing
    const slices = this.#informers.of(EndpointSlice).byIndex('service', printKey(key))
    const types = addressTypesOf(service)
    let isComplete = true
    const outcome = await retryLostRace(async () => {
      for (const addressType of types) {
        const all = endpointGroups(service, pods, { addressType, nodeOf: (name) => this.#nodeOf(name) })
        isComplete &&= all.isComplete
        const groups = all.groups.map((group) => withHints(group, service))
        const own = slices.filter((slice) => slice.addressType === addressType)
        const [owned, foreign] = partition(own, (slice) => isOwnedBy(slice, service))
        const plan = planSlices(groups, owned, (slice) => !deepEqual(ownLabels(slice), ownLabels(service)))
        await this.#carryOut(service, plan, { addressType, triggerTime })
        for (const slice of foreign) await this.#remove(slice)
      }
      for (const slice of slices)
        if (!(types as readonly string[]).includes(slice.addressType)) await this.#remove(slice)
    })
    return outcome === DONE && !isComplete ? requeueAfter(NODE_RETRY_MS) : outcome
  }

  async #carryOut(
    service: Service,
    { create, update, remove }: SlicePlan,
    { addressType, triggerTime }: { addressType: AddressType; triggerTime: string | undefined },
  ): Promise<void> {
    if (service.metadata.deletionTimestamp === undefined) {
      for (const content of create) {
        await this.#client.create(newSlice(service, content, { addressType, triggerTime }))
      }
    }
    for (const { slice, ports, endpoints } of update) {
      const { annotations: _, ...metadata } = slice.metadata
      const annotations = annotationsOf(slice, triggerTime)
      await this.#client.update<EndpointSlice>({
        ...slice,
        metadata: { ...metadata, labels: labelsFor(service), ...(annotations === undefined ? {} : { annotations }) },
        endpoints,
        ports,
      })
    }
    for (const slice of remove) await this.#remove(slice)
  }

  #nodeOf(name: string): Node | undefined {
    return this.#informers.of(Node).get({ name })
  }

  #remove(slice: EndpointSlice): Promise<void> {
    return this.#client.delete(EndpointSlice as unknown as Kind, slice.metadata)
  }
}

function newSlice(
  service: Service,
  { ports, endpoints }: SliceContent,
  { addressType, triggerTime }: { addressType: AddressType; triggerTime: string | undefined },
): EndpointSlice {
  const { name, namespace } = service.metadata
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: '',
      generateName: `${name}-`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: labelsFor(service),
      ...(triggerTime === undefined ? {} : { annotations: { [TRIGGER_TIME]: triggerTime } }),
      ownerReferences: [controllerReference(service)],
    },
    addressType,
    endpoints,
    ports,
  }
}

/** A slice has its Service's labels, and some of its own. */
function labelsFor(service: Service): Readonly<Record<string, string>> {
  const { clusterIP = '' } = service.spec
  return {
    ...ownLabels(service),
    [MANAGED_BY_LABEL]: MANAGER,
    [SERVICE_LABEL]: service.metadata.name,
    ...(clusterIP === '' || clusterIP === 'None' ? { [HEADLESS_LABEL]: '' } : {}),
  }
}

function ownLabels({ metadata: { labels = {} } }: ApiObject): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !RESERVED_LABELS.has(name)))
}

function annotationsOf(
  { metadata: { annotations = {} } }: EndpointSlice,
  triggerTime: string | undefined,
): Readonly<Record<string, string>> | undefined {
  const { [TRIGGER_TIME]: _, ...others } = annotations
  if (triggerTime !== undefined) return { ...others, [TRIGGER_TIME]: triggerTime }
  return Object.keys(others).length === 0 ? undefined : others
}

function isOwnedBy({ metadata }: EndpointSlice, service: Service): boolean {
  return metadata.ownerReferences?.some(({ uid, kind }) => uid === service.metadata.uid && kind === 'Service') === true
}

function partition<T>(items: readonly T[], belongs: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(belongs), items.filter((item) => !belongs(item))]
}

/** Slices of this controller lead to their Service. */
function serviceOf({ metadata: { labels, namespace } }: ApiObject): readonly string[] {
  const name = labels?.[SERVICE_LABEL]
  return name === undefined || labels?.[MANAGED_BY_LABEL] !== MANAGER ? [] : [printKey({ namespace, name })]
}
