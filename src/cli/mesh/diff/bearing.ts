import type { ApiObject } from '../../../api/object.ts'
import type { MergedRule } from '../../../mesh/config/destination-rules.ts'
import { isSubsetOf, isWildcard } from '../../../mesh/config/hosts.ts'
import { MESH_GATEWAY } from '../../../mesh/config/names.ts'
import type { MeshService } from '../../../mesh/registry/mesh-service.ts'
import { virtualServicesAbout } from '../considered.ts'
import { workloadsBehind } from '../destinations.ts'
import type { MeshModel } from '../mesh-model.ts'
import { selects } from '../workloads.ts'

const POLICIES = ['AuthorizationPolicy', 'PeerAuthentication', 'RequestAuthentication']

/**
 * What bears on calls of a host, as texts to be compared: where it is the same on both sides, so is every answer, and
 * nobody has to ask. More than bears on it may be in it, but not less.
 */
export class Bearing {
  readonly #model: MeshModel
  /** On calls of whatever host. */
  readonly common: string
  readonly #policies: ReadonlyMap<string, readonly ApiObject[]>
  readonly #rules: ReadonlyMap<string, readonly MergedRule[]>
  readonly #wideRules: readonly MergedRule[]

  constructor(model: MeshModel) {
    this.#model = model
    const { snapshot, workloads } = model
    const policies = POLICIES.flatMap((kind) => [...(snapshot.objects.get(kind)?.values() ?? [])])
    this.#policies = Map.groupBy(policies, ({ metadata }) => metadata.namespace ?? 'default')
    const homes = new Set([snapshot.mesh.rootNamespace, ...homesOfGateways(model)])
    const merged = [...snapshot.destinationRules.values()].flatMap(({ byHost }) => [...byHost.values()].flat())
    const narrow = merged.filter(({ host }) => !isWildcard(host))
    this.#rules = Map.groupBy(narrow, ({ host }) => host)
    this.#wideRules = merged.filter(({ host }) => isWildcard(host))
    this.common = JSON.stringify([
      snapshot.mesh,
      [...(snapshot.objects.get('Namespace')?.values() ?? [])].map(({ metadata }) => [metadata.name, metadata.labels]),
      ['Ingress', 'IngressClass'].map((kind) => [...(snapshot.objects.get(kind)?.values() ?? [])].map(saidBy)),
      snapshot.gateways.map(saidBy),
      snapshot.sidecars.map(saidBy),
      [...homes].toSorted().map((home) => this.#policiesIn(home)),
      workloads.map(({ name, namespace, labels, serviceAccount, hasSidecar, type }) => [
        name,
        namespace,
        labels,
        serviceAccount,
        hasSidecar,
        type,
      ]),
      // At a port of a gateway where nobody reads names, all of them are for whoever calls.
      [...snapshot.routes.byGateway].flatMap(([gateway, items]) =>
        gateway === MESH_GATEWAY
          ? []
          : items.filter(({ tls, tcp }) => tls.length + tcp.length > 0).map(({ object }) => saidBy(object)),
      ),
    ])
  }

  on(host: string): string {
    const items = virtualServicesAbout(this.#model, host)
    const routes = items.flatMap(({ http, tls, tcp }) => [...http.map(({ rule }) => rule), ...tls, ...tcp])
    const led = routes.flatMap(({ route = [], ...rest }) => {
      const { mirror, mirrors = [] } = rest as {
        mirror?: { host: string }
        mirrors?: readonly { destination?: { host: string } }[]
      }
      return [...route.map(({ destination }) => destination), mirror, ...mirrors.map(({ destination }) => destination)]
    })
    const hosts = new Set([host, ...led.flatMap((destination) => destination?.host ?? [])])
    for (const one of hosts) {
      for (const { aliasOf } of this.#model.snapshot.services.get(one) ?? [])
        if (aliasOf !== undefined) hosts.add(aliasOf)
    }
    return JSON.stringify([
      items.map(({ name, namespace, createdAt, hosts: own, gateways, exportTo }) => [
        name,
        namespace,
        createdAt,
        own,
        gateways,
        exportTo,
      ]),
      routes,
      [...hosts].toSorted().map((one) => this.#destination(one)),
    ])
  }

  #destination(host: string): unknown {
    const { snapshot } = this.#model
    const services = snapshot.services.get(host) ?? []
    const behind = services.flatMap((service) => workloadsBehind(this.#model, service))
    const homes = new Set([...behind, ...services].map(({ namespace }) => namespace))
    return [
      host,
      services.map(saidOf),
      services.flatMap(({ ports }) => ports.map(({ number }) => this.#beside(number))),
      behind.map(({ name, namespace, labels, replicas }) => [name, namespace, labels, replicas]),
      [...(this.#rules.get(host) ?? []), ...this.#wideRules.filter((rule) => isSubsetOf(host, rule.host))].map(
        ({ objects }) => objects.map(saidBy),
      ),
      [...homes].toSorted().map((home) => this.#policiesIn(home)),
    ]
  }

  /** Others on a port take connections whose names nobody reads. */
  #beside(port: number): unknown {
    const { http = [], other = [] } = this.#model.snapshot.serviceTable.byPort.get(`${port}`) ?? {}
    return [http.length > 0, other]
  }

  #policiesIn(namespace: string): unknown {
    return this.#policies.get(namespace)?.map(saidBy) ?? []
  }
}

/** Where policies for gateways can be. */
function homesOfGateways({ snapshot, workloads }: MeshModel): readonly string[] {
  return snapshot.gateways.flatMap(({ metadata, spec }) => {
    const selected = workloads.filter(({ labels }) => selects(spec?.selector ?? {}, labels))
    return [metadata.namespace ?? 'default', ...selected.map(({ namespace }) => namespace)]
  })
}

function saidBy({ kind, metadata, ...object }: ApiObject & { readonly spec?: object | undefined }): unknown {
  return [kind, metadata.namespace, metadata.name, metadata.creationTimestamp, object.spec]
}

/** Addresses that a cluster would give are made up here, and another place in the files makes others. */
function saidOf({ addresses, endpoints, ...service }: MeshService): unknown {
  return service.fromKubernetes ? service : { ...service, addresses, endpoints }
}
