import { deepEqual } from '../../base/equal.ts'
import { Service } from '../../api/kinds/core/service.ts'
import { type Key, keyOf, printKey } from '../../api/object.ts'
import type { Client } from '../../client/client.ts'
import { type Controller, DONE, type Outcome, type Source, watches } from '../../client/controller.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { Informer } from '../../client/informer.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { retryLostRace } from '../lost-race.ts'

/** Addresses for those who name none: a range beside those of pods and Services. */
const POOL = '10.254'
const POOL_SIZE = 65_534
const BY_ADDRESS = 'load-balancer-address'

/**
 * Stands for the load balancers of a cloud: a Service of that type gets the address that it asks for, or else the first
 * that is free. Those of a `loadBalancerClass` are somebody else's.
 */
export class LoadBalancerController implements Controller {
  readonly name = 'service-lb-controller'
  readonly sources: readonly Source[] = [watches(Service as Source['kind'])]
  /** One address is chosen after the other, so that none is chosen twice. */
  readonly workers = 1
  readonly #client: Client
  readonly #services: Informer<Service>
  readonly #events: EventRecorder

  constructor({ client, informers, events }: ClusterOptions) {
    this.#client = client
    this.#services = informers.of(Service)
    this.#services.addIndex(BY_ADDRESS, addressesOf)
    this.#events = events('service-controller')
  }

  async reconcile(key: Key): Promise<Outcome> {
    const service = this.#services.get(key)
    if (service === undefined || service.metadata.deletionTimestamp !== undefined) return DONE
    const { type, loadBalancerClass } = service.spec
    if (loadBalancerClass !== undefined) return DONE
    const before = service.status?.loadBalancer?.ingress ?? []
    const wanted = type === 'LoadBalancer' ? [{ ip: this.#addressFor(service), ipMode: 'VIP' }] : []
    if (deepEqual(before, wanted)) return DONE
    const loadBalancer = wanted.length === 0 ? {} : { ingress: wanted }
    return retryLostRace(async () => {
      if (wanted.length > 0) await this.#tell(service, 'EnsuringLoadBalancer', 'Ensuring load balancer')
      await this.#client.updateStatus(service, { ...service.status, loadBalancer })
      if (wanted.length > 0) await this.#tell(service, 'EnsuredLoadBalancer', 'Ensured load balancer')
      else await this.#tell(service, 'DeletedLoadBalancer', 'Deleted load balancer')
    })
  }

  #addressFor(service: Service): string {
    const { loadBalancerIP = '' } = service.spec
    if (loadBalancerIP !== '') return loadBalancerIP
    const kept = addressesOf(service).find((address) => address.startsWith(`${POOL}.`))
    if (kept !== undefined && this.#isFor(kept, service)) return kept
    for (let at = 1; at <= POOL_SIZE; at++) {
      const address = `${POOL}.${at >> 8}.${at & 255}`
      if (this.#isFor(address, service)) return address
    }
    throw new Error(`no address is left in ${POOL}.0.0/16`)
  }

  /** Whether nobody else has it. */
  #isFor(address: string, service: Service): boolean {
    const own = printKey(keyOf(service))
    return this.#services.byIndex(BY_ADDRESS, address).every((holder) => printKey(keyOf(holder)) === own)
  }

  #tell(service: Service, reason: string, message: string): Promise<void> {
    return this.#events.record(service, { type: 'Normal', reason, message })
  }
}

function addressesOf({ spec, status }: Service): readonly string[] {
  const held = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? [])
  const asked = spec.type === 'LoadBalancer' && spec.loadBalancerIP ? [spec.loadBalancerIP] : []
  return [...new Set([...held, ...asked])]
}
