import { Service } from '../api/kinds/core/service.ts'
import type { Informers } from '../client/informers.ts'
import type { Informer } from '../client/informer.ts'
import type { ServiceEndpoints } from './service-endpoints.ts'

const DOMAIN = 'cluster.local'
/** A name with fewer dots is first looked for in the domains of its pod's resolv.conf (kubernetes/kubernetes pkg/kubelet/network/dns/dns.go). */
const DOTS_MIN = 5
/** How many aliases are followed (a Service of type ExternalName may name another). */
const ALIASES_MAX = 8

/** What a name stands for: addresses in the cluster, or a name that the host knows. */
export type Resolution = { readonly addresses: readonly string[] } | { readonly external: string }

/** The names of a cluster, as its DNS answers them (kubernetes/dns docs/specification.md). */
export class ClusterNames {
  readonly #services: Informer<Service>
  readonly #endpoints: ServiceEndpoints

  constructor(informers: Informers, endpoints: ServiceEndpoints) {
    this.#services = informers.of(Service)
    this.#endpoints = endpoints
  }

  /** `namespace` is of the pod that asks. Undefined when the cluster has no such name, and nobody else could have it. */
  resolve(host: string, namespace: string): Resolution | undefined {
    let name = host.toLowerCase()
    for (let aliases = 0; aliases <= ALIASES_MAX; aliases++) {
      const found = this.#search(name, namespace)
      if (found === undefined) return name.replace(/\.$/, '').endsWith(`.${DOMAIN}`) ? undefined : { external: name }
      if ('addresses' in found) return found
      name = found.alias
    }
    return undefined
  }

  #search(host: string, namespace: string): Answer | undefined {
    if (host.endsWith('.')) return this.#absolute(host.slice(0, -1))
    const searched = [`${namespace}.svc.${DOMAIN}`, `svc.${DOMAIN}`, DOMAIN].map((domain) => `${host}.${domain}`)
    const isShort = host.split('.').length - 1 < DOTS_MIN
    for (const name of isShort ? [...searched, host] : [host, ...searched]) {
      const found = this.#absolute(name)
      if (found !== undefined) return found
    }
    return undefined
  }

  #absolute(name: string): Answer | undefined {
    if (!name.endsWith(`.${DOMAIN}`)) return undefined
    const labels = name.slice(0, -DOMAIN.length - 1).split('.')
    const kind = labels.pop()
    const namespace = labels.pop()
    if (namespace === undefined) return undefined
    if (kind === 'pod' && labels.length === 1) return podAddress(labels[0] ?? '')
    if (kind !== 'svc') return undefined
    const service = this.#services.get({ namespace, name: labels.pop() ?? '' })
    return service === undefined ? undefined : this.#ofService(service, labels)
  }

  /** `hosts` is what stands before the Service's name: nothing, or one of its endpoints. */
  #ofService(service: Service, hosts: readonly string[]): Answer | undefined {
    const { clusterIP = '', externalName = '', type } = service.spec
    if (type === 'ExternalName') return hosts.length === 0 ? { alias: externalName } : undefined
    const isHeadless = clusterIP === 'None' || clusterIP === ''
    const [host, ...more] = hosts
    if (more.length > 0) return undefined
    if (!isHeadless) return host === undefined ? { addresses: [clusterIP] } : undefined
    const endpoints = this.#endpoints.named(service)
    const addresses = endpoints.filter((one) => host === undefined || one.hostname === host).map(({ ip }) => ip)
    return addresses.length === 0 ? undefined : { addresses }
  }
}

type Answer = { readonly addresses: readonly string[] } | { readonly alias: string }

/** `10-244-0-5.default.pod.cluster.local` */
function podAddress(label: string): Answer | undefined {
  return /^\d+-\d+-\d+-\d+$/.test(label) ? { addresses: [label.replaceAll('-', '.')] } : undefined
}
