import type { ApiObject } from '../../api/object.ts'
import type { ServiceEntry, WorkloadEntrySpec } from '../config/types/service-entry.ts'
import { isHttp2, type Traffic, trafficOf } from './protocol.ts'

/** A host that the mesh knows, whoever told it: a Service of Kubernetes or a ServiceEntry. */
export interface MeshService {
  readonly host: string
  readonly name: string
  readonly namespace: string
  readonly createdAt: string
  readonly labels: Readonly<Record<string, string>>
  readonly ports: readonly MeshPort[]
  /** Virtual addresses, also as CIDR; none: only the name, or the endpoints, lead to it. */
  readonly addresses: readonly string[]
  /** Given to it by istiod as it has none: for proxies that resolve their workload's names. */
  readonly allocated?: readonly string[]
  readonly endpoints: readonly MeshEndpoint[]
  readonly isHeadless: boolean
  /** The host that it is another name of. */
  readonly aliasOf?: string
  readonly exportTo: readonly string[]
  readonly fromKubernetes: boolean
  /** How a client finds who to connect to. `passthrough`: it goes on to the address that was called. */
  readonly resolution: 'endpoints' | 'passthrough' | 'dns'
  /** Workloads of the namespace that are its endpoints besides those that it lists. */
  readonly selector?: Readonly<Record<string, string>>
  readonly isExternal: boolean
  readonly subjectAltNames: readonly string[]
  readonly trafficDistribution?: string
}

export interface MeshPort {
  readonly number: number
  readonly name: string
  readonly traffic: Traffic
  /** Whether what is served is HTTP/2 from the first byte on, as gRPC is. */
  readonly isHttp2: boolean
  /** Where the workload listens, unless the endpoint says otherwise. */
  readonly targetPort: number
}

export interface MeshEndpoint {
  readonly address: string
  readonly labels: Readonly<Record<string, string>>
  /** Ports of the workload by name of the service's port. */
  readonly ports: Readonly<Record<string, number>>
  /** `namespace/name` of the pod that it is, where a slice says so: addresses of nodes are shared. */
  readonly pod?: string
  /** Relative to the others; absent: 1. */
  readonly weight?: number
  readonly locality?: string
  readonly serviceAccount?: string
}

/** core Service, in what the mesh reads. */
export interface KubernetesService extends ApiObject {
  readonly spec?: {
    readonly type?: string
    readonly externalName?: string
    readonly clusterIP?: string
    readonly clusterIPs?: readonly string[]
    readonly trafficDistribution?: string
    readonly ports?: readonly {
      readonly port: number
      readonly name?: string
      readonly targetPort?: number | string
      readonly appProtocol?: string
    }[]
  }
}

const EXPORT_TO = 'networking.istio.io/exportTo'
const AUTOALLOCATE = 'networking.istio.io/enable-autoallocate-ip'

export function serviceOfKubernetes(
  service: KubernetesService,
  options: { readonly domain: string; readonly endpoints: readonly MeshEndpoint[] },
): MeshService {
  const { name, namespace = 'default', annotations } = service.metadata
  const {
    type,
    externalName,
    clusterIP = '',
    clusterIPs = [clusterIP],
    ports = [],
    trafficDistribution,
  } = service.spec ?? {}
  const isHeadless = clusterIP === 'None'
  return {
    host: `${name}.${namespace}.svc.${options.domain}`,
    name,
    namespace,
    createdAt: service.metadata.creationTimestamp ?? '',
    labels: service.metadata.labels ?? {},
    ports: ports.map((port) => ({
      number: port.port,
      name: port.name ?? '',
      traffic: trafficOf({ name: port.name ?? '', protocol: port.appProtocol }),
      isHttp2: isHttp2({ name: port.name ?? '', protocol: port.appProtocol }),
      targetPort: typeof port.targetPort === 'number' ? port.targetPort : port.port,
    })),
    addresses: clusterIPs.filter((address) => address !== '' && address !== 'None'),
    endpoints: options.endpoints,
    isHeadless,
    resolution: isHeadless ? 'passthrough' : 'endpoints',
    isExternal: false,
    subjectAltNames: [],
    ...(trafficDistribution !== undefined && { trafficDistribution }),
    ...(type === 'ExternalName' && externalName !== undefined && { aliasOf: externalName }),
    exportTo: splitList(annotations?.[EXPORT_TO]),
    fromKubernetes: true,
  }
}

/** One service for each host. */
export function servicesOfEntry(entry: ServiceEntry): readonly MeshService[] {
  const { name, namespace = 'default' } = entry.metadata
  const { hosts = [], addresses = [], endpoints = [], exportTo = [], ports: written = [] } = entry.spec ?? {}
  const { resolution, workloadSelector, location, subjectAltNames = [] } = entry.spec ?? {}
  const ports = written.map((port) => ({
    number: port.number,
    name: port.name ?? '',
    traffic: trafficOf(port),
    isHttp2: isHttp2(port),
    targetPort: port.targetPort ?? port.number,
  }))
  const shared = {
    name,
    namespace,
    createdAt: entry.metadata.creationTimestamp ?? '',
    labels: entry.metadata.labels ?? {},
    ports,
    addresses,
    endpoints: endpoints.map(endpointOfEntry),
    isHeadless: false,
    resolution: RESOLUTION[resolution ?? 'NONE'],
    ...(workloadSelector?.labels && { selector: workloadSelector.labels }),
    isExternal: location !== 'MESH_INTERNAL',
    subjectAltNames,
    exportTo,
    fromKubernetes: false,
  }
  const given = isGivenAddresses(entry) ? (entry.status?.addresses ?? []) : []
  return hosts.map((host) => {
    const own = given.flatMap(({ value, host: of = host }) => (value !== undefined && of === host ? [value] : []))
    return { ...shared, host: host.toLowerCase(), ...(own.length > 0 && { allocated: own }) }
  })
}

/** Whether a controller gives it addresses. Rules: istio/istio pilot/pkg/networking/serviceentry/ip_autoallocation.go. */
export function isGivenAddresses({ metadata, spec }: ServiceEntry): boolean {
  const { addresses = [], resolution = 'NONE' } = spec ?? {}
  const isRefused = metadata.labels?.[AUTOALLOCATE]?.toLowerCase() === 'false'
  return addresses.length === 0 && resolution !== 'NONE' && !isRefused
}

const RESOLUTION = {
  NONE: 'passthrough',
  STATIC: 'endpoints',
  DNS: 'dns',
  DNS_ROUND_ROBIN: 'dns',
  DYNAMIC_DNS: 'dns',
} as const

function endpointOfEntry(entry: WorkloadEntrySpec): MeshEndpoint {
  const { address = '', labels = {}, ports = {}, weight, locality, serviceAccount } = entry
  return {
    address,
    labels,
    ports,
    ...(weight !== undefined && weight > 0 && { weight }),
    ...(locality !== undefined && { locality }),
    ...(serviceAccount !== undefined && { serviceAccount }),
  }
}

/** The port of the workload behind a port of the service. */
export function targetPortOf(endpoint: MeshEndpoint, port: MeshPort): number {
  return endpoint.ports[port.name] ?? port.targetPort
}

function splitList(text: string | undefined): readonly string[] {
  return (text ?? '').split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]))
}
