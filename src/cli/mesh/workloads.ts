import { type ApiObject, controllerOf } from '../../api/object.ts'
import type { MeshConfig } from '../../mesh/config/mesh-config.ts'
import type { ProxyConfig } from '../../mesh/config/types/proxy-config.ts'
import { type MeshPod, workloadOfPod } from '../../mesh/registry/pod-workload.ts'
import type { Workload } from '../../mesh/registry/workload.ts'

/** What sends and receives: pods of one Deployment, StatefulSet, …, that have the same labels. */
export interface MeshWorkload extends Workload {
  readonly replicas: number
}

/** core Pod, in what a file says of it. */
export interface WrittenPod extends ApiObject {
  readonly spec?: Omit<NonNullable<MeshPod['spec']>, 'containers'> & {
    readonly containers?: readonly {
      readonly name: string
      readonly ports?: readonly { readonly name?: string; readonly containerPort?: number }[]
    }[]
  }
  readonly status?: NonNullable<MeshPod['status']>
}

interface PodTemplate {
  readonly metadata?: Partial<ApiObject['metadata']>
  readonly spec?: NonNullable<WrittenPod['spec']>
}

interface Templated extends ApiObject {
  readonly spec?: {
    readonly replicas?: number
    readonly template?: PodTemplate
    readonly jobTemplate?: { readonly spec?: { readonly template?: PodTemplate } }
  }
}

const TEMPLATED = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Rollout', 'Job', 'CronJob'])
const INJECTION = 'sidecar.istio.io/inject'
/** Notes on a made-up pod how many it stands for. */
const REPLICAS = 'dabba.dev/replicas'

/** One running pod for each template and each pod in manifests; their addresses are made up. */
export function madePods(objects: readonly ApiObject[]): readonly WrittenPod[] {
  const annotations = nobodyInjects(objects) ? { [INJECTION]: 'true' } : {}
  const written = objects.filter(({ kind }) => TEMPLATED.has(kind) || kind === 'Pod') as readonly Templated[]
  return written.map((object, index) => {
    const { name, namespace = 'default' } = object.metadata
    const template = templateOf(object)
    const owner = { apiVersion: object.apiVersion, kind: object.kind, name, uid: '', controller: true }
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: object.kind === 'Pod' ? name : `${name}-0`,
        namespace,
        labels: template.metadata?.labels ?? {},
        annotations: {
          ...annotations,
          ...template.metadata?.annotations,
          [REPLICAS]: String(object.spec?.replicas ?? 1),
        },
        ...(object.kind !== 'Pod' && { ownerReferences: [owner] }),
      },
      spec: template.spec ?? {},
      status: { phase: 'Running', podIP: madeUpAddress(index + 1) },
    }
  })
}

/** Pods of one owner with the same labels are one workload. */
export function workloadsOf(objects: readonly ApiObject[], mesh: MeshConfig): readonly MeshWorkload[] {
  const labels = new Map(
    objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => [metadata.name, metadata.labels ?? {}]),
  )
  const pods = objects.filter(({ kind }) => kind === 'Pod') as readonly WrittenPod[]
  const groups = Map.groupBy(pods, ({ metadata, ...pod }) => {
    const owner = controllerOf({ metadata, ...pod })?.name ?? metadata.name
    return JSON.stringify([metadata.namespace, owner])
  })
  const { trustDomain = 'cluster.local', clusterName = 'Kubernetes', proxyMetadata, rootNamespace } = mesh
  const proxyConfigs = objects.filter(({ kind }) => kind === 'ProxyConfig') as readonly ProxyConfig[]
  const shared = { trustDomain, clusterName, proxyMetadata, rootNamespace, proxyConfigs, nodeLabels: {} }
  return [...groups.values()].flatMap((group) => {
    const running = group.flatMap((pod) => {
      const namespaceLabels = labels.get(pod.metadata.namespace ?? 'default') ?? {}
      return workloadOfPod(pod, { ...shared, namespaceLabels }) ?? []
    })
    const [first] = running
    if (first === undefined) return []
    const said = group[0]?.metadata.annotations?.[REPLICAS]
    const addresses = running.flatMap((workload) => workload.addresses)
    return [{ ...first, addresses, replicas: said === undefined ? running.length : Number(said) }]
  })
}

/** The EndpointSlices that Services would have with these pods behind them. */
export function endpointSlices(objects: readonly ApiObject[], pods: readonly WrittenPod[]): readonly ApiObject[] {
  return objects.flatMap((object) => {
    const { selector, ports = [] } = (object as ServiceWithSelector).spec ?? {}
    if (object.kind !== 'Service' || selector === undefined) return []
    const { name, namespace = 'default' } = object.metadata
    return pods
      .filter(({ metadata }) => metadata.namespace === namespace && selects(selector, metadata.labels ?? {}))
      .filter(({ metadata }) => metadata.annotations?.[REPLICAS] !== '0')
      .map((pod) => ({
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { name: `${name}-${pod.metadata.name}`, namespace, labels: { 'kubernetes.io/service-name': name } },
        addressType: 'IPv4',
        endpoints: [
          {
            addresses: [pod.status?.podIP ?? ''],
            conditions: { ready: true },
            targetRef: { kind: 'Pod', namespace, name: pod.metadata.name },
          },
        ],
        ports: ports.map((port) => ({ name: port.name ?? '', port: targetPort(port, pod) })),
      }))
  })
}

export function selects(selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value)
}

interface ServicePort {
  readonly name?: string
  readonly port: number
  readonly targetPort?: number | string
}

interface ServiceWithSelector extends ApiObject {
  readonly spec?: { readonly selector?: Readonly<Record<string, string>>; readonly ports?: readonly ServicePort[] }
}

function targetPort({ port, targetPort: target = port }: ServicePort, { spec }: WrittenPod): number {
  if (typeof target === 'number') return target
  const ports = (spec?.containers ?? []).flatMap((container) => container.ports ?? [])
  return ports.find(({ name }) => name === target)?.containerPort ?? port
}

function templateOf(object: Templated): PodTemplate {
  if (object.kind === 'Pod') return object as PodTemplate
  const { template, jobTemplate } = object.spec ?? {}
  return template ?? jobTemplate?.spec?.template ?? {}
}

/** Where no namespace says anything about sidecars, as in a few files alone, all pods are taken to have one. */
function nobodyInjects(objects: readonly ApiObject[]): boolean {
  return !objects.some(
    ({ kind, metadata: { labels } }) =>
      kind === 'Namespace' && (labels?.['istio-injection'] !== undefined || labels?.['istio.io/rev'] !== undefined),
  )
}

function madeUpAddress(index: number): string {
  return `10.244.${(index >> 8) & 255}.${index & 255}`
}
