import { type ClusterPolicy, clusterPolicy } from '../balance/cluster-policy.ts'
import { Cluster, type PickOptions } from '../balance/cluster.ts'
import { groupedHosts } from '../balance/endpoint-groups.ts'
import { parseLocality } from '../balance/locality.ts'
import { UpstreamHost } from '../balance/upstream-host.ts'
import type { TlsDefaults } from '../config/mesh-config.ts'
import type { MergedRule } from '../config/destination-rules.ts'
import { BLACKHOLE, type OutboundName, parseOutbound } from '../proxy/cluster-name.ts'
import { peerModes } from '../proxy/peer-mode.ts'
import type { ProxyView } from '../proxy/proxy-view.ts'
import { type MeshEndpoint, type MeshPort, type MeshService, targetPortOf } from '../registry/mesh-service.ts'
import { endpointsWithSelected, workloadAt } from '../registry/workload-table.ts'
import { principalOf } from '../registry/workload.ts'
import type { Workload } from '../registry/workload.ts'
import type { Snapshot } from '../snapshot.ts'
import { type Transport, UpstreamWays } from './upstream-options.ts'

/** Addresses that are called without being in any list; callers choose them, so they are bounded. */
const STRAY_HOSTS_MAX = 10_000

/**
 * A cluster as one proxy uses it: what configuration says of it now, and what the proxy knows of its hosts. The same
 * object for as long as the proxy lives.
 */
export class UpstreamCluster {
  readonly name: string
  readonly outbound: OutboundName | undefined
  readonly state: Cluster
  ways: UpstreamWays
  service: MeshService | undefined
  port: MeshPort | undefined
  /** Requests go on to where they were meant for. */
  goesStraight = true
  #view: ProxyView | undefined
  #isKnown = true
  #rule: MergedRule | undefined
  #workloads: Snapshot['workloads'] | undefined
  #peers: Snapshot['peerAuthentications'] | undefined
  #transport: (host: UpstreamHost) => Transport = () => 'plaintext'
  readonly #hosts = new Map<string, UpstreamHost>()
  readonly #strays = new Map<string, UpstreamHost>()

  constructor(name: string) {
    this.name = name
    this.outbound = parseOutbound(name)
    const policy = clusterPolicy({})
    this.state = new Cluster(name, policy)
    this.ways = this.#waysFor(policy, undefined)
  }

  /** Nobody is ever behind it. */
  get isBlackHole(): boolean {
    return this.name === BLACKHOLE
  }

  /** Whether there is such a cluster. Nothing is done where nothing has changed. */
  configure(view: ProxyView, nowMs: number): boolean {
    if (this.#view !== view) {
      this.#view = view
      this.#isKnown = this.outbound === undefined || this.#take(view, this.outbound, nowMs)
    }
    return this.#isKnown
  }

  #take(view: ProxyView, outbound: OutboundName, nowMs: number): boolean {
    if (!view.hasCluster(this.name)) return false
    const service = view.service(outbound.host)
    const rule = view.rule(outbound.host)
    const { workloads, peerAuthentications, mesh } = view.snapshot
    const isSame =
      this.service === service &&
      this.#rule === rule &&
      this.#workloads === workloads &&
      this.#peers === peerAuthentications
    if (isSame || service === undefined) return true
    const isPolicySame = this.service !== undefined && this.#rule === rule
    this.service = service
    this.port = service.ports.find(({ number }) => number === outbound.port)
    this.#rule = rule
    this.#workloads = workloads
    this.#peers = peerAuthentications
    const written = { ...mesh.defaultTrafficPolicy, ...view.policy(outbound) }
    const policy = isPolicySame ? this.state.policy : clusterPolicy(written, mesh)
    if (!isPolicySame) this.ways = this.#waysFor(policy, mesh.tlsDefaults)
    const isPassthrough = service.resolution === 'passthrough' && view.proxy.type === 'sidecar'
    this.goesStraight = isPassthrough || policy.balance.kind === 'passthrough'
    const hosts = this.#hostsNow(view, { service, rule, nowMs })
    this.#transport = lacksCredential(policy, rule, view.proxy.type)
      ? () => 'plaintext'
      : transportsFor(view.snapshot, { service, policy, hosts, goesStraight: this.goesStraight })
    for (const host of hosts) host.transport = this.#transport(host)
    for (const host of this.#strays.values()) host.transport = this.#transport(host)
    const caller = { locality: view.proxy.locality ?? parseLocality(''), labels: view.proxy.labels }
    const { groups, weighsLocalities } = groupedHosts(hosts, caller, {
      mesh,
      loadBalancer: written.loadBalancer,
      trafficDistribution: service.trafficDistribution,
      hasOutlierDetection: policy.outlier !== undefined,
    })
    this.state.configure(policy, groups, { weighsLocalities, nowMs })
    return true
  }

  pick(
    options: PickOptions,
    destination: { readonly address: string; readonly port: number },
  ): UpstreamHost | undefined {
    // A virtual address is nobody's own: the network behind the proxy would choose one of the endpoints.
    const isVirtual = this.service?.fromKubernetes === true && this.service.addresses.includes(destination.address)
    return this.goesStraight && !isVirtual ? this.#straight(destination, options.nowMs) : this.state.pick(options)
  }

  #straight({ address, port }: { readonly address: string; readonly port: number }, nowMs: number): UpstreamHost {
    const target = this.port !== undefined && !this.service?.isHeadless ? this.port.targetPort : port
    const key = `${address}:${target}`
    const known = this.#hosts.get(key) ?? this.#strays.get(key)
    if (known !== undefined) return known
    const host = new UpstreamHost(address, target, {
      workload: this.#workloads?.byAddress.get(address),
      addedMs: nowMs,
    })
    host.transport = this.#transport(host)
    if (this.#strays.size >= STRAY_HOSTS_MAX) this.#strays.clear()
    this.#strays.set(key, host)
    return host
  }

  /** Hosts that stay keep what is known of them. */
  #hostsNow(
    { snapshot }: ProxyView,
    about: { readonly service: MeshService; readonly rule: MergedRule | undefined; readonly nowMs: number },
  ): readonly UpstreamHost[] {
    const { service, rule, nowMs } = about
    const { port, outbound } = this
    const labels = rule?.subsets.find(({ name }) => name === outbound?.subset)?.labels ?? {}
    const wanted = outbound?.subset === '' ? [] : Object.entries(labels)
    const seen = new Set<string>()
    const hosts: UpstreamHost[] = []
    for (const endpoint of endpointsIn(snapshot, service)) {
      const workload = workloadAt(snapshot.workloads, endpoint)
      const own = workload?.labels ?? endpoint.labels
      if (port === undefined || !wanted.every(([key, value]) => (own[key] ?? endpoint.labels[key]) === value)) continue
      const number = targetPortOf(endpoint, port)
      const key = `${endpoint.address}:${number}`
      if (seen.has(key)) continue
      seen.add(key)
      const known: UpstreamHost | undefined = this.#hosts.get(key)
      const host: UpstreamHost = known ?? new UpstreamHost(endpoint.address, number, { workload, addedMs: nowMs })
      host.workload = workload
      this.#hosts.set(key, host)
      host.weight = endpoint.weight ?? 1
      host.labels = own
      host.locality = endpoint.locality === undefined ? workload?.locality : parseLocality(endpoint.locality)
      hosts.push(host)
    }
    for (const key of this.#hosts.keys()) if (!seen.has(key)) this.#hosts.delete(key)
    return hosts
  }

  #waysFor(policy: ClusterPolicy, tlsDefaults: TlsDefaults | undefined): UpstreamWays {
    const identities = (): readonly string[] => {
      const own = this.service?.subjectAltNames ?? []
      const workloads = this.state.hosts.flatMap(({ workload }) => (workload === undefined ? [] : [workload]))
      return [...new Set([...own, ...workloads.map((workload) => `spiffe://${principalOf(workload)}`)])]
    }
    const ownNames = this.service?.isExternal === true ? this.service.subjectAltNames : undefined
    return new UpstreamWays(this.name, {
      name: this.outbound,
      policy,
      limits: this.state,
      identities,
      ownNames,
      tlsDefaults,
    })
  }
}

/**
 * A sidecar is given a Secret only by a rule that is for chosen workloads; without it, it sends plain text:
 * istio/istio pilot/pkg/networking/core/cluster_tls.go, buildUpstreamClusterTLSContext.
 */
function lacksCredential(
  { tls }: ClusterPolicy,
  rule: MergedRule | undefined,
  type: ProxyView['proxy']['type'],
): boolean {
  const { mode, credentialName = '' } = tls ?? {}
  const isSecret = credentialName !== '' && !credentialName.startsWith('configmap://')
  return isSecret && type === 'sidecar' && rule?.selector === undefined && (mode === 'SIMPLE' || mode === 'MUTUAL')
}

/** A host that is found by name is its own endpoint, where no other is listed. */
function endpointsIn({ workloads }: Snapshot, service: MeshService): readonly MeshEndpoint[] {
  const endpoints = endpointsWithSelected(workloads, service)
  if (service.resolution !== 'dns' || endpoints.length > 0) return endpoints
  return [{ address: service.host, labels: {}, ports: {} }]
}

/**
 * Said outright, or found out: mutual TLS goes to those who have a sidecar and do not forbid it. Where the proxy does not
 * choose the endpoint, either all of them have one or none is asked for it.
 * Rules: istio/istio pilot/pkg/model/push_context.go `BestEffortInferServiceMTLSMode`, pilot/pkg/xds/endpoints/mtls_checker.go.
 */
function transportsFor(
  snapshot: Snapshot,
  cluster: {
    readonly service: MeshService
    readonly policy: ClusterPolicy
    readonly hosts: readonly UpstreamHost[]
    readonly goesStraight: boolean
  },
): (host: UpstreamHost) => Transport {
  const { service, policy, hosts, goesStraight } = cluster
  switch (policy.tls?.mode ?? (policy.tls && 'DISABLE')) {
    case 'DISABLE':
      return () => 'plaintext'
    case 'SIMPLE':
    case 'MUTUAL':
      return () => 'tls'
    case 'ISTIO_MUTUAL':
      return () => 'mtls'
    case undefined:
  }
  if (service.isExternal || snapshot.mesh.enableAutoMtls === false) return () => 'plaintext'
  const { rootNamespace } = snapshot.mesh
  const policies = snapshot.peerAuthentications
  const ofNamespace = peerModes(policies, { namespace: service.namespace, labels: {}, rootNamespace })
  if (ofNamespace.mode === 'DISABLE') return () => 'plaintext'
  const accepts = ({ workload, port }: UpstreamHost): boolean => {
    if (!announcesMutualTls(workload)) return false
    const { mode, byPort } = peerModes(policies, { ...workload, rootNamespace })
    return (byPort.get(port) ?? mode) !== 'DISABLE'
  }
  if (!goesStraight) return (host) => (accepts(host) ? 'mtls' : 'plaintext')
  const isEvery = hosts.length > 0 && hosts.every(({ workload }) => announcesMutualTls(workload))
  return () => (isEvery ? 'mtls' : 'plaintext')
}

/** Gateways do not: what they listen to is what their Gateways say (istio/istio files/gateway-injection-template.yaml). */
function announcesMutualTls(workload: Workload | undefined): workload is Workload {
  return workload?.hasSidecar === true && workload.type === 'sidecar'
}
