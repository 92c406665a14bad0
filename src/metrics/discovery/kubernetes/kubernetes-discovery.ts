import { aborted } from '../../../base/abort.ts'
import type { Kind } from '../../../api/kind.ts'
import { type ApiObject, controllerOf, type Key, keyOf, printKey } from '../../../api/object.ts'
import { ReplicaSet } from '../../../api/kinds/apps/replica-set.ts'
import { Job } from '../../../api/kinds/batch/job.ts'
import { Endpoints } from '../../../api/kinds/core/endpoints.ts'
import { Namespace } from '../../../api/kinds/core/namespace.ts'
import { Node } from '../../../api/kinds/core/node.ts'
import { Pod } from '../../../api/kinds/core/pod.ts'
import { Service } from '../../../api/kinds/core/service.ts'
import { EndpointSlice } from '../../../api/kinds/discovery/endpoint-slice.ts'
import { Ingress } from '../../../api/kinds/networking/ingress.ts'
import { parseFieldSelector } from '../../../api/selectors/fields.ts'
import { parseLabelSelector } from '../../../api/selectors/parse-labels.ts'
import type { Informers } from '../../../client/informers.ts'
import type { Clock } from '../../../world/clock.ts'
import type { KubernetesDiscoveryConfig, KubernetesRole } from '../../config/discoveries.ts'
import type { Discoverer, TargetGroup } from '../target-group.ts'
import { ClusterView } from './cluster-view.ts'
import { endpointsGroup, endpointSliceGroup, SERVICE_NAME_LABEL } from './endpoint-targets.ts'
import { ingressGroup } from './ingress-targets.ts'
import { nodeGroup } from './node-targets.ts'
import { podGroup } from './pod-targets.ts'
import { serviceGroup } from './service-targets.ts'

/** The cluster in which targets are looked for, and who looks. */
export interface KubernetesPorts {
  readonly informers: Informers
  readonly clock: Pick<Clock, 'schedule'>
  /** The namespace of who looks: `own_namespace` asks for it. */
  readonly ownNamespace?: string
}

/** How a role turns objects into targets, and which other objects those speak of. */
interface Role<T extends ApiObject> {
  readonly kind: Kind<T>
  readonly prefix: string
  group(object: T, view: ClusterView): TargetGroup | undefined
  /** Objects of other kinds that a change of which changes the targets: `Kind/namespace/name`. */
  mentions(object: T, view: ClusterView): readonly string[]
}

/** Finds targets among the objects of a cluster, and hears of every change (prometheus: discovery/kubernetes/). */
export function kubernetesDiscovery(config: KubernetesDiscoveryConfig, ports: KubernetesPorts): Discoverer {
  const role = config.role === '' ? undefined : ROLES[config.role]
  return {
    async run(update, signal) {
      if (role === undefined) return
      const search = new Search(role, { config, ports, update })
      await search.run(signal)
    },
  }
}

/** Which object a change of mentions the other. */
const MENTIONS = 'mentioned-by-discovery'

class Search<T extends ApiObject> {
  readonly #role: Role<T>
  readonly #ports: KubernetesPorts
  readonly #view: ClusterView
  readonly #update: (groups: readonly TargetGroup[]) => void
  readonly #isWanted: (kind: Kind, object: ApiObject) => boolean
  /** Objects to look at again, by their keys. */
  readonly #changed = new Map<string, Key>()
  /** Sources of the groups that were told of: only these can end. */
  readonly #told = new Set<string>()
  #isScheduled = false
  #isOver = false

  constructor(
    role: Role<T>,
    options: {
      config: KubernetesDiscoveryConfig
      ports: KubernetesPorts
      update: (groups: readonly TargetGroup[]) => void
    },
  ) {
    const { config, ports, update } = options
    this.#role = role
    this.#ports = ports
    this.#update = update
    this.#isWanted = wantedBy(config, ports.ownNamespace)
    this.#view = new ClusterView(ports.informers, { attach: config.attach_metadata, isVisible: this.#isWanted })
  }

  async run(signal: AbortSignal): Promise<void> {
    const { informers } = this.#ports
    const own = informers.of(this.#role.kind)
    const index = `${MENTIONS}/${JSON.stringify(this.#view.attach)}`
    own.addIndex(index, (object) => this.#role.mentions(object, this.#view))
    const others = this.#otherKinds().map((kind) => informers.of(kind))
    await Promise.all([own.synced(), ...others.map((informer) => informer.synced())])
    if (signal.aborted) return
    const touch = (object: ApiObject): void => this.#touch(keyOf(object))
    const stops = [own.handle({ added: touch, updated: touch, deleted: touch })]
    for (const informer of others) {
      const touchAll = (object: ApiObject): void => {
        for (const each of own.byIndex(index, mention(informer.kind.kind, object.metadata))) touch(each)
      }
      stops.push(informer.handle({ added: touchAll, updated: touchAll, deleted: touchAll }))
    }
    this.#flush()
    await aborted(signal)
    this.#isOver = true
    for (const stop of stops) stop()
  }

  #otherKinds(): readonly Kind[] {
    const { attach } = this.#view
    const isEndpoints = this.#role.prefix.startsWith('endpoint')
    const kinds: (Kind | undefined)[] = [
      isEndpoints ? asKind(Service) : undefined,
      isEndpoints ? asKind(Pod) : undefined,
      attach.node && this.#role.prefix !== 'node' ? asKind(Node) : undefined,
      attach.namespace ? asKind(Namespace) : undefined,
      attach.deployment ? asKind(ReplicaSet) : undefined,
      attach.cronjob ? asKind(Job) : undefined,
    ]
    return kinds.filter((kind) => kind !== undefined)
  }

  #touch(key: Key): void {
    this.#changed.set(printKey(key), key)
    if (this.#isScheduled) return
    this.#isScheduled = true
    // Handlers run within somebody's write: the work is done after it, once for all that changed together.
    this.#ports.clock.schedule(0, () => this.#flush())
  }

  #flush(): void {
    this.#isScheduled = false
    if (this.#isOver) return
    const keys = [...this.#changed.values()]
    this.#changed.clear()
    const groups = keys.flatMap((key) => this.#groupOf(key) ?? [])
    for (const { source } of groups) this.#told.add(source)
    this.#update(groups)
  }

  #groupOf(key: Key): TargetGroup | undefined {
    const object = this.#ports.informers.of(this.#role.kind).get(key)
    if (object !== undefined && this.#isWanted(asKind(this.#role.kind), object)) {
      return this.#role.group(object, this.#view)
    }
    const source = [this.#role.prefix, ...(key.namespace === undefined ? [] : [key.namespace]), key.name].join('/')
    return this.#told.has(source) ? { source, targets: [], labels: {} } : undefined
  }
}

/** A kind whose objects are only looked at as objects. */
function asKind<T extends ApiObject>(kind: Kind<T>): Kind {
  return kind as unknown as Kind
}

function mention(kind: string, { namespace, name }: { namespace?: string; name?: string }): string {
  return `${kind}/${namespace ?? ''}/${name ?? ''}`
}

const SELECTOR_KINDS: Readonly<Record<KubernetesRole, string>> = {
  node: 'Node',
  pod: 'Pod',
  service: 'Service',
  endpoints: 'Endpoints',
  endpointslice: 'EndpointSlice',
  ingress: 'Ingress',
}

/** Namespaces and selectors of the configuration, as one question. */
function wantedBy(
  { namespaces, selectors }: KubernetesDiscoveryConfig,
  ownNamespace: string | undefined,
): (kind: Kind, object: ApiObject) => boolean {
  const own = namespaces.own_namespace && ownNamespace !== undefined ? [ownNamespace] : []
  const names = new Set([...namespaces.names, ...own])
  const byKind = new Map(
    selectors.flatMap(({ role, label, field }) => {
      if (role === '') return []
      const labels = label === '' ? undefined : parseLabelSelector(label)
      const fields = field === '' ? undefined : parseFieldSelector(field)
      const matches = (kind: Kind, object: ApiObject): boolean =>
        (labels?.matches(object.metadata.labels) ?? true) &&
        (fields?.matches((name) => fieldOf(kind, object, name)) ?? true)
      return [[SELECTOR_KINDS[role], matches] as const]
    }),
  )
  return (kind, object) => {
    const { namespace } = object.metadata
    if (names.size > 0 && namespace !== undefined && !names.has(namespace)) return false
    return byKind.get(kind.kind)?.(kind, object) ?? true
  }
}

function fieldOf(kind: Kind, object: ApiObject, name: string): string {
  if (name === 'metadata.name') return object.metadata.name ?? ''
  if (name === 'metadata.namespace') return object.metadata.namespace ?? ''
  return kind.selectableFields?.find((field) => field.path === name)?.value(object) ?? ''
}

function namespaceMention(view: ClusterView, namespace: string | undefined): readonly string[] {
  return view.attach.namespace && namespace !== undefined ? [mention('Namespace', { name: namespace })] : []
}

const POD: Role<Pod> = {
  kind: Pod,
  prefix: 'pod',
  group: podGroup,
  mentions(pod, view) {
    const { namespace } = pod.metadata
    const controller = controllerOf(pod)
    return [
      ...namespaceMention(view, namespace),
      ...(pod.spec?.nodeName === undefined ? [] : [mention('Node', { name: pod.spec.nodeName })]),
      ...(controller === undefined
        ? []
        : [mention(controller.kind, { namespace: namespace ?? '', name: controller.name })]),
    ]
  },
}

type EndpointReference = {
  readonly targetRef?: { readonly kind?: string; readonly namespace?: string; readonly name?: string }
  readonly nodeName?: string
}

/** What has no reference is not looked at again when its node changes: as upstream's indices have it. */
function endpointMentions({ targetRef, nodeName }: EndpointReference): readonly string[] {
  if (targetRef?.kind === 'Node') return [mention('Node', { name: targetRef.name ?? '' })]
  if (targetRef?.kind !== 'Pod') return []
  const { namespace = '', name = '' } = targetRef
  return [mention('Pod', { namespace, name }), ...(nodeName === undefined ? [] : [mention('Node', { name: nodeName })])]
}

const ENDPOINTS: Role<Endpoints> = {
  kind: Endpoints,
  prefix: 'endpoints',
  group: endpointsGroup,
  mentions({ metadata, subsets = [] }, view) {
    const addresses = subsets.flatMap(({ addresses: ready = [], notReadyAddresses = [] }) => [
      ...ready,
      ...notReadyAddresses,
    ])
    return [
      ...namespaceMention(view, metadata.namespace),
      mention('Service', metadata),
      ...addresses.flatMap(endpointMentions),
    ]
  },
}

const ENDPOINT_SLICE: Role<EndpointSlice> = {
  kind: EndpointSlice,
  prefix: 'endpointslice',
  group: endpointSliceGroup,
  mentions({ metadata, endpoints }, view) {
    const service = metadata.labels?.[SERVICE_NAME_LABEL]
    return [
      ...namespaceMention(view, metadata.namespace),
      ...(service === undefined ? [] : [mention('Service', { namespace: metadata.namespace ?? '', name: service })]),
      ...(endpoints ?? []).flatMap(endpointMentions),
    ]
  },
}

const ROLES: Readonly<Record<KubernetesRole, Role<ApiObject>>> = {
  pod: asRole(POD),
  endpoints: asRole(ENDPOINTS),
  endpointslice: asRole(ENDPOINT_SLICE),
  node: asRole<Node>({ kind: Node, prefix: 'node', group: nodeGroup, mentions: () => [] }),
  service: asRole<Service>({
    kind: Service,
    prefix: 'svc',
    group: serviceGroup,
    mentions: ({ metadata }, view) => namespaceMention(view, metadata.namespace),
  }),
  ingress: asRole<Ingress>({
    kind: Ingress,
    prefix: 'ingress',
    group: ingressGroup,
    mentions: ({ metadata }, view) => namespaceMention(view, metadata.namespace),
  }),
}

function asRole<T extends ApiObject>(role: Role<T>): Role<ApiObject> {
  return role as unknown as Role<ApiObject>
}
