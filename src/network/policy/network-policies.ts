import { Namespace } from '../../api/kinds/core/namespace.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { NetworkPolicy } from '../../api/kinds/networking/network-policy.ts'
import type { Informer } from '../../client/informer.ts'
import type { Informers } from '../../client/informers.ts'
import { type CompiledPolicy, compilePolicy, type Direction, isAllowed, type Party } from './compiled-policy.ts'

const POD_ADDRESS_INDEX = 'network/pod-ip'

export interface Connection {
  /** The pod that connects, by its address; without it, it is the kubelet or the API server: no pod. */
  readonly from: string | undefined
  /** Without an address it is a name outside of the cluster. */
  readonly to: { readonly ip: string | undefined; readonly port: number }
  /** Default `TCP`. */
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP'
}

/** Why a connection is not let through. */
export interface Denial {
  /** Whose policies: those of the pod that is called, or of the one that calls. */
  readonly direction: Direction
  /** All policies that speak of the pod, none of which allows it: `namespace/name`. */
  readonly policies: readonly string[]
}

/**
 * NetworkPolicies, as networking.k8s.io/v1 has them. A pod that no policy selects for a direction is open in it; one that
 * some select is open to what any of these allows. Addresses are those of the endpoints: a Service's own address is
 * exchanged before policies see it.
 *
 * Always let through: what a pod asks of itself, what its own node asks of it (the kubelet's probes), and whatever comes
 * from or to a pod that shares its node's network, as far as that pod's own policies go. Names are always resolved.
 */
export class NetworkPolicies {
  readonly #policies: Informer<NetworkPolicy>
  readonly #pods: Informer<Pod>
  readonly #namespaces: Informer<Namespace>
  /** Compiled when first asked for after a change. */
  #byNamespace: Map<string, readonly CompiledPolicy[]> | undefined
  /** A pod's object stays the same as long as nothing about it changes. */
  #selecting = new WeakMap<Pod, readonly CompiledPolicy[]>()

  constructor(informers: Informers) {
    this.#policies = informers.of(NetworkPolicy)
    this.#pods = informers.of(Pod)
    this.#namespaces = informers.of(Namespace)
    const changed = (): void => {
      this.#byNamespace = undefined
      this.#selecting = new WeakMap()
    }
    this.#policies.handle({ added: changed, updated: changed, deleted: changed })
  }

  /** Undefined: it is let through. */
  denial({ from, to, protocol = 'TCP' }: Connection): Denial | undefined {
    // Most clusters have none, and pay nothing for it.
    if (this.#policies.size === 0 || from === undefined || from === to.ip) return undefined
    const source = this.#podAt(from)
    const target = to.ip === undefined ? undefined : this.#podAt(to.ip)
    const names = target === undefined ? [] : portNames(target, to.port, protocol)
    const port = { protocol, number: to.port, names }
    if (source !== undefined) {
      const denied = this.#denied(source, 'egress', { party: this.#party(to.ip, target), port })
      if (denied !== undefined) return denied
    }
    if (target === undefined || target.status?.hostIP === from) return undefined
    return this.#denied(target, 'ingress', { party: this.#party(from, source), port })
  }

  #denied(
    pod: Pod,
    direction: Direction,
    { party, port }: { readonly party: Party; readonly port: Parameters<typeof isAllowed>[2] },
  ): Denial | undefined {
    const speaking: string[] = []
    for (const { key, [direction]: rules } of this.#policiesOf(pod)) {
      if (rules === undefined) continue
      if (isAllowed(rules, party, port)) return undefined
      speaking.push(key)
    }
    return speaking.length === 0 ? undefined : { direction, policies: speaking }
  }

  #policiesOf(pod: Pod): readonly CompiledPolicy[] {
    let selecting = this.#selecting.get(pod)
    if (selecting === undefined) {
      const { namespace = '', labels } = pod.metadata
      selecting = (this.#compiled().get(namespace) ?? []).filter((policy) => policy.selects(labels))
      this.#selecting.set(pod, selecting)
    }
    return selecting
  }

  #compiled(): Map<string, readonly CompiledPolicy[]> {
    if (this.#byNamespace === undefined) {
      const all = Array.from(this.#policies.values(), compilePolicy).toSorted((a, b) => (a.key < b.key ? -1 : 1))
      this.#byNamespace = Map.groupBy(all, ({ namespace }) => namespace)
    }
    return this.#byNamespace
  }

  #party(ip: string | undefined, pod: Pod | undefined): Party {
    if (pod === undefined) return { ip }
    const { namespace = '', labels } = pod.metadata
    const namespaceLabels = this.#namespaces.get({ name: namespace })?.metadata.labels
    return { ip, pod: { namespace, labels, namespaceLabels } }
  }

  /** The pod that has an address to itself. */
  #podAt(ip: string): Pod | undefined {
    // Declared late: without policies nobody looks.
    this.#pods.addIndex(POD_ADDRESS_INDEX, addressesOf)
    return this.#pods.byIndex(POD_ADDRESS_INDEX, ip)[0]
  }
}

function addressesOf({ spec, status }: Pod): readonly string[] {
  if (spec.hostNetwork === true || status?.phase === 'Succeeded' || status?.phase === 'Failed') return []
  return (status?.podIPs ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [ip]))
}

function portNames({ spec }: Pod, number: number, protocol: string): readonly string[] {
  const names: string[] = []
  for (const { ports = [] } of [...(spec.initContainers ?? []), ...spec.containers]) {
    for (const { name, containerPort, protocol: spoken = 'TCP' } of ports) {
      if (name !== undefined && containerPort === number && spoken === protocol) names.push(name)
    }
  }
  return names
}
