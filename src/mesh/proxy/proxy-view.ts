import { type MergedRule, policyFor, ruleFor } from '../config/destination-rules.ts'
import { compareSpecificity, isSubsetOf, isWildcard } from '../config/hosts.ts'
import { MESH_GATEWAY } from '../config/names.ts'
import type { Locality } from '../balance/locality.ts'
import type { PortTrafficPolicy } from '../config/types/destination-rule.ts'
import type { Sidecar } from '../config/types/sidecar.ts'
import type { Destination } from '../config/types/virtual-service.ts'
import type { ResolvedVirtualService } from '../config/virtual-service.ts'
import type { MeshService } from '../registry/mesh-service.ts'
import { EgressScope, isExportedTo } from '../registry/visibility.ts'
import type { RouteOptions } from '../route/compiled-route.ts'
import type { Snapshot } from '../snapshot.ts'
import { BoundedMemo } from './bounded-memo.ts'
import { outboundCluster, parseOutbound } from './cluster-name.ts'
import type { Listener } from './filter-chain.ts'
import type { VirtualHost } from './virtual-host.ts'

/** A workload that sends and receives through the mesh. */
export interface Proxy {
  readonly type: 'sidecar' | 'gateway'
  /** Where it runs, for calls that stay near. */
  readonly locality?: Locality
  /** Whose configuration it is given. */
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly addresses: readonly string[]
  /** Whether it answers its workload's questions for names; absent: false. */
  readonly dnsCapture?: boolean
  /** Whether it asks for addresses of hosts that have none, where no controller gives them; absent: false. */
  readonly dnsAutoAllocate?: boolean
  /** Where its pod is, if that is another namespace. */
  readonly podNamespace?: string
}

/** The mesh as one proxy sees it. What it looks up is kept, so a view is to be used for many requests. */
export class ProxyView {
  readonly snapshot: Snapshot
  readonly proxy: Proxy
  /** The Sidecar that speaks of this proxy. */
  readonly sidecar: Sidecar | undefined
  readonly virtualHosts = new BoundedMemo<VirtualHost | undefined>()
  readonly listeners = new BoundedMemo<Listener | undefined>()
  readonly routeOptions: RouteOptions
  readonly #scope: EgressScope | undefined
  readonly #services = new Map<string, MeshService | undefined>()

  constructor(snapshot: Snapshot, proxy: Proxy) {
    this.snapshot = snapshot
    this.proxy = proxy
    this.sidecar = proxy.type === 'sidecar' ? sidecarOf(snapshot, proxy) : undefined
    this.routeOptions = {
      clusterOf: (destination, port) => this.clusterOf(destination, port),
      usesConsistentHash: ({ host, subset = '', port }, listenPort) =>
        this.policy({ host, subset, port: port?.number ?? listenPort }).loadBalancer?.consistentHash !== undefined,
      defaultRetries: snapshot.mesh.defaultHttpRetryPolicy,
    }
    const egress = this.sidecar?.spec?.egress?.flatMap(({ hosts = [] }) => hosts)
    this.#scope = egress === undefined ? undefined : new EgressScope(egress, proxy.namespace)
  }

  service(host: string): MeshService | undefined {
    if (!this.#services.has(host)) {
      this.#services.set(host, this.#addressed(this.#joined(this.snapshot.services.get(host) ?? [])))
    }
    return this.#services.get(host)
  }

  /** What sidecars are told about a host, in order of precedence; a wildcard only where nobody names the host itself. */
  routesFor(host: string): readonly ResolvedVirtualService[] {
    const { byHost, withWildcards } = this.snapshot.routes
    const exact = this.meshRoutes(byHost.get(host) ?? [])
    if (isWildcard(host)) return this.meshRoutes(withWildcards).filter(({ hosts }) => hosts.includes(host))
    const wildcards = this.meshRoutes(withWildcards)
      .flatMap((item) => ({ item, covering: item.hosts.filter((wide) => isWildcard(wide) && isSubsetOf(host, wide)) }))
      .filter(({ covering }) => covering.length > 0)
      .toSorted((a, b) => compareSpecificity(narrowest(a.covering), narrowest(b.covering)))
    return [...exact, ...wildcards.map(({ item }) => item)]
  }

  /** The private ones of the own namespace come first, then those exported to it by name, then the public. */
  meshRoutes(candidates: readonly ResolvedVirtualService[]): readonly ResolvedVirtualService[] {
    const { namespace } = this.proxy
    const visible = candidates.filter(
      (item) =>
        item.gateways.includes(MESH_GATEWAY) &&
        isExportedTo(item.exportTo, { owner: item.namespace, namespace }) &&
        (this.#scope === undefined || item.hosts.some((host) => this.#scope?.showsRoutes(host, item.namespace))),
    )
    return visible.toSorted((a, b) => this.#rank(a) - this.#rank(b))
  }

  /** What DestinationRules say of calls to a host. */
  policy(target: { readonly host: string; readonly subset: string; readonly port: number }): PortTrafficPolicy {
    return policyFor(this.rule(target.host), target)
  }

  /** A port that is not said is the only one of the service, or else the one that was called. */
  clusterOf(destination: Destination, listenPort: number): string {
    const service = this.service(destination.host)
    const [onlyPort, ...more] = service?.ports ?? []
    const inferred = onlyPort !== undefined && more.length === 0 ? onlyPort.number : listenPort
    const port = destination.port?.number ?? inferred
    return outboundCluster(service?.aliasOf ?? destination.host, { port, subset: destination.subset ?? '' })
  }

  /** Whether calls to a cluster can be made at all: its service has the port, and rules for its host know the subset. */
  hasCluster(cluster: string): boolean {
    const name = parseOutbound(cluster)
    if (name === undefined) return true
    const { host, port, subset } = name
    const known = this.service(host)?.ports.some(({ number }) => number === port) ?? false
    return known && (subset === '' || this.rule(host)?.subsets.some(({ name }) => name === subset) === true)
  }

  /** What DestinationRules say of a host, to this proxy. */
  rule(host: string): MergedRule | undefined {
    const { destinationRules, mesh } = this.snapshot
    return ruleFor(destinationRules, {
      host,
      serviceNamespace: this.service(host)?.namespace ?? this.proxy.namespace,
      clientNamespace: this.proxy.namespace,
      clientLabels: this.proxy.labels,
      rootNamespace: mesh.rootNamespace,
    })
  }

  /** What a service was given is its address for who resolves names by it. Rules: istio/istio pilot/pkg/model/service.go. */
  #addressed(service: MeshService | undefined): MeshService | undefined {
    if (service?.allocated === undefined || service.addresses.length > 0) return service
    const { dnsCapture = false, dnsAutoAllocate = false, addresses } = this.proxy
    const { ipAutoallocate = true } = this.snapshot.mesh
    if (!dnsCapture || !(dnsAutoAllocate || ipAutoallocate)) return service
    const families = new Set(addresses.map(isIpv6))
    return { ...service, addresses: service.allocated.filter((address) => families.has(isIpv6(address))) }
  }

  #rank({ exportTo, namespace }: ResolvedVirtualService): number {
    if (exportTo.length === 0 || exportTo.includes('*')) return 2
    return namespace === this.proxy.namespace && exportTo.includes('.') ? 0 : 1
  }

  /** Of several services with one host, the own namespace's is seen; entries of one namespace add up their ports. */
  #joined(candidates: readonly MeshService[]): MeshService | undefined {
    const { namespace } = this.proxy
    const visible = candidates.filter(
      (service) =>
        isExportedTo(service.exportTo, { owner: service.namespace, namespace }) &&
        (this.#scope === undefined || this.#scope.showsService(service.host, service.namespace)),
    )
    const first = visible.find((service) => service.namespace === namespace) ?? visible[0]
    const same = visible.filter((service) => service.namespace === first?.namespace)
    if (first === undefined || same.length === 1) return first
    const known = new Set<number>()
    const ports = same
      .flatMap((service) => service.ports)
      .filter(({ number }) => !known.has(number) && known.add(number))
    return { ...first, ports }
  }
}

function isIpv6(address: string): boolean {
  return address.includes(':')
}

function narrowest(hosts: readonly string[]): string {
  return hosts.toSorted(compareSpecificity)[0] ?? ''
}

/** The oldest that selects the proxy, else the namespace's own, else the root namespace's. */
function sidecarOf({ sidecars, mesh }: Snapshot, { namespace, labels }: Proxy): Sidecar | undefined {
  const home = sidecars.filter(({ metadata }) => (metadata.namespace ?? 'default') === namespace)
  const selecting = home.find(({ spec }) => {
    const selector = spec?.workloadSelector?.labels
    return selector !== undefined && Object.entries(selector).every(([key, value]) => labels[key] === value)
  })
  const forAll = (list: readonly Sidecar[]) => list.find(({ spec }) => spec?.workloadSelector === undefined)
  const root = sidecars.filter(({ metadata }) => metadata.namespace === mesh.rootNamespace)
  return selecting ?? forAll(home) ?? forAll(root)
}
