import { dnsSettingsIn } from '../config/proxy-metadata.ts'
import { type Call, chainFor, isToldByBytes } from '../proxy/call.ts'
import { BLACKHOLE } from '../proxy/cluster-name.ts'
import type { ChainAction, FilterChain, ServerIdentity } from '../proxy/filter-chain.ts'
import { peerModes } from '../proxy/peer-mode.ts'
import { type Proxy, ProxyView } from '../proxy/proxy-view.ts'
import type { Workload } from '../registry/workload.ts'
import type { Snapshot } from '../snapshot.ts'
import type { ExchangeMesh, ExchangeProxy } from './exchange-proxy.ts'
import type { Guard, GuardOf } from './guard.ts'
import { InboundConnection } from './inbound-connection.ts'
import { InboundExchange } from './inbound-exchange.ts'
import { InboundLimits } from './inbound-limits.ts'
import { type InboundPort, inboundPort } from './inbound-port.ts'
import { OutboundConnection } from './outbound-connection.ts'
import { OutboundExchange } from './outbound-exchange.ts'
import type { Admission, HttpExchange, IncomingConnection, IncomingRequest, RefusedRequest } from './steps.ts'
import { NO_HTTP, tellBlackHole, tellRefusedRequest, tellUnmatched } from './refused.ts'
import { UpstreamCluster } from './upstream-cluster.ts'

/** What belongs to one snapshot, and is thrown away with it. */
interface Current {
  readonly snapshot: Snapshot
  readonly workload: Workload
  /** Of what goes out, shared with those who are told the same. */
  readonly outbound: ProxyView
  inbound: ProxyView | undefined
  /** By port, then by address. */
  readonly inboundPorts: Map<number, Map<string, InboundPort>>
  readonly guard: Guard | undefined
}

/** What a client says before anything is encrypted. */
export type ClientHello = Pick<IncomingConnection, 'direction' | 'destination' | 'sni'> & {
  readonly alpn: readonly string[]
}

/** What a proxy shares with the others of its process. */
export interface ProxyMesh extends ExchangeMesh {
  readonly guardOf: GuardOf | undefined
  /** `key` says all that a sidecar is told by. */
  sharedView(snapshot: Snapshot, key: string, proxy: Proxy): ProxyView
}

/** The proxy of one workload: a sidecar or a gateway. */
export class MeshProxy implements ExchangeProxy {
  readonly mesh: ProxyMesh
  workload: Workload
  readonly #clusters = new Map<string, UpstreamCluster>()
  readonly #limits = new InboundLimits()
  #current: Current | undefined
  #told: { readonly workload: Workload; readonly proxy: Proxy; readonly key: string } | undefined

  constructor(mesh: ProxyMesh, workload: Workload) {
    this.mesh = mesh
    this.workload = workload
  }

  get view(): ProxyView {
    return this.#now.outbound
  }

  /** What policies demand of who comes in, or at a gateway of who passes. */
  get guard(): Guard | undefined {
    return this.#now.guard
  }

  /** Decided once for each connection; each request asks again whether configuration is still the same. */
  admit(connection: IncomingConnection): Admission {
    const isInbound = connection.direction === 'inbound' && this.workload.type === 'sidecar'
    const view = isInbound ? this.#inboundView : this.view
    const call = callOf(connection)
    const { chain, path } = chainFor(view, call)
    if (chain === undefined || path.error !== undefined) {
      const tell = (now: number): void => tellUnmatched(this, connection, now)
      return { kind: 'refuse', reason: path.error ?? 'no-filter-chain', tell }
    }
    const { action } = chain
    if (action.kind === 'tcp') {
      const { targets } = action
      // A proxy's own port leads to nowhere, or it would call itself for ever.
      if (targets[0]?.cluster === BLACKHOLE) {
        return { kind: 'refuse', reason: 'black-hole', tell: (now) => tellBlackHole(this, connection, now) }
      }
      if (isInbound) return { kind: 'tcp', exchange: () => new InboundConnection(this, connection) }
      return { kind: 'tcp', exchange: () => new OutboundConnection(this, connection, targets) }
    }
    const refused = (request: RefusedRequest, now: number): void =>
      tellRefusedRequest(this, connection, { refused: request, now })
    if (connection.alpn === undefined || (connection.tls !== 'plaintext' && chain.tls === undefined)) {
      return { kind: 'refuse', reason: 'protocol-error', tell: (now) => refused(NO_HTTP, now) }
    }
    if (isInbound) {
      return { kind: 'http', exchange: (request) => new InboundExchange(this, connection, request), refused }
    }
    let known: { readonly view: ProxyView; readonly action: ChainAction } = { view, action }
    const exchange = (request: IncomingRequest): HttpExchange => {
      if (this.view !== known.view) {
        const next = chainFor(this.view, call).chain?.action
        // A listener that is taken away leaves its connections the routes that they came with.
        known = { view: this.view, action: next?.kind === 'http' ? next : known.action }
      }
      return new OutboundExchange(this, connection, request, known.action as Extract<ChainAction, { kind: 'http' }>)
    }
    return { kind: 'http', exchange, refused }
  }

  /**
   * What becomes of TLS that a client starts, before it is ended: undefined where no listener takes it. Of the protocols
   * that the client offers, the first that a listener asks for counts.
   */
  tlsFor(hello: ClientHello): { readonly ends: ServerIdentity | undefined } | undefined {
    const isInbound = hello.direction === 'inbound' && this.workload.type === 'sidecar'
    const view = isInbound ? this.#inboundView : this.view
    const offered = hello.alpn.length === 0 ? [undefined] : hello.alpn
    let first: FilterChain | undefined
    for (const alpn of offered) {
      const { chain } = chainFor(view, callOf({ ...hello, tls: 'tls', alpn }))
      if (chain?.match.alpn !== undefined) return { ends: chain.tls }
      first ??= chain
    }
    return first && { ends: first.tls }
  }

  /** Whether the client's first bytes decide: a server that speaks first is not heard before them. */
  waitsForBytes(connection: IncomingConnection): boolean {
    const isInbound = connection.direction === 'inbound' && this.workload.type === 'sidecar'
    return isToldByBytes(isInbound ? this.#inboundView : this.view, callOf(connection))
  }

  /** Undefined where configuration knows no such cluster. */
  cluster(name: string, nowMs: number): UpstreamCluster | undefined {
    let cluster = this.#clusters.get(name)
    if (cluster === undefined) {
      cluster = new UpstreamCluster(name)
      this.#clusters.set(name, cluster)
    }
    return cluster.configure(this.view, nowMs) ? cluster : undefined
  }

  inboundPort(address: string, port: number): InboundPort {
    const current = this.#now
    const known = current.inboundPorts.get(port)?.get(address)
    if (known !== undefined) return known
    const { workload, snapshot } = current
    const { rootNamespace } = snapshot.mesh
    const modes = peerModes(snapshot.peerAuthentications, { ...workload, rootNamespace })
    const { guard } = current
    const made = inboundPort(this.#inboundView, { workload, address, port, modes, guard, limits: this.#limits })
    const others = current.inboundPorts.get(port)
    if (others === undefined) current.inboundPorts.set(port, new Map([[address, made]]))
    else others.set(address, made)
    return made
  }

  /** Clusters that have been used, with what is known of their hosts. */
  clusters(): IterableIterator<UpstreamCluster> {
    return this.#clusters.values()
  }

  get #now(): Current {
    const { snapshot } = this.mesh
    const { workload } = this
    const known = this.#current
    if (known !== undefined && known.snapshot === snapshot && known.workload === workload) return known
    const { proxy, key } = this.#toldBy(workload)
    const outbound =
      proxy.type === 'gateway' ? new ProxyView(snapshot, proxy) : this.mesh.sharedView(snapshot, key, proxy)
    const guard = this.mesh.guardOf?.(snapshot, workload)
    this.#current = { snapshot, workload, outbound, inbound: undefined, inboundPorts: new Map(), guard }
    return this.#current
  }

  get #inboundView(): ProxyView {
    const current = this.#now
    current.inbound ??= new ProxyView(current.snapshot, this.#toldBy(current.workload).proxy)
    return current.inbound
  }

  #toldBy(workload: Workload): { readonly proxy: Proxy; readonly key: string } {
    if (this.#told?.workload === workload) return this.#told
    const { type, namespace, labels, addresses, locality, proxyMetadata } = workload
    const dns = dnsSettingsIn(proxyMetadata)
    const proxy = { type, namespace, labels, addresses, locality, ...dns }
    const told = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))
    const { region, zone, subzone } = locality
    // Of a sidecar's addresses only their families count, and those only where it resolves names.
    const resolving = dns.dnsCapture && [dns.dnsAutoAllocate, addresses.map((address) => address.includes(':'))]
    this.#told = { workload, proxy, key: JSON.stringify([namespace, told, region, zone, subzone, resolving]) }
    return this.#told
  }
}

function callOf(
  connection: Pick<IncomingConnection, 'destination' | 'direction' | 'tls' | 'sni'> & {
    readonly alpn?: string | undefined
  },
): Omit<Call, 'request'> {
  const { destination, direction, tls, sni, alpn } = connection
  const { address, port } = destination
  return { address, port, direction, tls, ...(sni !== undefined && { sni }), ...(alpn !== undefined && { alpn }) }
}
