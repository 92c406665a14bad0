import { EndpointSlice } from '../../api/kinds/discovery/endpoint-slice.ts'
import { Node } from '../../api/kinds/core/node.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { Service } from '../../api/kinds/core/service.ts'
import { type ApiObject, type Key, printKey } from '../../api/object.ts'
import { type Client, controllerReference } from '../../client/client.ts'
import {
  type Controller,
  type ControllerContext,
  DONE,
  type Outcome,
  type Source,
  watches,
} from '../../client/controller.ts'
import type { Informers } from '../../client/informers.ts'
import { type Clock, printTime } from '../../world/clock.ts'
import { planSlices } from './plan-slices.ts'
import { endpointGroups } from './service-endpoints.ts'
import { ServiceSelectors } from './service-selectors.ts'

export const SERVICE_LABEL = 'kubernetes.io/service-name'
export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by'
const MANAGER = 'endpointslice-controller.k8s.io'
const ZONE_LABEL = 'topology.kubernetes.io/zone'

/** Lists the pods behind every Service that selects some (k8s.io/kubernetes pkg/controller/endpointslice). */
export class EndpointSliceController implements Controller {
  readonly name = 'endpointslice'
  readonly sources: readonly Source[]
  readonly #client: Client
  readonly #informers: Informers
  readonly #clock: Clock
  readonly #selectors: ServiceSelectors

  constructor(options: { client: Client; informers: Informers; clock: Clock }) {
    this.#client = options.client
    this.#informers = options.informers
    this.#clock = options.clock
    this.#selectors = new ServiceSelectors(options.informers)
    this.sources = [
      watches(Service),
      {
        kind: Pod,
        keys: (pod, old) => (matters(pod as Pod, old as Pod | undefined) ? this.#selectors.servicesOf(pod, old) : []),
      },
      { kind: EndpointSlice, keys: serviceOf },
    ]
  }

  start({ informers }: ControllerContext): void {
    informers.of(EndpointSlice).addIndex('service', (slice) => serviceOf(slice))
    informers.of(Node)
    this.#selectors.start()
  }

  async reconcile(key: Key): Promise<Outcome> {
    const service = this.#informers.of(Service).get(key)
    if (service === undefined || service.metadata.deletionTimestamp !== undefined) return DONE
    const slices = this.#informers.of(EndpointSlice).byIndex('service', printKey(key))
    if (service.spec.selector === undefined || service.spec.type === 'ExternalName') return DONE
    const groups = endpointGroups(service, this.#selectors.podsOf(service), (node) => this.#zoneOf(node))
    const { create, update, remove } = planSlices(groups, slices)
    for (const { ports, endpoints } of create) await this.#client.create(this.#sliceOf(service, { ports, endpoints }))
    for (const { slice, endpoints } of update) await this.#client.update({ ...slice, endpoints })
    for (const slice of remove) await this.#client.deleteObject(slice)
    return DONE
  }

  #zoneOf(name: string): string | undefined {
    return this.#informers.of(Node).get({ name })?.metadata.labels?.[ZONE_LABEL]
  }

  #sliceOf(service: Service, { ports, endpoints }: Pick<EndpointSlice, 'ports' | 'endpoints'>): EndpointSlice {
    const { name, namespace, labels = {} } = service.metadata
    const isHeadless = service.spec.clusterIP === 'None'
    return {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: '',
        generateName: `${name}-`,
        ...(namespace === undefined ? {} : { namespace }),
        labels: {
          ...labels,
          [MANAGED_BY_LABEL]: MANAGER,
          [SERVICE_LABEL]: name,
          ...(isHeadless ? { 'service.kubernetes.io/headless': '' } : {}),
        },
        annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': printTime(this.#clock.now()) },
        ownerReferences: [controllerReference(service)],
      },
      addressType: 'IPv4',
      ...(endpoints === undefined ? {} : { endpoints }),
      ...(ports === undefined ? {} : { ports }),
    }
  }
}

/** Slices of this controller lead to their Service. */
function serviceOf({ metadata: { labels, namespace } }: ApiObject): readonly string[] {
  const name = labels?.[SERVICE_LABEL]
  return name === undefined || labels?.[MANAGED_BY_LABEL] !== MANAGER ? [] : [printKey({ namespace, name })]
}

/** Most changes of a pod's status say nothing new to its services. */
function matters(pod: Pod, old: Pod | undefined): boolean {
  if (old === undefined) return true
  return (
    pod.status?.podIP !== old.status?.podIP ||
    pod.status?.phase !== old.status?.phase ||
    pod.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
    pod.metadata.labels !== old.metadata.labels ||
    pod.spec !== old.spec ||
    readyStatus(pod) !== readyStatus(old)
  )
}

function readyStatus({ status }: Pod): string | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status
}
