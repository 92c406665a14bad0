import { CLUSTER_DOMAIN, type ClusterRecords } from './dns/cluster-records.ts'

/** A name with fewer dots is first looked for in the domains of its pod's resolv.conf (kubernetes/kubernetes pkg/kubelet/network/dns/dns.go). */
const DOTS_MIN = 5
/** How many aliases are followed (a Service of type ExternalName may name another). */
const ALIASES_MAX = 8

/** What a name stands for: addresses in the cluster, or a name that the host knows. */
export type Resolution = { readonly addresses: readonly string[] } | { readonly external: string }

/** Addresses of a whole name, of somebody who is asked before the cluster's DNS; undefined: they do not know it. */
export type CapturedNames = (name: string) => readonly string[] | undefined

/** Resolves names as a pod does: with the search domains of its resolv.conf, and aliases followed. */
export class ClusterNames {
  readonly #records: ClusterRecords

  constructor(records: ClusterRecords) {
    this.#records = records
  }

  /**
   * `namespace` is of the pod that asks, and `captured` answers before the cluster does. Undefined when the cluster has no
   * such name, and nobody else could have it.
   */
  resolve(host: string, namespace: string, captured?: CapturedNames): Resolution | undefined {
    let name = host.toLowerCase()
    for (let aliases = 0; aliases <= ALIASES_MAX; aliases++) {
      // An alias is followed by who knows it: the cluster.
      const found = this.#search(name, namespace, aliases === 0 ? captured : undefined)
      if (found === undefined)
        return name.replace(/\.$/, '').endsWith(`.${CLUSTER_DOMAIN}`) ? undefined : { external: name }
      if ('addresses' in found) return found
      name = found.alias
    }
    return undefined
  }

  #search(host: string, namespace: string, captured: CapturedNames | undefined): Answer | undefined {
    if (host.endsWith('.')) return this.#absolute(host.slice(0, -1), captured)
    const searched = [`${namespace}.svc.${CLUSTER_DOMAIN}`, `svc.${CLUSTER_DOMAIN}`, CLUSTER_DOMAIN]
    const names = searched.map((domain) => `${host}.${domain}`)
    const isShort = host.split('.').length - 1 < DOTS_MIN
    for (const name of isShort ? [...names, host] : [host, ...names]) {
      const found = this.#absolute(name, captured)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** A name without an address is looked for further, as resolvers do. */
  #absolute(name: string, captured: CapturedNames | undefined): Answer | undefined {
    const own = captured?.(name)
    if (own !== undefined) return { addresses: own }
    const found = this.#records.find(name)
    if (found === undefined || 'alias' in found) return found
    const addresses = [...new Set(found.addresses.map(({ address }) => address))]
    return addresses.length === 0 ? undefined : { addresses }
  }
}

type Answer = { readonly addresses: readonly string[] } | { readonly alias: string }
