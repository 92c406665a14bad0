import { Service } from '../api/kinds/core/service.ts'
import { EndpointSlice } from '../api/kinds/discovery/endpoint-slice.ts'
import type { ServicePort } from '../api/types.generated.ts'
import { printKey } from '../api/object.ts'
import type { Informer } from '../client/informer.ts'
import type { Informers } from '../client/informers.ts'

const SERVICE_LABEL = 'kubernetes.io/service-name'
const SERVICE_INDEX = 'network/service'
const ADDRESS_INDEX = 'network/cluster-ip'
const ENDPOINT_INDEX = 'network/endpoint-ip'

export interface Address {
  readonly ip: string
  readonly port: number
}

/** An endpoint by the name that DNS gives it. */
export interface NamedEndpoint {
  readonly ip: string
  readonly hostname: string
  readonly ports: readonly NamedPort[]
}

interface NamedPort {
  readonly name: string
  readonly protocol: string
  readonly port: number
}

/** Which endpoints are behind which Service: what kube-proxy knows. */
export class ServiceEndpoints {
  readonly #services: Informer<Service>
  readonly #slices: Informer<EndpointSlice>
  /** How often a port of a Service was dialled: its endpoints take turns. */
  readonly #turns = new Map<string, number>()
  /** Of a port of a Service, as long as its slices are the same. */
  readonly #usable = new Map<
    string,
    { readonly slices: readonly EndpointSlice[]; readonly addresses: readonly Address[] }
  >()

  constructor(informers: Informers) {
    this.#services = informers.of(Service)
    this.#slices = informers.of(EndpointSlice)
    this.#services.addIndex(ADDRESS_INDEX, addressesOf)
    this.#services.handle({ deleted: (service) => this.#forget(service) })
    this.#slices.addIndex(SERVICE_INDEX, (slice) => {
      const key = serviceKeyOf(slice)
      return key === undefined ? [] : [printKey(key)]
    })
  }

  /** The Service that has an address of its own; undefined when none has it. */
  byAddress(ip: string): Service | undefined {
    return this.#services.byIndex(ADDRESS_INDEX, ip)[0]
  }

  /** The same, of addresses that the cluster gave. */
  byClusterIp(ip: string): Service | undefined {
    return this.#services.byIndex(ADDRESS_INDEX, ip).find(({ spec }) => spec.clusterIPs?.includes(ip) === true)
  }

  /** The next endpoint whose turn it is at a port of a Service; undefined when nothing is behind it. */
  next(service: Service, port: number): Address | undefined {
    const servicePort = service.spec.ports?.find((one) => one.port === port && (one.protocol ?? 'TCP') === 'TCP')
    if (servicePort === undefined) return undefined
    const key = turnKey(service, port)
    const endpoints = this.#of(service, servicePort, key)
    const turn = this.#turns.get(key) ?? 0
    this.#turns.set(key, turn + 1)
    return endpoints[turn % endpoints.length]
  }

  /** The ready endpoints with the names by which headless Services publish them, by address. */
  named(service: Service): readonly NamedEndpoint[] {
    const found = new Map<string, NamedEndpoint>()
    for (const slice of this.#slicesOf(service)) {
      const ports = portsOf(slice)
      for (const { addresses, conditions, hostname } of slice.endpoints ?? []) {
        const [ip] = addresses
        if (ip === undefined || conditions?.ready === false) continue
        const earlier = found.get(ip)?.ports ?? []
        found.set(ip, { ip, hostname: hostname ?? addressName(ip), ports: [...earlier, ...ports] })
      }
    }
    return [...found.values()].toSorted((a, b) => (a.ip < b.ip ? -1 : 1))
  }

  /** The Services of which an address is a ready endpoint, by name. */
  at(ip: string): readonly { readonly service: { namespace: string; name: string }; readonly hostname: string }[] {
    // Declared late: only reverse lookups need it.
    this.#slices.addIndex(ENDPOINT_INDEX, ({ endpoints = [] }) => endpoints.flatMap(({ addresses }) => addresses))
    const found = new Map<string, { service: { namespace: string; name: string }; hostname: string }>()
    for (const slice of this.#slices.byIndex(ENDPOINT_INDEX, ip)) {
      const service = serviceKeyOf(slice)
      const endpoint = slice.endpoints?.find(({ addresses }) => addresses[0] === ip)
      if (service === undefined || endpoint === undefined || endpoint.conditions?.ready === false) continue
      found.set(printKey(service), { service, hostname: endpoint.hostname ?? addressName(ip) })
    }
    return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
  }

  #of(service: Service, servicePort: ServicePort, key: string): readonly Address[] {
    const slices = this.#slicesOf(service)
    const known = this.#usable.get(key)
    if (known !== undefined && sameList(known.slices, slices)) return known.addresses
    const addresses = usableEndpoints(slices, servicePort.name ?? '')
    this.#usable.set(key, { slices, addresses })
    return addresses
  }

  #slicesOf({ metadata }: Service): readonly EndpointSlice[] {
    return this.#slices.byIndex(SERVICE_INDEX, printKey(metadata))
  }

  #forget(service: Service): void {
    for (const { port } of service.spec.ports ?? []) {
      this.#turns.delete(turnKey(service, port))
      this.#usable.delete(turnKey(service, port))
    }
  }
}

function addressesOf({ spec, status }: Service): readonly string[] {
  const balancers = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [ip]))
  return [...(spec.clusterIPs ?? []), ...(spec.externalIPs ?? []), ...balancers]
}

/** Those that are ready; when none is, those that still serve while they end (kubernetes/kubernetes pkg/proxy/topology.go). */
function usableEndpoints(slices: readonly EndpointSlice[], portName: string): readonly Address[] {
  const ready: Address[] = []
  const ending: Address[] = []
  for (const { endpoints = [], ports = [] } of slices) {
    const port = ports.find(({ name }) => (name ?? '') === portName)?.port
    if (port === undefined) continue
    for (const { addresses, conditions } of endpoints) {
      const [ip] = addresses
      if (ip === undefined) continue
      if (conditions?.ready !== false) ready.push({ ip, port })
      else if (conditions.serving === true && conditions.terminating === true) ending.push({ ip, port })
    }
  }
  const usable = ready.length > 0 ? ready : ending
  return usable.toSorted((a, b) => (a.ip < b.ip ? -1 : 1))
}

function portsOf({ ports = [] }: EndpointSlice): readonly NamedPort[] {
  return ports.flatMap(({ name = '', protocol = 'TCP', port }) =>
    port === undefined ? [] : [{ name, protocol, port }],
  )
}

function serviceKeyOf({ metadata }: EndpointSlice): { readonly namespace: string; readonly name: string } | undefined {
  const name = metadata.labels?.[SERVICE_LABEL]
  return name === undefined ? undefined : { namespace: metadata.namespace ?? '', name }
}

/** What an endpoint without a name is called. */
function addressName(ip: string): string {
  return ip.replaceAll(/[.:]/g, '-')
}

function turnKey({ metadata }: Service, port: number): string {
  return `${printKey(metadata)}:${port}`
}

function sameList(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((one, index) => one === right[index])
}
