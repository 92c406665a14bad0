import type { ApiObject } from '../../api/object.ts'
import { isWildcard } from '../../mesh/config/hosts.ts'
import type { MeshConfig } from '../../mesh/config/mesh-config.ts'
import { MESH_GATEWAY, qualifiedGateway, qualifiedHost } from '../../mesh/config/names.ts'
import type { DestinationRule } from '../../mesh/config/types/destination-rule.ts'
import type { Gateway } from '../../mesh/config/types/gateway.ts'
import type { ServiceEntry } from '../../mesh/config/types/service-entry.ts'
import type { Destination, VirtualService } from '../../mesh/config/types/virtual-service.ts'

/*
 * Files that are looked at alone, as in the repository of one team, name gateways, services and subsets that other files
 * hold. These are taken for granted, and it is said which.
 */

export interface StandIns {
  readonly objects: readonly ApiObject[]
  /** In whole words, for the reader. */
  readonly notes: readonly string[]
}

const WILDCARD_PORTS = [
  { number: 80, name: 'http', protocol: 'HTTP' },
  { number: 443, name: 'https', protocol: 'HTTPS' },
]

export function standIns(objects: readonly ApiObject[], mesh: MeshConfig): StandIns {
  const virtualServices = objects.filter(({ kind }) => kind === 'VirtualService') as readonly VirtualService[]
  const named = virtualServices.flatMap((object) => destinationsOf(object, mesh.domain))
  const gateways = missingGateways(virtualServices, objects)
  const services = missingServices([...named, ...ownHosts(virtualServices, mesh.domain)], objects, mesh.domain)
  const rules = missingSubsets(named, objects, mesh.domain)
  return {
    objects: [...gateways, ...services, ...rules],
    notes: [
      ...gateways.map(({ metadata }) => `Gateway ${metadata.namespace}/${metadata.name}, for all hosts on 80 and 443`),
      ...services.map(({ spec, ...rest }) => `${serviceTitle(rest.metadata, spec)}, with ${portsText(spec)}`),
      ...rules.map(({ spec }) => `subsets of ${spec?.host ?? ''}: ${subsetNames(spec)}`),
    ],
  }
}

interface NamedDestination {
  readonly host: string
  readonly port: number | undefined
  readonly subset: string | undefined
  readonly isHttp: boolean
}

function destinationsOf({ spec, metadata }: VirtualService, domain: string | undefined): readonly NamedDestination[] {
  const home = { namespace: metadata.namespace ?? 'default', ...(domain !== undefined && { domain }) }
  const named = ({ host, port, subset }: Destination, isHttp: boolean): NamedDestination => ({
    host: qualifiedHost(host, home).toLowerCase(),
    port: port?.number,
    subset,
    isHttp,
  })
  const http = (spec?.http ?? []).flatMap(({ route = [], mirror, mirrors = [] }) => [
    ...route.flatMap(({ destination }) => destination ?? []),
    ...(mirror === undefined ? [] : [mirror]),
    ...mirrors.flatMap(({ destination }) => destination ?? []),
  ])
  const other = [...(spec?.tls ?? []), ...(spec?.tcp ?? [])].flatMap(({ route = [] }) =>
    route.flatMap(({ destination }) => destination ?? []),
  )
  return [...http.map((destination) => named(destination, true)), ...other.map((entry) => named(entry, false))]
}

/** Hosts that sidecars are told of, as far as they are services of the cluster. */
function ownHosts(virtualServices: readonly VirtualService[], domain = ''): readonly NamedDestination[] {
  return virtualServices.flatMap(({ spec, metadata }) => {
    const { hosts = [], gateways = [MESH_GATEWAY] } = spec ?? {}
    if (!gateways.includes(MESH_GATEWAY)) return []
    const home = { namespace: metadata.namespace ?? 'default', domain }
    return hosts
      .map((host) => qualifiedHost(host, home).toLowerCase())
      .filter((host) => !isWildcard(host) && host.endsWith(`.svc.${domain}`))
      .map((host) => ({ host, port: undefined, subset: undefined, isHttp: true }))
  })
}

function missingGateways(
  virtualServices: readonly VirtualService[],
  objects: readonly ApiObject[],
): readonly Gateway[] {
  const known = new Set(
    objects.filter(({ kind }) => kind === 'Gateway').map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
  )
  const wanted = virtualServices.flatMap(({ spec, metadata }) =>
    (spec?.gateways ?? []).map((gateway) => qualifiedGateway(gateway, metadata.namespace ?? 'default')),
  )
  return [...new Set(wanted)]
    .filter((gateway) => gateway !== MESH_GATEWAY && !known.has(gateway))
    .map((gateway) => {
      const [namespace = '', name = ''] = gateway.split('/')
      const servers = WILDCARD_PORTS.map((port) => ({
        port,
        hosts: ['*'],
        ...(port.protocol === 'HTTPS' && { tls: { mode: 'SIMPLE' as const, credentialName: `${name}-certificate` } }),
      }))
      return { ...made('networking.istio.io/v1', 'Gateway', { name, namespace }), spec: { selector: {}, servers } }
    })
}

/** A Service, or for a host that is not of the cluster a ServiceEntry. */
interface StandInService extends ApiObject {
  readonly spec: {
    readonly hosts?: readonly string[]
    readonly ports: readonly { readonly port?: number; readonly number?: number }[]
  }
}

function missingServices(
  named: readonly NamedDestination[],
  objects: readonly ApiObject[],
  domain = 'cluster.local',
): readonly StandInService[] {
  const known = new Set(objects.flatMap((object) => hostsOf(object, domain)))
  const byHost = Map.groupBy(named, ({ host }) => host)
  return [...byHost]
    .filter(([host]) => host !== '' && !known.has(host) && !isWildcard(host))
    .map(([host, uses]) => {
      const numbers = [...new Set(uses.map(({ port }) => port ?? 80))].toSorted((a, b) => a - b)
      const scheme = uses.some(({ isHttp }) => isHttp) ? 'http' : 'tcp'
      const ports = numbers.map((number) => ({ name: `${scheme}-${number}`, number }))
      const [name = '', namespace = ''] = host.split('.')
      if (!host.endsWith(`.svc.${domain}`)) {
        const spec = {
          hosts: [host],
          resolution: 'DNS' as const,
          ports: ports.map((port) => ({ ...port, protocol: scheme })),
        }
        return { ...made('networking.istio.io/v1', 'ServiceEntry', { name: host, namespace: 'default' }), spec }
      }
      const spec = { selector: { app: name }, ports: ports.map((port) => ({ name: port.name, port: port.number })) }
      return { ...made('v1', 'Service', { name, namespace }), spec }
    })
}

function hostsOf({ kind, metadata, ...rest }: ApiObject, domain: string): readonly string[] {
  if (kind === 'Service') return [`${metadata.name}.${metadata.namespace}.svc.${domain}`]
  return kind === 'ServiceEntry' ? ((rest as ServiceEntry).spec?.hosts ?? []) : []
}

/** A host that has a DestinationRule has just the subsets that it says. */
function missingSubsets(
  named: readonly NamedDestination[],
  objects: readonly ApiObject[],
  domain = 'cluster.local',
): readonly DestinationRule[] {
  const ruled = new Set(
    objects
      .filter(({ kind }) => kind === 'DestinationRule')
      .map((object) => {
        const namespace = object.metadata.namespace ?? 'default'
        return qualifiedHost((object as DestinationRule).spec?.host ?? '', { namespace, domain }).toLowerCase()
      }),
  )
  const byHost = Map.groupBy(
    named.filter(({ host, subset }) => subset !== undefined && subset !== '' && !ruled.has(host)),
    ({ host }) => host,
  )
  return [...byHost].map(([host, uses]) => {
    const names = [...new Set(uses.flatMap(({ subset }) => subset ?? []))]
    const isOfCluster = host.endsWith(`.svc.${domain}`)
    const namespace = isOfCluster ? (host.split('.')[1] ?? 'default') : 'default'
    const subsets = names.map((name) => ({ name, labels: { version: name } }))
    return { ...made('networking.istio.io/v1', 'DestinationRule', { name: host, namespace }), spec: { host, subsets } }
  })
}

function made(
  apiVersion: string,
  kind: string,
  metadata: { readonly name: string; readonly namespace: string },
): ApiObject {
  return { apiVersion, kind, metadata }
}

function serviceTitle(metadata: ApiObject['metadata'], spec: StandInService['spec']): string {
  const isEntry = spec.hosts !== undefined
  return isEntry ? `ServiceEntry for ${metadata.name}` : `Service ${metadata.namespace}/${metadata.name}`
}

function portsText({ ports }: StandInService['spec']): string {
  return `port ${ports.map(({ port, number }) => port ?? number).join(', ')}`
}

function subsetNames(spec: DestinationRule['spec']): string {
  return (spec?.subsets ?? []).map(({ name }) => name).join(', ')
}
