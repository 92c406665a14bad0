import type { Informers } from '../../client/informers.ts'
import type { World } from '../../world/world.ts'
import type { ClusterNetwork } from '../cluster-network.ts'
import { ClusterZone } from '../dns/cluster-zone.ts'
import { DnsServer } from '../dns/dns-server.ts'
import type { Address } from '../service-endpoints.ts'
import { type ConnectionTaker, type HostListening, HostListeners } from './host-listeners.ts'

const LOOPBACK = '127.0.0.1'
/** These addresses stand for no others. */
const HOST_ITSELF = '127.0.0.'
/** Where the DNS server is, if nobody else is there. */
const DNS_PORT = 10_053
const SECOND_MS = 1_000

export interface HostNetworkOptions {
  readonly network: ClusterNetwork
  readonly informers: Informers
  readonly world: Pick<World, 'clock' | 'sockets' | 'datagrams'>
  /** Takes connections over that come to pods of a mesh. */
  readonly taker?: ConnectionTaker
  readonly listenersMax?: number
  /** Told of what is not reached, and why; all else goes on. */
  onError(error: Error): void
}

/** What a cluster is to the host that it runs on: listeners at the addresses of pods and Services, and a DNS server for their names. */
export class HostNetwork implements AsyncDisposable {
  readonly #options: HostNetworkOptions
  readonly #listeners: HostListeners
  #dns: DnsServer | undefined
  #dnsPort: number | undefined

  constructor(options: HostNetworkOptions) {
    const { world, ...rest } = options
    this.#options = options
    this.#listeners = new HostListeners({ ...rest, clock: world.clock, sockets: world.sockets })
  }

  async start(): Promise<void> {
    await this.#listeners.start()
    try {
      this.#dnsPort = await this.#listenForNames(DNS_PORT).catch((error: unknown) => {
        if ((error as { code?: string }).code !== 'EADDRINUSE') throw error
        return this.#listenForNames(0)
      })
    } catch (error) {
      this.#options.onError(new Error(`names are not resolved for the host: ${(error as Error).message}`))
    }
  }

  /** Of the DNS server on 127.0.0.1; undefined where it could not listen. */
  get dnsPort(): number | undefined {
    return this.#dnsPort
  }

  /** What the host reaches now, and where, by name. */
  list(): readonly HostListening[] {
    return this.#listeners.list()
  }

  /** The same for who asks from another process, and where names are asked for. */
  describe(): { readonly dns?: string; readonly listeners: readonly HostListening[] } {
    const dns = this.#dnsPort === undefined ? undefined : `${LOOPBACK}:${this.#dnsPort}`
    return { ...(dns !== undefined && { dns }), listeners: this.list() }
  }

  /** Where the host reaches an address of the cluster; undefined where it does not. */
  where(address: Address): Address | undefined {
    return this.#listeners.where(address)
  }

  /** Where on this host a pod is, as others see its connections; undefined where it has no place of its own. */
  placeOf(ip: string): string | undefined {
    return this.#listeners.placeOf(ip)
  }

  /** An address of this host as the cluster knows it. */
  clusterAddressOf(host: string): string {
    return host.startsWith(HOST_ITSELF) ? host : this.#listeners.translation.original(host)
  }

  /** Resolves when all that is served now can be reached. */
  settled(): Promise<void> {
    return this.#listeners.settled()
  }

  async close(): Promise<void> {
    await Promise.all([this.#dns?.close(), this.#listeners.close()])
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #listenForNames(port: number): Promise<number> {
    const { network, world, onError } = this.#options
    const zone = new ClusterZone({
      records: network.records,
      addresses: this.#listeners.translation,
      serial: Math.floor(world.clock.now() / SECOND_MS),
      nameServer: LOOPBACK,
    })
    const server = new DnsServer({ zone, ...world, host: LOOPBACK, port, onError })
    const open = await server.listen()
    this.#dns = server
    return open
  }
}
