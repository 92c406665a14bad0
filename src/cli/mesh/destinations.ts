import { ruleFor } from '../../mesh/config/destination-rules.ts'
import { peerModes } from '../../mesh/proxy/peer-mode.ts'
import type { TcpTarget } from '../../mesh/proxy/filter-chain.ts'
import type { ProxyView } from '../../mesh/proxy/proxy-view.ts'
import type { MeshService } from '../../mesh/registry/mesh-service.ts'
import type { CompiledRoute, RouteTarget } from '../../mesh/route/compiled-route.ts'
import { sentOn } from '../../mesh/route/decision.ts'
import type { HeaderChange } from '../../mesh/route/headers.ts'
import type { MeshRequest } from '../../mesh/route/request.ts'
import type { Access } from './access.ts'
import type { MeshModel } from './mesh-model.ts'
import type { Place } from './places.ts'
import { type MeshWorkload, selects } from './workloads.ts'

/** One of those that a request may go to. */
export interface Destination {
  readonly cluster: string
  readonly host: string
  readonly port: number
  readonly subset?: string
  /** Of all requests that take the route, in percent. */
  readonly sharePercent: number
  readonly authority?: string
  readonly path?: string
  readonly requestHeaders: readonly HeaderChange[]
  readonly responseHeaders: readonly HeaderChange[]
  readonly endpoints: readonly EndpointGroup[]
  readonly tls: DestinationTls
  /** Why no request can get there, as an access log says it and in words. */
  readonly unreachable?: { readonly flag: 'NC' | 'UH'; readonly why: string }
  /** What the called side says; absent where it is not known who answers. */
  readonly access?: Access
  /** Where the subset is defined. */
  readonly place?: Place
}

export interface EndpointGroup {
  readonly workload: string
  readonly namespace: string
  readonly pods: number
}

export interface DestinationTls {
  readonly mode: 'mutual TLS' | 'TLS' | 'plaintext' | 'the caller’s own TLS' | 'as it comes'
  readonly why: string
}

/** The destinations of a route, with all that is done to the request on the way. */
export function httpDestinations(
  model: MeshModel,
  view: ProxyView,
  { route, request }: { readonly route: CompiledRoute; readonly request: MeshRequest },
): readonly Destination[] {
  return shares(route.targets).map(({ target, sharePercent }) => ({
    ...destinationOf(model, view, target.cluster),
    sharePercent,
    ...changesOf(route, target, request),
  }))
}

/** Where connections go whose bytes nobody looks at. */
export function tcpDestinations(
  model: MeshModel,
  view: ProxyView,
  targets: readonly TcpTarget[],
): readonly Destination[] {
  return shares(targets).map(({ target, sharePercent }) => ({
    ...destinationOf(model, view, target.cluster),
    sharePercent,
  }))
}

function shares<Target extends { readonly weight: number }>(
  targets: readonly Target[],
): readonly { readonly target: Target; readonly sharePercent: number }[] {
  const total = targets.reduce((sum, { weight }) => sum + weight, 0)
  return targets.map((target) => ({ target, sharePercent: (target.weight / total) * 100 }))
}

/** What is known of a cluster, whoever sends to it. */
export function destinationOf(model: MeshModel, view: ProxyView, cluster: string): Destination {
  const [direction, portText = '', subset = '', host = cluster] = cluster.split('|')
  const port = Number(portText)
  const shared = { cluster, sharePercent: 100, requestHeaders: [], responseHeaders: [], endpoints: [] }
  if (direction !== 'outbound') {
    const tls: DestinationTls = { mode: 'as it comes', why: PASSED_ON[cluster] ?? 'it is passed on' }
    return { ...shared, host: cluster, port: 0, tls }
  }
  const service = view.service(host)
  const labels = subsetLabels(model, view, { host, subset })
  const workloads = service === undefined ? [] : workloadsBehind(model, service, labels?.labels ?? {})
  const endpoints = workloads.map(({ name, namespace, replicas }) => ({ workload: name, namespace, pods: replicas }))
  const unreachable = whyUnreachable(view, cluster, {
    service,
    endpoints,
    isKnown: labels !== undefined,
    isGuessed: labels?.place?.assumed === true,
    model,
  })
  return {
    ...shared,
    host,
    port,
    ...(subset !== '' && { subset }),
    endpoints,
    tls: tlsTo(view, { host, subset, port, service }, workloads),
    ...(unreachable && { unreachable }),
    ...(labels?.place && { place: labels.place }),
  }
}

/** Services belong to one mesh: so does what is kept of them. */
const BEHIND = new WeakMap<MeshService, readonly MeshWorkload[]>()

/** The workloads that a service leads to, of those with the labels. */
export function workloadsBehind(
  model: MeshModel,
  service: MeshService,
  labels: Readonly<Record<string, string>> = {},
): readonly MeshWorkload[] {
  const known = BEHIND.get(service) ?? foundBehind(model, service)
  BEHIND.set(service, known)
  return known.filter((workload) => selects(labels, workload.labels))
}

function foundBehind({ snapshot, workloads }: MeshModel, service: MeshService): readonly MeshWorkload[] {
  const addresses = new Set(service.endpoints.map(({ address }) => address))
  const { selector } = serviceSpec(snapshot.objects.get('Service')?.get(`${service.namespace}/${service.name}`)) ?? {}
  return workloads.filter(
    (workload) =>
      workload.addresses.some((address) => addresses.has(address)) ||
      (service.fromKubernetes &&
        selector !== undefined &&
        workload.namespace === service.namespace &&
        selects(selector, workload.labels)),
  )
}

const PASSED_ON: Readonly<Record<string, string>> = {
  PassthroughCluster: 'the mesh does not know the host: it goes on to the address that was called',
  BlackHoleCluster: 'the mesh does not know the host, and lets nothing else out',
}

function serviceSpec(object: unknown): { readonly selector?: Readonly<Record<string, string>> } | undefined {
  return (object as { readonly spec?: { readonly selector?: Readonly<Record<string, string>> } } | undefined)?.spec
}

function changesOf(
  route: CompiledRoute,
  target: RouteTarget,
  request: MeshRequest,
): Pick<Destination, 'authority' | 'path' | 'requestHeaders' | 'responseHeaders'> {
  const { authority, path } = sentOn(route, target, request)
  return {
    ...(authority !== request.authority && { authority }),
    ...(path !== request.path && { path }),
    requestHeaders: target.requestChanges,
    responseHeaders: target.responseChanges,
  }
}

/** Undefined where nobody defines the subset. */
function subsetLabels(
  { places, snapshot }: MeshModel,
  view: ProxyView,
  { host, subset }: { readonly host: string; readonly subset: string },
): { readonly labels: Readonly<Record<string, string>>; readonly place?: Place } | undefined {
  if (subset === '') return { labels: {} }
  const rule = ruleFor(snapshot.destinationRules, {
    host,
    serviceNamespace: view.service(host)?.namespace ?? view.proxy.namespace,
    clientNamespace: view.proxy.namespace,
    clientLabels: view.proxy.labels,
    rootNamespace: snapshot.mesh.rootNamespace,
  })
  const found = rule?.subsets.find(({ name }) => name === subset)
  if (found === undefined) return undefined
  for (const object of rule?.objects ?? []) {
    const index = object.spec?.subsets?.findIndex(({ name }) => name === subset) ?? -1
    if (index >= 0) return { labels: found.labels ?? {}, place: places.of(object, ['spec', 'subsets', index]) }
  }
  return { labels: found.labels ?? {} }
}

function whyUnreachable(
  view: ProxyView,
  cluster: string,
  known: {
    readonly service: MeshService | undefined
    readonly endpoints: readonly EndpointGroup[]
    readonly isKnown: boolean
    /** Whether it is a guess which pods are in the subset. */
    readonly isGuessed: boolean
    readonly model: MeshModel
  },
): Destination['unreachable'] {
  const [, port = '', subset = '', host = ''] = cluster.split('|')
  const { service, endpoints, isKnown, isGuessed, model } = known
  if (service === undefined) return { flag: 'NC', why: `there is no service ${host} that the caller sees` }
  if (!service.ports.some(({ number }) => number === Number(port))) {
    return { flag: 'NC', why: `${host} has no port ${port}` }
  }
  if (!isKnown || !view.hasCluster(cluster)) return { flag: 'NC', why: `no DestinationRule defines subset ${subset}` }
  // Of services outside, and of files without any workload, it is not known who answers.
  const isUnknown = !service.fromKubernetes || model.workloads.length === 0
  if (endpoints.length > 0 || isUnknown || isGuessed || isStandIn(model, service)) return undefined
  return { flag: 'UH', why: subset === '' ? 'no pod is behind it' : `no pod of ${host} has the subset’s labels` }
}

function isStandIn({ places, snapshot }: MeshModel, { namespace, name }: MeshService): boolean {
  const object = snapshot.objects.get('Service')?.get(`${namespace}/${name}`)
  return object !== undefined && places.isAssumed(object)
}

function tlsTo(
  view: ProxyView,
  target: {
    readonly host: string
    readonly subset: string
    readonly port: number
    readonly service: MeshService | undefined
  },
  workloads: readonly MeshWorkload[],
): DestinationTls {
  const { mode } = view.policy(target).tls ?? {}
  if (mode === 'DISABLE') return { mode: 'plaintext', why: 'a DestinationRule says DISABLE' }
  if (mode === 'ISTIO_MUTUAL') return { mode: 'mutual TLS', why: 'a DestinationRule says ISTIO_MUTUAL' }
  if (mode === 'SIMPLE') return { mode: 'TLS', why: 'a DestinationRule says SIMPLE' }
  if (mode === 'MUTUAL') return { mode: 'TLS', why: 'a DestinationRule says MUTUAL' }
  if (target.service?.fromKubernetes !== true) return { mode: 'plaintext', why: 'it is outside of the mesh' }
  if (workloads.length > 0 && !workloads.some(({ hasSidecar }) => hasSidecar)) {
    return { mode: 'plaintext', why: 'its pods have no sidecar' }
  }
  if (view.snapshot.mesh.enableAutoMtls === false) return { mode: 'plaintext', why: 'automatic mutual TLS is off' }
  const isRefused = workloads.some((workload) => inboundMode(view, workload) === 'DISABLE')
  if (isRefused) return { mode: 'plaintext', why: 'a PeerAuthentication says DISABLE' }
  return { mode: 'mutual TLS', why: 'both sides have a sidecar' }
}

function inboundMode({ snapshot }: ProxyView, { namespace, labels }: MeshWorkload): string {
  const { rootNamespace } = snapshot.mesh
  return peerModes(snapshot.peerAuthentications, { namespace, labels, rootNamespace }).mode
}
