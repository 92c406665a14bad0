import type { ApiObject } from '../../api/object.ts'
import { isObject } from '../../api/patch/json-value.ts'
import { parseLocality } from '../balance/locality.ts'
import { type ProxyMetadataSources, proxyMetadataOf } from '../config/proxy-metadata.ts'
import { readTopology } from '../config/types/gateway-topology.ts'
import { ownProxyConfig } from '../config/types/proxy-config.ts'
import type { WorkloadEntry } from '../config/types/service-entry.ts'
import type { Workload } from './workload.ts'

/** core Pod, in what the mesh reads. */
export interface MeshPod extends ApiObject {
  readonly spec?: {
    readonly serviceAccountName?: string
    readonly nodeName?: string
    readonly hostNetwork?: boolean
    readonly containers?: readonly { readonly name: string }[]
    readonly initContainers?: readonly { readonly name: string }[]
  }
  readonly status?: {
    readonly podIP?: string
    readonly podIPs?: readonly { readonly ip?: string }[]
    readonly phase?: string
  }
}

export interface WorkloadContext extends ProxyMetadataSources {
  readonly trustDomain: string
  readonly clusterName: string
  /** Labels of the namespace that the workload is in. */
  readonly namespaceLabels: Readonly<Record<string, string>>
  /** Labels of its node. */
  readonly nodeLabels: Readonly<Record<string, string>>
}

/** What injection calls the proxy's container. */
export const PROXY_CONTAINER = 'istio-proxy'
const SIDECAR_STATUS = 'sidecar.istio.io/status'
const INJECT = 'sidecar.istio.io/inject'
const TLS_MODE = 'security.istio.io/tlsMode'
const REVISION = 'istio.io/rev'

/** Undefined while it has no address, and when it has run to its end. */
export function workloadOfPod(pod: MeshPod, context: WorkloadContext): Workload | undefined {
  const { name, namespace = 'default', labels = {}, annotations } = pod.metadata
  const { podIP, podIPs = [], phase } = pod.status ?? {}
  const addresses = [...new Set([podIP, ...podIPs.map(({ ip }) => ip)])].filter((address) => address !== undefined)
  if (addresses.length === 0 || phase === 'Succeeded' || phase === 'Failed') return undefined
  const { nodeLabels, trustDomain, clusterName } = context
  const owner = ownerOf(pod) ?? name
  const type = isGateway(pod) ? 'gateway' : 'sidecar'
  const proxyConfig = ownProxyConfig(annotations)
  const { proxyHeaders } = proxyConfig
  const proxyMetadata = proxyMetadataOf({ namespace, labels, annotations }, context)
  return {
    name: owner,
    namespace,
    labels,
    serviceAccount: pod.spec?.serviceAccountName ?? 'default',
    addresses,
    trustDomain,
    hasSidecar: type === 'gateway' || hasSidecar(pod, context.namespaceLabels),
    type,
    canonicalName: canonicalNameOf(labels, owner),
    canonicalRevision: canonicalRevisionOf(labels),
    cluster: clusterName,
    locality: {
      region: nodeLabels['topology.kubernetes.io/region'] ?? '',
      zone: nodeLabels['topology.kubernetes.io/zone'] ?? '',
      subzone: nodeLabels['topology.istio.io/subzone'] ?? '',
    },
    ...(type === 'gateway' && 'gatewayTopology' in proxyConfig && { topology: readTopology(proxyConfig) }),
    ...(isObject(proxyHeaders) && { proxyHeaders }),
    ...(proxyMetadata !== undefined && { proxyMetadata }),
  }
}

/** A machine outside of Kubernetes. It has a sidecar where its labels say so. */
export function workloadOfEntry(entry: WorkloadEntry, context: WorkloadContext): Workload | undefined {
  const { name, namespace = 'default' } = entry.metadata
  const { address = '', labels = {}, locality = '', serviceAccount = 'default' } = entry.spec ?? {}
  if (address === '') return undefined
  const proxyMetadata = proxyMetadataOf({ namespace, labels, annotations: entry.metadata.annotations }, context)
  return {
    name,
    namespace,
    labels,
    serviceAccount: serviceAccount === '' ? 'default' : serviceAccount,
    addresses: [address],
    trustDomain: context.trustDomain,
    hasSidecar: labels[TLS_MODE] === 'istio',
    type: 'sidecar',
    canonicalName: canonicalNameOf(labels, name),
    canonicalRevision: canonicalRevisionOf(labels),
    cluster: context.clusterName,
    locality: parseLocality(locality),
    ...(proxyMetadata !== undefined && { proxyMetadata }),
  }
}

/** Whether anything that the mesh reads of a pod differs. */
export function isSameForMesh(a: MeshPod | undefined, b: MeshPod | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return (
    a.metadata.labels === b.metadata.labels &&
    a.metadata.annotations === b.metadata.annotations &&
    a.spec === b.spec &&
    a.status?.podIP === b.status?.podIP &&
    (a.status?.podIPs === b.status?.podIPs || a.status?.podIPs?.length === b.status?.podIPs?.length) &&
    a.status?.phase === b.status?.phase
  )
}

/**
 * What was injected says it; else what injection would do: the pod's label, then the namespace's.
 * istio/istio pkg/kube/inject/inject.go.
 */
export function hasSidecar(pod: MeshPod, namespaceLabels: Readonly<Record<string, string>>): boolean {
  const { labels = {}, annotations = {} } = pod.metadata
  if (labels[TLS_MODE] !== undefined) return labels[TLS_MODE] === 'istio'
  if (annotations[SIDECAR_STATUS] !== undefined) return true
  const { containers = [], initContainers = [], hostNetwork } = pod.spec ?? {}
  if ([...containers, ...initContainers].some(({ name }) => name === PROXY_CONTAINER)) return true
  if (hostNetwork === true) return false
  const said = labels[INJECT] ?? annotations[INJECT]
  if (said !== undefined) return said === 'true'
  if (namespaceLabels['istio-injection'] !== undefined) return namespaceLabels['istio-injection'] === 'enabled'
  return labels[REVISION] !== undefined || namespaceLabels[REVISION] !== undefined
}

/** Gateways are injected by a template of their own, or come with the operator's labels. */
export function isGateway({ metadata, spec }: MeshPod): boolean {
  if (metadata.annotations?.['inject.istio.io/templates'] === 'gateway') return true
  if (metadata.labels?.['gateway.networking.k8s.io/gateway-name'] !== undefined) return true
  const { containers = [] } = spec ?? {}
  return containers.length === 1 && containers[0]?.name === PROXY_CONTAINER
}

/** The Deployment of a ReplicaSet, the CronJob of a Job; else the owner itself. */
function ownerOf({ metadata }: MeshPod): string | undefined {
  const { ownerReferences = [], labels = {} } = metadata
  const owner = ownerReferences.find(({ controller }) => controller === true)
  if (owner === undefined) return undefined
  const hash = labels['pod-template-hash'] ?? labels['rollouts-pod-template-hash']
  const isOfTemplate = owner.kind === 'ReplicaSet' && hash !== undefined && owner.name.endsWith(`-${hash}`)
  if (isOfTemplate) return owner.name.slice(0, -hash.length - 1)
  return owner.kind === 'Job' ? owner.name.replace(/-\d{8,}$/, '') : owner.name
}

/** istio/istio pkg/model/labels.go. */
function canonicalNameOf(labels: Readonly<Record<string, string>>, name: string): string {
  return labels['service.istio.io/canonical-name'] ?? labels['app.kubernetes.io/name'] ?? labels['app'] ?? name
}

function canonicalRevisionOf(labels: Readonly<Record<string, string>>): string {
  return (
    labels['service.istio.io/canonical-revision'] ??
    labels['app.kubernetes.io/version'] ??
    labels['version'] ??
    'latest'
  )
}
