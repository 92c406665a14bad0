import { Service } from '../api/kinds/core/service.ts'
import { EndpointSlice } from '../api/kinds/discovery/endpoint-slice.ts'
import type { ServicePort } from '../api/types.generated.ts'
import { printKey } from '../api/object.ts'
import type { Informer } from '../client/informer.ts'
import type { Informers } from '../client/informers.ts'

const SERVICE_LABEL = 'kubernetes.io/service-name'
const SERVICE_INDEX = 'network/service'
const ADDRESS_INDEX = 'network/cluster-ip'

export interface Address {
  readonly ip: string
  readonly port: number
}

/** An endpoint by the name that DNS gives it. */
interface NamedEndpoint {
  readonly ip: string
  readonly hostname: string
}

/** Which endpoints are behind which Service: what kube-proxy knows. */
export class ServiceEndpoints {
  readonly #services: Informer<Service>
  readonly #slices: Informer<EndpointSlice>
  /** How often a port of a Service was dialled: its endpoints take turns. */
  readonly #turns = new Map<string, number>()

  constructor(informers: Informers) {
    this.#services = informers.of(Service)
    this.#slices = informers.of(EndpointSlice)
    this.#services.addIndex(ADDRESS_INDEX, ({ spec }) => [...(spec.clusterIPs ?? []), ...(spec.externalIPs ?? [])])
    this.#services.handle({ deleted: (service) => this.#forget(service) })
    this.#slices.addIndex(SERVICE_INDEX, ({ metadata }) => {
      const name = metadata.labels?.[SERVICE_LABEL]
      return name === undefined ? [] : [printKey({ namespace: metadata.namespace, name })]
    })
  }

  /** The Service that has an address of its own; undefined when none has it. */
  byAddress(ip: string): Service | undefined {
    return this.#services.byIndex(ADDRESS_INDEX, ip)[0]
  }

  /** The next endpoint whose turn it is at a port of a Service; undefined when nothing is behind it. */
  next(service: Service, port: number): Address | undefined {
    const servicePort = service.spec.ports?.find((one) => one.port === port && (one.protocol ?? 'TCP') === 'TCP')
    if (servicePort === undefined) return undefined
    const endpoints = this.#of(service, servicePort)
    const key = `${printKey(service.metadata)}:${port}`
    const turn = this.#turns.get(key) ?? 0
    this.#turns.set(key, turn + 1)
    return endpoints[turn % endpoints.length]
  }

  /** The ready endpoints with the names by which headless Services publish them. */
  named(service: Service): readonly NamedEndpoint[] {
    const seen = new Map<string, NamedEndpoint>()
    for (const { endpoints = [] } of this.#slicesOf(service)) {
      for (const { addresses, conditions, hostname } of endpoints) {
        const [ip] = addresses
        if (ip === undefined || conditions?.ready === false) continue
        seen.set(ip, { ip, hostname: hostname ?? ip.replaceAll('.', '-') })
      }
    }
    return [...seen.values()].toSorted((a, b) => (a.ip < b.ip ? -1 : 1))
  }

  /** Those that are ready; when none is, those that still serve while they end (kubernetes/kubernetes pkg/proxy/topology.go). */
  #of(service: Service, servicePort: ServicePort): readonly Address[] {
    const ready: Address[] = []
    const ending: Address[] = []
    for (const { endpoints = [], ports = [] } of this.#slicesOf(service)) {
      const port = ports.find(({ name }) => (name ?? '') === (servicePort.name ?? ''))?.port
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

  #slicesOf({ metadata }: Service): readonly EndpointSlice[] {
    return this.#slices.byIndex(SERVICE_INDEX, printKey(metadata))
  }

  #forget({ metadata, spec }: Service): void {
    for (const { port } of spec.ports ?? []) this.#turns.delete(`${printKey(metadata)}:${port}`)
  }
}
