import { Pod } from '../../api/kinds/core/pod.ts'
import { meshKind } from '../../api/kinds/istio/mesh-kinds.ts'
import type { Kind } from '../../api/kind.ts'
import { type Key, keyOf, printKey } from '../../api/object.ts'
import type { Client } from '../../client/client.ts'
import { type Controller, type ControllerContext, DONE, type Outcome, type Source } from '../../client/controller.ts'
import type { Informer } from '../../client/informer.ts'
import type { Informers } from '../../client/informers.ts'
import { featuresOfPod } from '../config/control-plane-features.ts'
import { DEFAULT_MESH } from '../config/mesh-config.ts'
import type { GivenAddress, ServiceEntry } from '../config/types/service-entry.ts'
import { AddressPool } from './address-pool.ts'
import { givenTo, planAddresses, saidBy } from './entry-addresses.ts'

/** istio/istio pilot/pkg/features/pilot.go: PILOT_IP_AUTOALLOCATE_IPV4_PREFIX and …_IPV6_PREFIX. */
const NETWORKS = ['240.240.0.0/16', '2001:2::/48']
const BY_ADDRESS = 'mesh/address'
/** No namespace: no entry is called so. */
const ALL: Key = { name: 'all' }

export interface EntryAddressOptions {
  readonly client: Client
  readonly informers: Informers
  /** Whether istiod is to give addresses at all. */
  givesAddresses(): boolean
}

/**
 * Gives hosts of ServiceEntries that have no address one of their own, and writes it into the status, where it stays for as
 * long as the host does.
 *
 * Who holds an address is asked of the entries themselves, by an index: nothing has to be kept beside them. So one entry is
 * looked at after the other.
 */
export class EntryAddressController implements Controller {
  readonly name = 'istio-addresses'
  readonly sources: readonly Source[]
  readonly workers = 1
  readonly #client: Client
  readonly #entries: Informer<ServiceEntry>
  readonly #givesAddresses: () => boolean
  readonly #pools = NETWORKS.map((network) => new AddressPool(network))
  #enqueue: ControllerContext['enqueue'] = () => undefined

  constructor(options: EntryAddressOptions) {
    const { client, informers } = options
    const kind = meshKind('ServiceEntry') as Kind<ServiceEntry>
    this.#client = client
    this.#givesAddresses = () => options.givesAddresses()
    this.#entries = informers.of(kind)
    this.#entries.addIndex(BY_ADDRESS, (entry) => this.#held(entry))
    this.sources = [
      { kind: kind as Kind, keys: (entry) => this.#concerned(entry as ServiceEntry) },
      { kind: Pod as Kind, keys: (pod) => (featuresOfPod(pod, DEFAULT_MESH) === undefined ? [] : [printKey(ALL)]) },
    ]
  }

  start({ enqueue }: ControllerContext): void {
    this.#enqueue = enqueue
  }

  async reconcile(key: Key): Promise<Outcome> {
    if (!this.#givesAddresses()) return DONE
    if (key.namespace === undefined) {
      for (const entry of this.#entries.values()) this.#enqueue(printKey(keyOf(entry)))
      return DONE
    }
    const entry = this.#entries.get(key)
    if (entry === undefined) return DONE
    const given: string[] = []
    const addresses = planAddresses(entry, {
      othersWith: (address) => this.#entries.byIndex(BY_ADDRESS, address).filter((other) => other !== entry),
      give: () => this.#give(given),
    })
    if (addresses !== undefined) await this.#write(entry, addresses, given)
    return DONE
  }

  async #write(entry: ServiceEntry, addresses: readonly GivenAddress[], given: readonly string[]): Promise<void> {
    try {
      await this.#client.updateStatus(entry, { ...entry.status, addresses })
    } catch (error) {
      this.#giveBack(given)
      throw error
    }
    if (addresses.length === 0) this.#giveBack(givenTo(entry))
  }

  /** One of each network that has any left; they are noted in `given`, for no index knows them yet. */
  #give(given: string[]): readonly string[] {
    const isTaken = (address: string): boolean =>
      given.includes(address) || this.#entries.byIndex(BY_ADDRESS, address).length > 0
    const addresses = this.#pools.map((pool) => pool.take(isTaken)).filter((address) => address !== undefined)
    given.push(...addresses)
    return addresses
  }

  #giveBack(addresses: readonly string[]): void {
    for (const address of addresses) for (const pool of this.#pools) pool.giveBack(address)
  }

  /** Of those that are given here; the others may have several holders. */
  #held(entry: ServiceEntry): readonly string[] {
    const all = new Set([...givenTo(entry), ...saidBy(entry)])
    return [...all].filter((address) => this.#pools.some((pool) => pool.has(address)))
  }

  /** Itself, and who holds an address of its: one of them has to let it go. */
  *#concerned(entry: ServiceEntry): Generator<string> {
    yield printKey(keyOf(entry))
    for (const address of this.#held(entry)) {
      for (const holder of this.#entries.byIndex(BY_ADDRESS, address)) yield printKey(keyOf(holder))
    }
  }
}
