import { Node } from '../api/kinds/core/node.ts'
import { ServiceCIDR } from '../api/kinds/networking/service-cidr.ts'
import { parseIp } from '../api/names/ip-address.ts'
import type { Informer } from '../client/informer.ts'
import type { Informers } from '../client/informers.ts'
import type { Network, RequestOptions, ResponseStream } from '../world/network.ts'
import { contains } from './address-range.ts'
import { type Answering, callHandler } from './call-handler.ts'
import { ClusterNames } from './cluster-names.ts'
import { connectionRefused, DialError, noRoute, noSuchHost, printAddress } from './dial-error.ts'
import { type Address, ServiceEndpoints } from './service-endpoints.ts'

/** Where a request comes from: decides what short names and localhost mean. Without it, it is ours, not a pod's. */
export interface Origin {
  readonly namespace?: string
  readonly podIp?: string
}

export interface Listening extends Address, Answering {
  /** Whether its machine can be reached now; always, unless told otherwise. */
  isReachable?(): boolean
}

export interface ClusterNetworkOptions {
  readonly informers: Informers
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
 */
export class ClusterNetwork {
  readonly #listeners = new Map<string, Listening>()
  readonly #endpoints: ServiceEndpoints
  readonly #names: ClusterNames
  readonly #nodes: Informer<Node>
  readonly #ranges: Informer<ServiceCIDR>
  readonly #host: Pick<Network, 'request'> | undefined

  constructor({ informers, host }: ClusterNetworkOptions) {
    this.#endpoints = new ServiceEndpoints(informers)
    this.#names = new ClusterNames(informers, this.#endpoints)
    this.#nodes = informers.of(Node)
    this.#ranges = informers.of(ServiceCIDR)
    this.#nodes.addIndex(NODE_ADDRESS_INDEX, ({ status }) => (status?.addresses ?? []).map(({ address }) => address))
    this.#host = host
  }

  /** Answers at an address until the returned function is called. Throws when somebody else does already. */
  listen(listening: Listening): () => void {
    const { ip, port } = listening
    const key = printAddress(ip, port)
    if (this.#listeners.has(key)) throw new DialError(`listen tcp ${key}: bind: address already in use`)
    this.#listeners.set(key, listening)
    return () => {
      if (this.#listeners.get(key) === listening) this.#listeners.delete(key)
    }
  }

  isListening({ ip, port }: Address): boolean {
    return this.#listeners.has(printAddress(ip, port))
  }

  /** Rejects with a `DialError` when there is no connection. */
  async request(options: RequestOptions, origin: Origin = {}): Promise<ResponseStream> {
    options.signal?.throwIfAborted()
    const url = new URL(options.url)
    const route = this.#route(url, origin)
    if ('handler' in route) return callHandler(route, { ...options, url })
    if (this.#host === undefined) throw route.otherwise
    const target = new URL(url)
    if (route.at !== undefined) target.host = printAddress(route.at.ip, route.at.port)
    return this.#host.request({ ...options, url: target.href })
  }

  #route(url: URL, origin: Origin): Route {
    const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
    if (parseIp(host) !== undefined || host === 'localhost') return this.#dial({ ip: host, port }, origin)
    const resolution = this.#names.resolve(host, origin.namespace ?? 'default')
    if (resolution === undefined) throw noSuchHost(host)
    if ('external' in resolution) {
      const at = resolution.external === host ? undefined : { ip: resolution.external, port }
      return { at, otherwise: noSuchHost(host) }
    }
    return this.#dialAny(resolution.addresses, { port, origin })
  }

  /** One address after the other; if none takes the connection, the first tells why. */
  #dialAny(addresses: readonly string[], { port, origin }: { port: number; origin: Origin }): Route {
    let failure: unknown
    for (const ip of addresses) {
      try {
        return this.#dial({ ip, port }, origin)
      } catch (error) {
        failure ??= error
      }
    }
    throw failure
  }

  #dial(address: Address, origin: Origin): Route {
    if (origin.podIp !== undefined && isLoopback(address.ip)) {
      const own = this.#listeners.get(printAddress(origin.podIp, address.port))
      if (own !== undefined) return own
    }
    const service = this.#endpoints.byAddress(address.ip)
    if (service !== undefined) {
      const endpoint = this.#endpoints.next(service, address.port)
      if (endpoint === undefined) throw connectionRefused(address)
      return this.#dialHost(endpoint)
    }
    return this.#dialHost(address)
  }

  /** An address that is no Service's. */
  #dialHost(address: Address): Route {
    const listening = this.#listeners.get(printAddress(address.ip, address.port))
    if (listening?.isReachable?.() === false) throw noRoute(address)
    if (listening !== undefined) return listening
    if (isLoopback(address.ip)) return { at: address, otherwise: connectionRefused(loopback(address)) }
    if (this.#nodes.byIndex(NODE_ADDRESS_INDEX, address.ip).length > 0) throw connectionRefused(address)
    if (this.#isPodAddress(address.ip)) throw connectionRefused(address)
    if (this.#isServiceAddress(address.ip)) throw noRoute(address)
    return { at: address, otherwise: noRoute(address) }
  }

  #isPodAddress(ip: string): boolean {
    for (const { spec } of this.#nodes.values()) if (contains(spec.podCIDR ?? '', ip)) return true
    return false
  }

  #isServiceAddress(ip: string): boolean {
    for (const { spec } of this.#ranges.values()) if ((spec.cidrs ?? []).some((cidr) => contains(cidr, ip))) return true
    return false
  }
}

/** To a listener of ours, or to the host: at another address than the URL says, where `at` is given. */
type Route = Listening | { readonly at: Address | undefined; readonly otherwise: DialError }

const NODE_ADDRESS_INDEX = 'network/address'

function isLoopback(ip: string): boolean {
  return ip === 'localhost' || ip === '::1' || ip.startsWith('127.')
}

function loopback({ ip, port }: Address): Address {
  return { ip: ip === 'localhost' ? '127.0.0.1' : ip, port }
}
