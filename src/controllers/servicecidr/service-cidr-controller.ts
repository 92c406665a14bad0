import { ServiceCIDR } from '../../api/kinds/networking/service-cidr.ts'
import { IPAddress } from '../../api/kinds/networking/ip-address.ts'
import { type IpAddress, networkOf, parseIp, parsePrefix, sameIp, widthOf } from '../../api/names/ip-address.ts'
import type { Key } from '../../api/object.ts'
import type { Condition } from '../../api/types.generated.ts'
import type { Client } from '../../client/client.ts'
import { type Controller, DONE, type Outcome, requeueAfter, type Source } from '../../client/controller.ts'
import type { Informer } from '../../client/informer.ts'
import { type Clock, printTime } from '../../world/clock.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { retryLostRace } from '../lost-race.ts'
import { ADDRESS_MANAGER, MANAGED_BY_LABEL } from './service-address-controller.ts'

const FINALIZER = 'networking.k8s.io/service-cidr-finalizer'
/** How long allocators are given to hear that a range goes (k8s.io/kubernetes pkg/controller/servicecidrs). */
const GRACE_MS = 10_000

/** Says that ranges of Service addresses are ready, and keeps those that are in use. */
export class ServiceCidrController implements Controller {
  readonly name = 'service-cidr'
  readonly sources: readonly Source[]
  readonly workers = 1
  readonly #client: Client
  readonly #clock: Clock
  readonly #cidrs: Informer<ServiceCIDR>
  readonly #addresses: Informer<IPAddress>

  constructor({ client, clock, informers }: Pick<ClusterOptions, 'client' | 'clock' | 'informers'>) {
    this.#client = client
    this.#clock = clock
    this.#cidrs = informers.of(ServiceCIDR)
    this.#addresses = informers.of(IPAddress)
    const leaving = (): Iterable<string> => this.#leaving()
    this.sources = [
      { kind: ServiceCIDR, keys: ({ metadata }) => [metadata.name, ...leaving()] },
      { kind: IPAddress, keys: leaving },
    ]
  }

  async reconcile(key: Key): Promise<Outcome> {
    const cidr = this.#cidrs.get(key)
    if (cidr === undefined) return DONE
    const { deletionTimestamp, finalizers = [] } = cidr.metadata
    if (deletionTimestamp === undefined) {
      return retryLostRace(async () => {
        const kept = finalizers.includes(FINALIZER) ? cidr : await this.#hold(cidr)
        await this.#tell(kept, { status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' })
      })
    }
    if (!finalizers.includes(FINALIZER)) return DONE
    if (isInUse(cidr, { cidrs: [...this.#cidrs.values()], addresses: [...this.#addresses.values()] })) {
      const message =
        'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR'
      return retryLostRace(() => this.#tell(cidr, { status: 'False', reason: 'Terminating', message }))
    }
    const waitMs = Date.parse(deletionTimestamp) + GRACE_MS - this.#clock.now()
    if (waitMs > 0) return requeueAfter(waitMs)
    return retryLostRace(() => this.#release(cidr))
  }

  async #hold(cidr: ServiceCIDR): Promise<ServiceCIDR> {
    const finalizers = [...(cidr.metadata.finalizers ?? []), FINALIZER]
    return this.#client.update({ ...cidr, metadata: { ...cidr.metadata, finalizers } })
  }

  async #release(cidr: ServiceCIDR): Promise<void> {
    const finalizers = (cidr.metadata.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER)
    await this.#client.update({ ...cidr, metadata: { ...cidr.metadata, finalizers } })
  }

  /** The range that the API server itself came with says so in its own words, and is left alone. */
  async #tell(cidr: ServiceCIDR, ready: Pick<Condition, 'message' | 'reason' | 'status'>): Promise<void> {
    const conditions = cidr.status?.conditions ?? []
    const present = conditions.find(({ type }) => type === 'Ready')
    if (present?.status === ready.status && present.reason === ready.reason) return
    const condition: Condition = { type: 'Ready', ...ready, lastTransitionTime: printTime(this.#clock.now()) }
    const others = conditions.filter(({ type }) => type !== 'Ready')
    await this.#client.updateStatus(cidr, { ...cidr.status, conditions: [...others, condition] })
  }

  *#leaving(): Generator<string> {
    for (const { metadata } of this.#cidrs.values()) {
      if (metadata.deletionTimestamp !== undefined) yield metadata.name
    }
  }
}

/**
 * Whether an address would be in no range any more if `cidr` went. One that lies in another range altogether is never
 * missed.
 */
export function isInUse(
  cidr: ServiceCIDR,
  cluster: { readonly cidrs: readonly ServiceCIDR[]; readonly addresses: readonly IPAddress[] },
): boolean {
  const prefixes = cidr.spec.cidrs ?? []
  const others = cluster.cidrs
    .filter(({ metadata }) => metadata.name !== cidr.metadata.name)
    .flatMap(({ spec }) => spec.cidrs ?? [])
  if (prefixes.every((prefix) => others.some((other) => containsPrefix(other, prefix)))) return false
  return cluster.addresses.some(({ metadata }) => {
    const address = parseIp(metadata.name)
    if (address === undefined || metadata.labels?.[MANAGED_BY_LABEL] !== ADDRESS_MANAGER) return false
    const within = (prefix: string): boolean => containsAddress(prefix, address)
    return prefixes.some(within) && !others.some(within)
  })
}

function containsPrefix(outer: string, inner: string): boolean {
  const [outerPrefix, innerPrefix] = [parsePrefix(outer), parsePrefix(inner)]
  if (outerPrefix === undefined || innerPrefix === undefined) return false
  return outerPrefix.length <= innerPrefix.length && containsAddress(outer, innerPrefix.address)
}

function containsAddress(text: string, address: IpAddress): boolean {
  const prefix = parsePrefix(text)
  if (prefix === undefined || widthOf(prefix.address) !== widthOf(address)) return false
  return sameIp(networkOf(prefix), networkOf({ ...prefix, address }))
}
