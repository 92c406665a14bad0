import type { Endpoints } from '../../../api/kinds/core/endpoints.ts'
import type { Pod } from '../../../api/kinds/core/pod.ts'
import type { Service } from '../../../api/kinds/core/service.ts'
import type { EndpointSlice } from '../../../api/kinds/discovery/endpoint-slice.ts'
import type { TargetGroup } from '../target-group.ts'
import {
  type ClusterView,
  hostAndPort,
  type LabelSet,
  META,
  NAMESPACE_LABEL,
  objectLabels,
  sanitized,
} from './cluster-view.ts'
import { containerPortLabels, containersOf, podLabels } from './pod-targets.ts'
import { serviceLabels } from './service-targets.ts'

type Reference = { readonly kind?: string; readonly namespace?: string; readonly name?: string } | undefined

/** Both are kept in a slice's labels, as its controller writes it. */
export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name'

/** prometheus: discovery/kubernetes/endpoints.go */
export function endpointsGroup(endpoints: Endpoints, view: ClusterView): TargetGroup {
  const { namespace = '', name } = endpoints.metadata
  const service = view.service(namespace, name)
  const targets = new EndpointTargets(view)
  for (const { ports = [], addresses = [], notReadyAddresses = [] } of endpoints.subsets ?? []) {
    for (const port of ports) {
      for (const [list, ready] of [
        [addresses, 'true'],
        [notReadyAddresses, 'false'],
      ] as const) {
        for (const address of list) {
          const { targetRef, nodeName, hostname = '' } = address
          const labels: LabelSet = {
            __address__: hostAndPort(address.ip, port.port),
            [`${META}endpoint_port_name`]: port.name ?? '',
            [`${META}endpoint_port_protocol`]: port.protocol ?? '',
            [`${META}endpoint_ready`]: ready,
            ...referenceLabels('endpoint', targetRef),
            ...(nodeName !== undefined && { [`${META}endpoint_node_name`]: nodeName }),
            ...(hostname !== '' && { [`${META}endpoint_hostname`]: hostname }),
          }
          const node = nodeName ?? (targetRef?.kind === 'Node' ? targetRef.name : undefined)
          targets.add({ labels: { ...labels, ...view.nodeLabels(node) }, port: port.port, reference: targetRef })
        }
      }
    }
  }
  return {
    source: `endpoints/${namespace}/${name}`,
    targets: targets.all(),
    labels: {
      [NAMESPACE_LABEL]: namespace,
      ...(service !== undefined && serviceLabels(service)),
      ...objectLabels('endpoints', endpoints.metadata),
      ...view.namespaceLabels(namespace),
    },
  }
}

/** prometheus: discovery/kubernetes/endpointslice.go */
export function endpointSliceGroup(slice: EndpointSlice, view: ClusterView): TargetGroup {
  const { namespace = '', name, labels = {} } = slice.metadata
  const serviceName = labels[SERVICE_NAME_LABEL]
  const service = serviceName === undefined ? undefined : view.service(namespace, serviceName)
  const targets = new EndpointTargets(view)
  for (const endpoint of isSecondFamily(slice, service) ? [] : (slice.endpoints ?? [])) {
    const { targetRef, nodeName } = endpoint
    const node = targetRef?.kind === 'Node' ? targetRef.name : nodeName
    for (const port of slice.ports ?? []) {
      for (const address of endpoint.addresses) {
        targets.add({
          labels: {
            __address__: port.port === undefined ? address : hostAndPort(address, port.port),
            ...slicePortLabels(port),
            ...sliceEndpointLabels(endpoint),
            ...view.nodeLabels(node),
          },
          port: port.port,
          reference: targetRef,
        })
      }
    }
  }
  return {
    source: `endpointslice/${namespace}/${name}`,
    targets: targets.all(),
    labels: {
      [NAMESPACE_LABEL]: namespace,
      [`${META}endpointslice_address_type`]: slice.addressType,
      ...objectLabels('endpointslice', slice.metadata),
      ...(service !== undefined && serviceLabels(service)),
      ...view.namespaceLabels(namespace),
    },
  }
}

/** Targets of one object, with what the pods behind them say, and with those ports of the pods that no service names. */
class EndpointTargets {
  readonly #view: ClusterView
  readonly #targets: LabelSet[] = []
  readonly #pods = new Map<Pod, Set<number>>()

  constructor(view: ClusterView) {
    this.#view = view
  }

  add({ labels, port, reference }: { labels: LabelSet; port: number | undefined; reference: Reference }): void {
    const pod = this.#podOf(reference)
    if (pod === undefined) {
      this.#targets.push(labels)
      return
    }
    let ports = this.#pods.get(pod)
    if (ports === undefined) this.#pods.set(pod, (ports = new Set()))
    if (port !== undefined) ports.add(port)
    const target: LabelSet = { ...labels, ...podLabels(pod, this.#view) }
    for (const each of containersOf(pod)) {
      const match = each.container.ports?.find(({ containerPort }) => containerPort === port)
      if (match !== undefined) Object.assign(target, containerPortLabels(each, match))
    }
    this.#targets.push(target)
  }

  all(): readonly LabelSet[] {
    const others = [...this.#pods].flatMap(([pod, ports]) => this.#otherPorts(pod, ports))
    return [...this.#targets, ...others]
  }

  #otherPorts(pod: Pod, named: ReadonlySet<number>): LabelSet[] {
    const ip = pod.status?.podIP ?? ''
    if (ip === '') return []
    return containersOf(pod).flatMap((each) =>
      (each.container.ports ?? [])
        .filter(({ containerPort }) => !named.has(containerPort))
        .map((port) => ({
          __address__: hostAndPort(ip, port.containerPort),
          ...containerPortLabels(each, port),
          ...podLabels(pod, this.#view),
        })),
    )
  }

  #podOf(reference: Reference): Pod | undefined {
    if (reference?.kind !== 'Pod') return undefined
    return this.#view.pod(reference.namespace ?? '', reference.name ?? '')
  }
}

function referenceLabels(prefix: string, reference: Reference): LabelSet {
  if (reference === undefined) return {}
  return {
    [`${META}${prefix}_address_target_kind`]: reference.kind ?? '',
    [`${META}${prefix}_address_target_name`]: reference.name ?? '',
  }
}

type SlicePort = NonNullable<EndpointSlice['ports']>[number]
type SliceEndpoint = NonNullable<EndpointSlice['endpoints']>[number]

const SLICE = `${META}endpointslice_`

function slicePortLabels({ name, protocol, port, appProtocol }: SlicePort): LabelSet {
  return {
    ...(name !== undefined && { [`${SLICE}port_name`]: name }),
    ...(protocol !== undefined && { [`${SLICE}port_protocol`]: protocol }),
    ...(port !== undefined && { [`${SLICE}port`]: String(port) }),
    ...(appProtocol !== undefined && { [`${SLICE}port_app_protocol`]: appProtocol }),
  }
}

function sliceEndpointLabels(endpoint: SliceEndpoint): LabelSet {
  const { conditions = {}, hostname, targetRef, nodeName, zone, deprecatedTopology = {} } = endpoint
  const labels: LabelSet = {
    ...(hostname !== undefined && { [`${SLICE}endpoint_hostname`]: hostname }),
    ...referenceLabels('endpointslice', targetRef),
    ...(nodeName !== undefined && { [`${SLICE}endpoint_node_name`]: nodeName }),
    ...(zone !== undefined && { [`${SLICE}endpoint_zone`]: zone }),
  }
  for (const [name, value] of Object.entries(conditions)) labels[`${SLICE}endpoint_conditions_${name}`] = String(value)
  for (const [name, value] of Object.entries(deprecatedTopology)) {
    labels[`${SLICE}endpoint_topology_${sanitized(name)}`] = value
    labels[`${SLICE}endpoint_topology_present_${sanitized(name)}`] = 'true'
  }
  return labels
}

/** A service with two address families has a slice for each: the same pods are not to be scraped twice. */
function isSecondFamily({ addressType }: EndpointSlice, service: Service | undefined): boolean {
  const { ipFamilyPolicy, ipFamilies = [] } = service?.spec ?? {}
  const isDual = ipFamilyPolicy === 'PreferDualStack' || ipFamilyPolicy === 'RequireDualStack'
  return isDual && ipFamilies.length > 0 && addressType !== ipFamilies[0]
}
