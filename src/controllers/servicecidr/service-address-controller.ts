import { Service } from '../../api/kinds/core/service.ts'
import { IPAddress } from '../../api/kinds/networking/ip-address.ts'
import { isIpV4, parseIp, printIp } from '../../api/names/ip-address.ts'
import { type ApiObject, type Key, keyOf, printKey } from '../../api/object.ts'
import type { Client } from '../../client/client.ts'
import { type Controller, DONE, type Outcome, type Source, watches } from '../../client/controller.ts'
import type { Informer } from '../../client/informer.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { retryLostRace } from '../lost-race.ts'

/** k8s.io/kubernetes pkg/registry/core/service/ipallocator/ipallocator.go ControllerName */
export const ADDRESS_MANAGER = 'ipallocator.k8s.io'
/** k8s.io/api networking/v1/well_known_labels.go */
export const MANAGED_BY_LABEL = 'ipaddress.kubernetes.io/managed-by'
const FAMILY_LABEL = 'ipaddress.kubernetes.io/ip-family'
const BY_ADDRESS = 'address'

/** Keeps an IPAddress for each address that a Service holds, so that a range in use is not taken away. */
export class ServiceAddressController implements Controller {
  readonly name = 'service-addresses'
  readonly sources: readonly Source[] = [
    {
      kind: Service,
      *keys(object, old) {
        yield* addressesOf(object as Service)
        if (old !== undefined) yield* addressesOf(old as Service)
      },
    },
    watches(IPAddress),
  ]
  readonly #client: Client
  readonly #services: Informer<Service>
  readonly #addresses: Informer<IPAddress>

  constructor({ client, informers }: Pick<ClusterOptions, 'client' | 'informers'>) {
    this.#client = client
    this.#services = informers.of(Service)
    this.#services.addIndex(BY_ADDRESS, addressesOf)
    this.#addresses = informers.of(IPAddress)
  }

  async reconcile(key: Key): Promise<Outcome> {
    const [holder] = this.#services.byIndex(BY_ADDRESS, key.name)
    const present = this.#addresses.get(key)
    if (present !== undefined && present.metadata.labels?.[MANAGED_BY_LABEL] !== ADDRESS_MANAGER) return DONE
    if (present === undefined) {
      if (holder === undefined) return DONE
      return retryLostRace(() => this.#create(key.name, holder))
    }
    if (holder !== undefined && isHeldBy(present, holder)) return DONE
    // A new one follows when this one is gone.
    return retryLostRace(() => this.#client.deleteObject(present))
  }

  async #create(name: string, holder: Service): Promise<void> {
    await this.#client.create<IPAddress>({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IPAddress',
      metadata: { name, labels: { [FAMILY_LABEL]: familyOf(name), [MANAGED_BY_LABEL]: ADDRESS_MANAGER } },
      spec: { parentRef: { group: '', resource: 'services', ...placeOf(holder) } },
    })
  }
}

/** As keys; a headless Service has none. */
function addressesOf({ spec }: Service): readonly string[] {
  return (spec.clusterIPs ?? []).flatMap((text) => {
    const address = parseIp(text)
    return address === undefined ? [] : [printKey({ name: printIp(address) })]
  })
}

function familyOf(address: string): 'IPv4' | 'IPv6' {
  const parsed = parseIp(address)
  return parsed !== undefined && isIpV4(parsed) ? 'IPv4' : 'IPv6'
}

function isHeldBy({ spec }: IPAddress, holder: ApiObject): boolean {
  const { resource, namespace, name } = spec.parentRef ?? {}
  const place = placeOf(holder)
  return resource === 'services' && namespace === place.namespace && name === place.name
}

function placeOf(object: ApiObject): { readonly namespace: string; readonly name: string } {
  const { namespace = '', name } = keyOf(object)
  return { namespace, name }
}
