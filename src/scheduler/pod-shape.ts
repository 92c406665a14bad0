import { controllerOf, type OwnerReference } from '../api/object.ts'
import { SelectorError } from '../api/selectors/label-matcher.ts'
import type { Labels } from '../api/selectors/requirement.ts'
import type { Container, Pod, PodSpec, Toleration, Volume } from '../api/types.generated.ts'
import { type AffinityTerms, affinityTerms, NO_TERMS } from './affinity-terms.ts'
import { namedNodes, type NodeMatcher, requiredNodeMatcher, isEmptyTerm, termMatcher } from './node-selector.ts'
import { type PodResources, podResources } from './resources.ts'
import { type SpreadConstraint, spreadConstraints } from './spread-constraints.ts'

export interface HostPort {
  readonly ip: string
  readonly protocol: string
  readonly port: number
}

/**
 * All that decides where a pod may run, apart from its name: pods of one workload share one shape, and what was found
 * out for one of them holds for the others.
 */
export interface PodShape {
  readonly namespace: string
  readonly labels: Labels
  readonly spec: PodSpec
  readonly resources: PodResources
  readonly hostPorts: readonly HostPort[]
  /** With a tag each: `nginx` is `nginx:latest`. One entry for each container, init containers first. */
  readonly images: readonly string[]
  readonly requiredNode: NodeMatcher | undefined
  /** The only nodes that node affinity leaves, where it names them. */
  readonly namedNodes: ReadonlySet<string> | undefined
  readonly preferredNodes: readonly { readonly weight: number; readonly matches: NodeMatcher }[]
  readonly tolerations: readonly Toleration[]
  readonly affinity: AffinityTerms
  readonly hasPodAffinity: boolean
  readonly hardSpread: readonly SpreadConstraint[]
  readonly softSpread: readonly SpreadConstraint[]
  readonly owner: OwnerReference | undefined
  /** Volumes that bear on placement; ConfigMaps, tokens and the like do not. */
  readonly volumes: readonly Volume[]
  /** A selector that breaks a rule: the pod cannot be placed. */
  readonly problem: string | undefined
}

/** How many shapes are kept for reuse; the oldest goes first. A shape forgotten too early only costs time. */
const SHAPES_MAX = 8_192

/** Pods in, shapes out: the same shape for pods that differ in nothing that matters. */
export class PodShapes {
  readonly #shapes = new Map<string, PodShape>()

  of(pod: Pod): PodShape {
    const volumes = placementVolumes(pod)
    const key = shapeKey(pod, volumes)
    const known = this.#shapes.get(key)
    if (known !== undefined) return known
    const shape = shapeOf(pod, volumes)
    if (this.#shapes.size >= SHAPES_MAX) {
      const [oldest] = this.#shapes.keys()
      if (oldest !== undefined) this.#shapes.delete(oldest)
    }
    this.#shapes.set(key, shape)
    return shape
  }
}

/** Whether two states of one pod have the same shape for certain, found out at no cost: by reference. */
export function keepsShape(pod: Pod, old: Pod): boolean {
  return (
    pod.metadata.labels === old.metadata.labels &&
    pod.metadata.ownerReferences === old.metadata.ownerReferences &&
    (pod.spec === old.spec || SHAPING.every((name) => pod.spec[name] === old.spec[name]))
  )
}

/** All that a shape has of a spec: being bound to a node changes none of it. */
const SHAPING = [
  'nodeSelector',
  'affinity',
  'tolerations',
  'topologySpreadConstraints',
  'overhead',
  'resources',
  'containers',
  'initContainers',
  'volumes',
] as const satisfies readonly (keyof PodSpec)[]

function shapeKey(pod: Pod, volumes: readonly Volume[]): string {
  const { metadata, spec } = pod
  const owner = controllerOf(pod)
  // An ephemeral volume's claim bears the pod's name, so such a pod is like no other.
  const name = volumes.some(({ ephemeral }) => ephemeral !== undefined) ? metadata.name : ''
  return JSON.stringify([
    metadata.namespace,
    name,
    metadata.labels,
    owner === undefined ? null : [owner.apiVersion, owner.kind, owner.name],
    spec.nodeSelector,
    spec.affinity,
    spec.tolerations,
    spec.topologySpreadConstraints,
    spec.overhead,
    spec.resources?.requests,
    spec.containers.map(containerKey),
    spec.initContainers?.map(containerKey),
    volumes,
  ])
}

function containerKey({ image, resources, ports, restartPolicy }: Container): unknown {
  const hostPorts = ports?.filter(({ hostPort }) => (hostPort ?? 0) > 0)
  return [image, resources?.requests, hostPorts?.length === 0 ? undefined : hostPorts, restartPolicy]
}

function placementVolumes({ spec }: Pod): readonly Volume[] {
  return (spec.volumes ?? []).filter(
    ({ persistentVolumeClaim, ephemeral, gcePersistentDisk, awsElasticBlockStore, iscsi, rbd }) =>
      (persistentVolumeClaim ?? ephemeral ?? gcePersistentDisk ?? awsElasticBlockStore ?? iscsi ?? rbd) !== undefined,
  )
}

function shapeOf(pod: Pod, volumes: readonly Volume[]): PodShape {
  const { spec } = pod
  const labels = pod.metadata.labels ?? {}
  const namespace = pod.metadata.namespace ?? ''
  const nodeAffinity = spec.affinity?.nodeAffinity
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {}
  return {
    namespace,
    labels,
    spec,
    resources: podResources({ apiVersion: 'v1', kind: 'Pod', metadata: pod.metadata, spec }),
    hostPorts: hostPortsOf(spec),
    images: [...(spec.initContainers ?? []), ...spec.containers].map(({ image }) => taggedImage(image ?? '')),
    requiredNode: requiredNodeMatcher(spec),
    namedNodes: namedNodes(nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    preferredNodes: (nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
      .filter(({ weight, preference }) => weight !== 0 && !isEmptyTerm(preference))
      .map(({ weight, preference }) => ({ weight, matches: termMatcher(preference) })),
    tolerations: spec.tolerations ?? [],
    hasPodAffinity: podAffinity !== undefined || podAntiAffinity !== undefined,
    owner: controllerOf(pod),
    volumes,
    ...selectorsOf(spec, { namespace, labels }),
  }
}

function selectorsOf(
  spec: PodSpec,
  subject: { namespace: string; labels: Labels },
): Pick<PodShape, 'affinity' | 'hardSpread' | 'softSpread' | 'problem'> {
  try {
    const constraints = spec.topologySpreadConstraints ?? []
    return {
      affinity: affinityTerms(spec.affinity, subject),
      hardSpread: spreadConstraints(constraints, subject.labels, 'DoNotSchedule'),
      softSpread: spreadConstraints(constraints, subject.labels, 'ScheduleAnyway'),
      problem: undefined,
    }
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error
    return { affinity: NO_TERMS, hardSpread: [], softSpread: [], problem: error.message }
  }
}

/** Ports of containers and sidecars on the node's own addresses. */
function hostPortsOf({ containers, initContainers = [] }: PodSpec): HostPort[] {
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always')
  const found: HostPort[] = []
  for (const { ports = [] } of [...sidecars, ...containers]) {
    for (const { hostPort = 0, hostIP = '', protocol = '' } of ports) {
      if (hostPort <= 0) continue
      found.push({
        ip: hostIP === '' ? '0.0.0.0' : hostIP,
        protocol: protocol === '' ? 'TCP' : protocol,
        port: hostPort,
      })
    }
  }
  return found
}

/** pkg/scheduler/framework/plugins/imagelocality: a name without a tag means the latest. */
export function taggedImage(name: string): string {
  return name.lastIndexOf(':') <= name.lastIndexOf('/') ? `${name}:latest` : name
}
