import { isPodReady } from '../../api/kinds/pod-spec/pod-state.ts'
import type { DiscoveryEndpointPort, Endpoint, Pod, Service, ServicePort } from '../../api/types.generated.ts'

/** Endpoints that share one set of resolved ports: what one group of EndpointSlices lists. */
export interface EndpointGroup {
  readonly ports: readonly DiscoveryEndpointPort[]
  readonly endpoints: readonly Endpoint[]
}

/**
 * The endpoints of a Service: one for each of its pods that has an address and has not ended, grouped by what the
 * Service's ports come to on each pod (k8s.io/kubernetes pkg/controller/endpointslice, staging/src/k8s.io/endpointslice).
 * `zoneOf` says in which zone a node is.
 */
export function endpointGroups(
  service: Service,
  pods: readonly Pod[],
  zoneOf: (nodeName: string) => string | undefined,
): readonly EndpointGroup[] {
  const groups = new Map<string, { ports: readonly DiscoveryEndpointPort[]; endpoints: Endpoint[] }>()
  for (const pod of pods) {
    if (!belongs(pod)) continue
    const ports = portsOn(service, pod)
    // A service whose named ports none of this pod's containers has leads nowhere on it.
    if (ports.length === 0 && (service.spec.ports ?? []).length > 0) continue
    const key = JSON.stringify(ports)
    let group = groups.get(key)
    if (group === undefined) groups.set(key, (group = { ports, endpoints: [] }))
    group.endpoints.push(endpointOf(service, pod, zoneOf))
  }
  if (groups.size === 0) return [{ ports: [], endpoints: [] }]
  return [...groups.values()]
}

function belongs({ status }: Pod): boolean {
  return (status?.podIP ?? '') !== '' && status?.phase !== 'Succeeded' && status?.phase !== 'Failed'
}

function endpointOf(service: Service, pod: Pod, zoneOf: (nodeName: string) => string | undefined): Endpoint {
  const { name, namespace, uid, deletionTimestamp } = pod.metadata
  const serving = isPodReady(pod)
  const terminating = deletionTimestamp !== undefined
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating)
  const nodeName = pod.spec.nodeName
  const zone = nodeName === undefined ? undefined : zoneOf(nodeName)
  const hostname = pod.spec.hostname
  const isNamed = hostname !== undefined && pod.spec.subdomain === service.metadata.name
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: { ready, serving, terminating },
    ...(isNamed ? { hostname } : {}),
    ...(nodeName === undefined ? {} : { nodeName }),
    targetRef: {
      kind: 'Pod',
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
    },
    ...(zone === undefined ? {} : { zone }),
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
