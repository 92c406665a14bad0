import { Namespace } from '../../api/kinds/core/namespace.ts'
import { Service } from '../../api/kinds/core/service.ts'
import { parseIp } from '../../api/names/ip-address.ts'
import type { Informer } from '../../client/informer.ts'
import type { Informers } from '../../client/informers.ts'
import type { ServiceEndpoints } from '../service-endpoints.ts'

/** kubeadm's Corefile, and every kubelet's `--cluster-domain`. */
export const CLUSTER_DOMAIN = 'cluster.local'

/** One address behind a name, with the port that SRV records tell. */
export interface AddressRecord {
  readonly address: string
  /** The name by which SRV records call it. */
  readonly name: string
  /** Undefined where the endpoint has none: it has addresses only. */
  readonly port: number | undefined
}

/** What a name of the cluster stands for. With no records it exists, and has none. */
export type NameRecords = { readonly addresses: readonly AddressRecord[] } | { readonly alias: string }

const NOTHING: NameRecords = { addresses: [] }

/**
 * What the names below `cluster.local` stand for, as the plugin `kubernetes` of CoreDNS has it (coredns/coredns
 * plugin/kubernetes/kubernetes.go, with `pods insecure`; kubernetes/dns docs/specification.md).
 */
export class ClusterRecords {
  readonly #services: Informer<Service>
  readonly #namespaces: Informer<Namespace>
  readonly #endpoints: ServiceEndpoints

  constructor(informers: Informers, endpoints: ServiceEndpoints) {
    this.#services = informers.of(Service)
    this.#namespaces = informers.of(Namespace)
    this.#endpoints = endpoints
  }

  /** Of a whole name in lower case, without its last dot. Undefined: there is no such name. */
  find(name: string): NameRecords | undefined {
    if (name === CLUSTER_DOMAIN) return NOTHING
    if (!name.endsWith(`.${CLUSTER_DOMAIN}`)) return undefined
    const labels = name.slice(0, -CLUSTER_DOMAIN.length - 1).split('.')
    const kind = labels.pop()
    if (kind !== 'svc' && kind !== 'pod') return undefined
    const namespace = labels.pop()
    if (namespace === undefined) return NOTHING
    if (this.#namespaces.get({ name: namespace }) === undefined) return undefined
    const item = labels.pop()
    if (item === undefined) return NOTHING
    if (labels.length > 2) return undefined
    if (kind === 'pod') return labels.length === 0 ? podAddress(item, name) : undefined
    const service = this.#services.get({ namespace, name: item })
    return service === undefined ? undefined : this.#ofService(service, labels)
  }

  /** The names that an address has: of a Service, or else of all endpoints that it is. */
  namesOf(ip: string): readonly string[] {
    const service = this.#endpoints.byClusterIp(ip)
    if (service !== undefined) return [nameOf(service)]
    return this.#endpoints.at(ip).map(({ service: { namespace, name }, hostname }) => {
      return `${hostname}.${name}.${namespace}.svc.${CLUSTER_DOMAIN}`
    })
  }

  /** `before` is what stands before the Service's name: nothing, an endpoint, or a port and a protocol. */
  #ofService(service: Service, before: readonly string[]): NameRecords | undefined {
    const { type, externalName = '' } = service.spec
    if (type === 'ExternalName') return before.length === 0 ? { alias: externalName.toLowerCase() } : undefined
    const [hostname] = before.length === 1 ? before : []
    const wanted = portWanted(before)
    const addresses =
      isHeadless(service) || hostname !== undefined
        ? this.#ofEndpoints(service, hostname, wanted)
        : ofClusterIps(service, wanted)
    return addresses.length === 0 ? undefined : { addresses }
  }

  #ofEndpoints(service: Service, hostname: string | undefined, wanted: PortWanted): readonly AddressRecord[] {
    const records: AddressRecord[] = []
    for (const endpoint of this.#endpoints.named(service)) {
      if (hostname !== undefined && endpoint.hostname.toLowerCase() !== hostname) continue
      const name = `${endpoint.hostname}.${nameOf(service)}`
      const ports = endpoint.ports.filter((port) => fits(wanted, port))
      for (const { port } of ports) records.push({ address: endpoint.ip, name, port })
      if (endpoint.ports.length === 0 && wanted === undefined) {
        records.push({ address: endpoint.ip, name, port: undefined })
      }
    }
    return records
  }
}

function ofClusterIps(service: Service, wanted: PortWanted): readonly AddressRecord[] {
  const { clusterIPs = [], ports = [] } = service.spec
  const name = nameOf(service)
  return ports
    .filter((port) => fits(wanted, port))
    .flatMap(({ port }) => clusterIPs.map((address) => ({ address, name, port })))
}

function isHeadless({ spec: { clusterIP = '' } }: Service): boolean {
  return clusterIP === 'None' || clusterIP === ''
}

function nameOf({ metadata: { name, namespace = '' } }: Service): string {
  return `${name}.${namespace}.svc.${CLUSTER_DOMAIN}`
}

/** Of `_http._tcp`; undefined: all. */
type PortWanted = { readonly name: string; readonly protocol: string } | undefined

function portWanted([name = '', protocol = '', ...more]: readonly string[]): PortWanted {
  if (protocol === '' || more.length > 0) return undefined
  return { name: name.replace(/^_/, ''), protocol: protocol.replace(/^_/, '') }
}

function fits(wanted: PortWanted, { name = '', protocol = 'TCP' }: { name?: string; protocol?: string }): boolean {
  if (wanted === undefined) return true
  return name.toLowerCase() === wanted.name && protocol.toLowerCase() === wanted.protocol
}

/** `10-244-0-5`, or with colons for an IPv6 address: the name says it all, and nobody looks whether there is such a pod. */
function podAddress(label: string, name: string): NameRecords | undefined {
  const isV4 = /^\d+-\d+-\d+-\d+$/.test(label)
  const address = label.replaceAll('-', isV4 ? '.' : ':')
  return parseIp(address) === undefined ? undefined : { addresses: [{ address, name, port: undefined }] }
}
