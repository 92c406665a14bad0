import { isPodReady, isTerminal } from '../../api/kinds/pod-spec/pod-state.ts'
import type { DiscoveryEndpointPort, Endpoint, Node, Pod, Service, ServicePort } from '../../api/types.generated.ts'

export type AddressType = 'IPv4' | 'IPv6'

const ZONE_LABEL = 'topology.kubernetes.io/zone'

/** Endpoints that share one set of resolved ports: what one group of EndpointSlices lists. */
export interface EndpointGroup {
  readonly ports: readonly DiscoveryEndpointPort[]
  readonly endpoints: readonly Endpoint[]
}

/**
 * The endpoints of a Service: one for each of its pods that has an address and has not ended, grouped by what the
 * Service's ports come to on each pod (k8s.io/endpointslice reconciler.go). A pod whose node is not known is left out,
 * unless the Service wants to see all pods; `isComplete` is false then.
 */
export function endpointGroups(
  service: Service,
  pods: readonly Pod[],
  { addressType, nodeOf }: { addressType: AddressType; nodeOf: (name: string) => Node | undefined },
): { readonly groups: readonly EndpointGroup[]; readonly isComplete: boolean } {
  const groups = new Map<string, { ports: readonly DiscoveryEndpointPort[]; endpoints: Endpoint[] }>()
  let isComplete = true
  for (const pod of pods) {
    if (!isListed(pod, { withTerminating: true })) continue
    const ports = portsOn(service, pod)
    const key = portsKey(ports)
    let group = groups.get(key)
    if (group === undefined) groups.set(key, (group = { ports, endpoints: [] }))
    const node = nodeOf(pod.spec.nodeName ?? '')
    if (node === undefined && service.spec.publishNotReadyAddresses !== true) {
      isComplete = false
      continue
    }
    const addresses = addressesOf(pod, addressType)
    if (addresses.length > 0) group.endpoints.push(endpointOf(service, pod, { addresses, node }))
  }
  return { groups: [...groups.values()], isComplete }
}

/** Which families of addresses a Service is reached by. */
export function addressTypesOf({ spec }: Service): readonly AddressType[] {
  const families = (spec.ipFamilies ?? []).filter((family): family is AddressType => family !== '')
  if (families.length > 0) return families
  return spec.clusterIP?.includes(':') === true ? ['IPv6'] : ['IPv4']
}

export function isListed(pod: Pod, { withTerminating }: { withTerminating: boolean }): boolean {
  if (isTerminal(pod)) return false
  if ((pod.status?.podIP ?? '') === '' && (pod.status?.podIPs ?? []).length === 0) return false
  return withTerminating || pod.metadata.deletionTimestamp === undefined
}

export function addressesOf({ status }: Pod, addressType: AddressType): readonly string[] {
  const all = status?.podIPs?.map(({ ip }) => ip) ?? (status?.podIP === undefined ? [] : [status.podIP])
  return all.filter((ip) => ip.includes(':') === (addressType === 'IPv6'))
}

/** Pods with a name of their own are found by it below their Service's name. */
export function hostnameIn({ spec }: Pod, service: Service): string | undefined {
  const { hostname = '', subdomain } = spec
  return hostname !== '' && subdomain === service.metadata.name ? hostname : undefined
}

function endpointOf(
  service: Service,
  pod: Pod,
  { addresses, node }: { addresses: readonly string[]; node: Node | undefined },
): Endpoint {
  const { name, namespace, uid, deletionTimestamp } = pod.metadata
  const serving = isPodReady(pod)
  const terminating = deletionTimestamp !== undefined
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating)
  const { nodeName } = pod.spec
  const zone = node?.metadata.labels?.[ZONE_LABEL] ?? ''
  const hostname = hostnameIn(pod, service)
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    targetRef: {
      kind: 'Pod',
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
    },
    ...(zone === '' ? {} : { zone }),
  }
}

function portsOn(service: Service, pod: Pod): readonly DiscoveryEndpointPort[] {
  return (service.spec.ports ?? []).flatMap((port) => {
    const number = targetPortOn(port, pod)
    if (number === undefined) return []
    const { name = '', protocol = 'TCP', appProtocol } = port
    return [{ name, port: number, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) }]
  })
}

/** The same for the same ports, whatever their order. */
export function portsKey(ports: readonly DiscoveryEndpointPort[]): string {
  return ports
    .map(({ name = '', port = 0, protocol = 'TCP', appProtocol = '' }) => `${name} ${port} ${protocol} ${appProtocol}`)
    .toSorted()
    .join(',')
}

/** A named target port is looked up in the pod's containers, sidecars among them. */
export function targetPortOn({ targetPort, port, protocol = 'TCP' }: ServicePort, pod: Pod): number | undefined {
  if (typeof targetPort === 'number') return targetPort === 0 ? port : targetPort
  if (targetPort === undefined || targetPort === '') return port
  const sidecars = (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  for (const container of [...pod.spec.containers, ...sidecars]) {
    const found = container.ports?.find((one) => one.name === targetPort && (one.protocol ?? 'TCP') === protocol)
    if (found !== undefined) return found.containerPort
  }
  return undefined
}
