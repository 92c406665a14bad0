import { Node } from '../api/kinds/core/node.ts'
import { Service } from '../api/kinds/core/service.ts'
import { ServiceCIDR } from '../api/kinds/networking/service-cidr.ts'
import { assert } from '../base/assert.ts'
import type { Key } from '../api/object.ts'
import { parseIp } from '../api/names/ip-address.ts'
import type { Informer } from '../client/informer.ts'
import type { Informers } from '../client/informers.ts'
import type { Clock } from '../world/clock.ts'
import type { Network, RequestOptions, ResponseStream } from '../world/network.ts'
import { contains } from './address-range.ts'
import { type Answering, callHandler } from './call-handler.ts'
import { type CapturedNames, ClusterNames } from './cluster-names.ts'
import { connectionRefused, DialError, dialTimeout, noRoute, noSuchHost, printAddress } from './dial-error.ts'
import { ClusterRecords } from './dns/cluster-records.ts'
import { NetworkPolicies } from './policy/network-policies.ts'
import { type Address, ServiceEndpoints } from './service-endpoints.ts'

/** Where a request comes from: decides what short names and localhost mean. Without it, it is ours, not a pod's. */
export interface Origin {
  readonly namespace?: string
  readonly podIp?: string
}

export type Listening = Address &
  Answering & {
    /** Whether its machine can be reached now; always, unless told otherwise. */
    isReachable?(): boolean
  }

/** Told of listeners as they come and go; of those that are there, first. */
export interface ListeningObserver {
  opened(listening: Listening): void
  closed(listening: Listening): void
}

/** Stands between pods and whom they call: the proxies of a mesh. Where a method says undefined, nobody stands there. */
export interface Interceptor {
  /** Who answers a pod's questions for names before the cluster's DNS does. */
  namesOf(origin: Origin): CapturedNames | undefined
  /** What a pod sends. `to` is where a name led, a Service's address or a pod's. */
  leaving(to: Address, options: RequestOptions, origin: Origin): Promise<ResponseStream> | undefined
  /** What comes to a pod and was not taken over when it left. */
  arriving(to: Address, options: RequestOptions, origin: Origin): Promise<ResponseStream> | undefined
}

/** How long a connection waits for one that drops what it is sent (Go's net/http: DefaultTransport). */
const DIAL_TIMEOUT_MS = 30_000

export interface ClusterNetworkOptions {
  readonly informers: Informers
  readonly clock: Clock
  /** Where requests go that the cluster has no address for; without it, nobody has. */
  readonly host?: Pick<Network, 'request'>
}

/**
 * The network of a cluster whose pods are no processes: names, Services and addresses are those of the cluster's objects,
 * and a connection is a call.
 *
 * Invariants:
 *  1. An address and port has one listener at most.
 *  2. Which endpoint of a Service answers depends only on how many requests it had before: endpoints take turns.
 *  3. An address of the cluster is never looked for outside of it.
 *  4. No request passes that a NetworkPolicy denies: it ends with a time-out, as where packets are dropped.
 */
export class ClusterNetwork {
  readonly #listeners = new Map<string, Listening>()
  readonly #observers = new Set<ListeningObserver>()
  readonly #clock: Clock
  readonly policies: NetworkPolicies
  readonly #endpoints: ServiceEndpoints
  /** What the names of the cluster stand for. */
  readonly records: ClusterRecords
  readonly #names: ClusterNames
  readonly #services: Informer<Service>
  readonly #nodes: Informer<Node>
  readonly #ranges: Informer<ServiceCIDR>
  readonly #host: Pick<Network, 'request'> | undefined
  #interceptor: Interceptor | undefined

  constructor({ informers, clock, host }: ClusterNetworkOptions) {
    this.#clock = clock
    this.policies = new NetworkPolicies(informers)
    this.#endpoints = new ServiceEndpoints(informers)
    this.records = new ClusterRecords(informers, this.#endpoints)
    this.#names = new ClusterNames(this.records)
    this.#services = informers.of(Service)
    this.#nodes = informers.of(Node)
    this.#ranges = informers.of(ServiceCIDR)
    this.#nodes.addIndex(NODE_ADDRESS_INDEX, ({ status }) => (status?.addresses ?? []).map(({ address }) => address))
    this.#host = host
  }

  /** Answers at an address until the returned function is called. Throws when somebody else does already. */
  listen(listening: Listening): () => void {
    const { ip, port } = listening
    const key = printAddress(ip, port)
    if (this.#listeners.has(key)) throw new DialError('in-use', `listen tcp ${key}: bind: address already in use`)
    this.#listeners.set(key, listening)
    for (const observer of this.#observers) observer.opened(listening)
    return () => {
      if (this.#listeners.get(key) !== listening) return
      this.#listeners.delete(key)
      for (const observer of this.#observers) observer.closed(listening)
    }
  }

  /** Returns what ends it. */
  observe(observer: ListeningObserver): () => void {
    this.#observers.add(observer)
    for (const listening of this.#listeners.values()) observer.opened(listening)
    return () => this.#observers.delete(observer)
  }

  listeningAt({ ip, port }: Address): Listening | undefined {
    return this.#listeners.get(printAddress(ip, port))
  }

  /** The endpoint whose turn it is at a port of a Service. */
  endpointOf(key: Key, port: number): Address | undefined {
    const service = this.#services.get(key)
    return service === undefined ? undefined : this.#endpoints.next(service, port)
  }

  isListening({ ip, port }: Address): boolean {
    return this.#listeners.has(printAddress(ip, port))
  }

  /** Whether it is an address of the cluster: nobody outside is meant by it. */
  owns(ip: string): boolean {
    return this.#isMachineAddress(ip) || this.#isServiceAddress(ip)
  }

  /** From now on asked about every request, but not about what it delivers itself. */
  interceptBy(interceptor: Interceptor): void {
    this.#interceptor = interceptor
  }

  /** Rejects with a `DialError` when there is no connection. */
  async request(options: RequestOptions, origin: Origin = {}): Promise<ResponseStream> {
    options.signal?.throwIfAborted()
    const url = new URL(options.url)
    const interceptor = this.#interceptor
    if (interceptor !== undefined && origin.podIp !== undefined) {
      const address = this.#addressOf(url, origin)
      const taken = address === undefined ? undefined : interceptor.leaving(address, options, origin)
      if (taken !== undefined) return taken
    }
    const route = this.#route(url, origin)
    await this.#pass(route, { ip: hostOf(url), port: portOf(url), origin, signal: options.signal })
    const taken = route.to === undefined ? undefined : interceptor?.arriving(route.to, options, origin)
    return taken ?? this.#send(route, options, origin)
  }

  /**
   * Sends a request to an address as it is, whatever its URL says: for those who choose the endpoint themselves. Policies
   * are kept; a Service's address has no listener.
   */
  async deliver(address: Address, options: RequestOptions, origin: Origin = {}): Promise<ResponseStream> {
    options.signal?.throwIfAborted()
    const route = this.#dialHost(address)
    await this.#pass(route, { ...address, origin, signal: options.signal })
    return this.#send(route, options, origin)
  }

  /** The same for an address that may be a Service's, and a proxy before it takes it over: what a proxy sends to others. */
  async approach(address: Address, options: RequestOptions, origin: Origin = {}): Promise<ResponseStream> {
    options.signal?.throwIfAborted()
    const route = this.#dial(address, origin)
    await this.#pass(route, { ...address, origin, signal: options.signal })
    const taken = this.#interceptor?.arriving(route.to ?? address, options, origin)
    return taken ?? this.#send(route, options, origin)
  }

  async #send(route: Route, options: RequestOptions, origin: Origin): Promise<ResponseStream> {
    const url = new URL(options.url)
    if ('failure' in route) throw route.failure
    const from = origin.podIp === undefined ? {} : { from: origin.podIp }
    if ('listening' in route) return await callHandler(route.listening, { ...options, ...from, url })
    if (this.#host === undefined) throw route.otherwise
    if (route.at !== undefined) url.host = printAddress(route.at.ip, route.at.port)
    return await this.#host.request({ ...options, url: url.href })
  }

  /**
   * Where a client would connect to; undefined for itself, and for what nobody knows. A name that the host knows stands for
   * its address.
   */
  #addressOf(url: URL, origin: Origin): Address | undefined {
    const port = portOf(url)
    const host = hostOf(url)
    if (isLoopback(host)) return undefined
    if (parseIp(host) !== undefined) return { ip: host, port }
    const captured = this.#interceptor?.namesOf(origin)
    const resolution = this.#names.resolve(host, origin.namespace ?? 'default', captured)
    if (resolution === undefined) return undefined
    if ('external' in resolution) return this.#host === undefined ? undefined : { ip: resolution.external, port }
    const [ip] = resolution.addresses
    return ip === undefined ? undefined : { ip, port }
  }

  #route(url: URL, origin: Origin): Route {
    const port = portOf(url)
    const host = hostOf(url)
    if (parseIp(host) !== undefined || host === 'localhost') return this.#dial({ ip: host, port }, origin)
    const resolution = this.#names.resolve(host, origin.namespace ?? 'default')
    if (resolution === undefined) throw noSuchHost(host)
    if ('external' in resolution) {
      const at = resolution.external === host ? undefined : { ip: resolution.external, port }
      return { to: undefined, at, otherwise: noSuchHost(host) }
    }
    return this.#dialAny(resolution.addresses, { port, origin })
  }

  /** Lets it through, or lets it wait for nothing. What was asked for says where it was to go if the route does not. */
  async #pass(
    { to }: Route,
    { origin, signal, ...asked }: Address & { readonly origin: Origin; readonly signal: AbortSignal | undefined },
  ): Promise<void> {
    const { port } = to ?? asked
    if (this.policies.denial({ from: origin.podIp, to: { ip: to?.ip, port } }) === undefined) return
    await this.#clock.sleep(DIAL_TIMEOUT_MS, signal)
    throw dialTimeout(to ?? asked)
  }

  /** One address after the other; if none takes the connection, the first tells why. */
  #dialAny(addresses: readonly string[], { port, origin }: { port: number; origin: Origin }): Route {
    let failed: Route | undefined
    for (const ip of addresses) {
      const route = this.#dial({ ip, port }, origin)
      if (!('failure' in route)) return route
      failed ??= route
    }
    assert(failed !== undefined, 'a name stands for an address at least')
    return failed
  }

  #dial(address: Address, origin: Origin): Route {
    if (origin.podIp !== undefined && isLoopback(address.ip)) {
      const own = this.#listeners.get(printAddress(origin.podIp, address.port))
      if (own !== undefined) return { to: { ip: origin.podIp, port: address.port }, listening: own }
    }
    const service = this.#endpoints.byAddress(address.ip)
    if (service !== undefined) {
      const endpoint = this.#endpoints.next(service, address.port)
      if (endpoint === undefined) return { to: address, failure: connectionRefused(address) }
      return this.#dialHost(endpoint)
    }
    return this.#dialHost(address)
  }

  /** An address that is no Service's. */
  #dialHost(address: Address): Route {
    const listening = this.#listeners.get(printAddress(address.ip, address.port))
    if (listening?.isReachable?.() === false) return { to: address, failure: noRoute(address) }
    if (listening !== undefined) return { to: address, listening }
    if (isLoopback(address.ip)) return { to: address, at: address, otherwise: connectionRefused(loopback(address)) }
    if (this.#isMachineAddress(address.ip)) return { to: address, failure: connectionRefused(address) }
    if (this.#isServiceAddress(address.ip)) return { to: address, failure: noRoute(address) }
    if (parseIp(address.ip) === undefined) return { to: undefined, at: address, otherwise: noSuchHost(address.ip) }
    return { to: address, at: address, otherwise: noRoute(address) }
  }

  /** A node's, or of a range that a node has for its pods. */
  #isMachineAddress(ip: string): boolean {
    if (this.#nodes.byIndex(NODE_ADDRESS_INDEX, ip).length > 0) return true
    for (const { spec } of this.#nodes.values()) if (contains(spec.podCIDR ?? '', ip)) return true
    return false
  }

  #isServiceAddress(ip: string): boolean {
    for (const { spec } of this.#ranges.values()) if ((spec.cidrs ?? []).some((cidr) => contains(cidr, ip))) return true
    return false
  }
}

/**
 * To a listener of ours, to nobody, or to the host: at another address than the URL says, where `at` is given. `to` is the
 * address as policies see it; undefined for a name that the host knows.
 */
type Route = { readonly to: Address | undefined } & (
  | { readonly listening: Listening }
  | { readonly failure: DialError }
  | { readonly at: Address | undefined; readonly otherwise: DialError }
)

const NODE_ADDRESS_INDEX = 'network/address'

function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port)
  return protocol === 'https:' ? 443 : 80
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

function isLoopback(ip: string): boolean {
  return ip === 'localhost' || ip === '::1' || ip.startsWith('127.')
}

function loopback({ ip, port }: Address): Address {
  return { ip: ip === 'localhost' ? '127.0.0.1' : ip, port }
}
