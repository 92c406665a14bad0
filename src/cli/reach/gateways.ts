import { meshKind } from '../../api/kinds/istio/mesh-kinds.ts'
import { EndpointSlice } from '../../api/kinds/discovery/endpoint-slice.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { Secret } from '../../api/kinds/core/secret.ts'
import { Service } from '../../api/kinds/core/service.ts'
import { type Client, isNotFound } from '../../client/client.ts'
import type { Gateway, GatewayServer } from '../../mesh/config/types/gateway.ts'
import type { HostListening } from '../../platform.ts'

/** A gateway of the mesh that this host reaches. */
export interface ReachedGateway {
  readonly namespace: string
  /** Of the Service before it. */
  readonly name: string
  /** Whether a pod stands behind it that takes requests. */
  readonly isReady: boolean
  readonly doors: readonly GatewayDoor[]
}

export interface GatewayDoor {
  readonly url: string
  /** That are served there; `*` is any. */
  readonly hosts: readonly string[]
  /** Why nobody answers there, whatever stands behind it. */
  readonly problem?: string
}

type ServicePort = NonNullable<Service['spec']['ports']>[number]

/** Gateways behind load balancers, by what Gateways say that they listen to. */
export async function reachedGateways(
  client: Client,
  listeners: readonly HostListening[],
): Promise<readonly ReachedGateway[]> {
  const gateways = await gatewayObjects(client)
  if (gateways.length === 0) return []
  const { items: services } = await client.list(Service)
  const reached: ReachedGateway[] = []
  for (const service of services) {
    if ((service.status?.loadBalancer?.ingress ?? []).length === 0) continue
    const { labels, isReady } = await behind(client, service)
    const own = gateways.filter(({ spec }) => isSelected(labels, spec?.selector ?? {}))
    const { namespace = '', name } = service.metadata
    const empty = await emptySecrets(client, namespace, own)
    const doors = doorsOf(service, own, { listeners, empty })
    if (doors.length > 0) reached.push({ namespace, name, isReady, doors })
  }
  return reached
}

async function gatewayObjects(client: Client): Promise<readonly Gateway[]> {
  try {
    return (await client.list(meshKind('Gateway'))).items as readonly Gateway[]
  } catch (error) {
    // A cluster may be without Istio's definitions.
    if (isNotFound(error)) return []
    throw error
  }
}

/** The labels of those who answer for a Service, by one of them, or while there are none by whom it selects. */
async function behind(
  client: Client,
  { metadata: { namespace = '', name }, spec: { selector = {} } }: Service,
): Promise<{ readonly labels: Readonly<Record<string, string>>; readonly isReady: boolean }> {
  const { items } = await client.list(EndpointSlice, { namespace, labelSelector: `kubernetes.io/service-name=${name}` })
  const endpoints = items.flatMap((slice) => slice.endpoints ?? [])
  const ready = endpoints.find(({ conditions }) => conditions?.ready !== false)
  const pod = (ready ?? endpoints[0])?.targetRef?.name
  const found = pod === undefined ? undefined : await client.get(Pod, { namespace, name: pod })
  return { isReady: ready !== undefined, labels: found?.metadata.labels ?? selector }
}

function isSelected(labels: Readonly<Record<string, string>>, selector: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value)
}

/** Those that servers take their certificates from, and that hold none. */
async function emptySecrets(
  client: Client,
  namespace: string,
  gateways: readonly Gateway[],
): Promise<ReadonlySet<string>> {
  const named = gateways.flatMap(({ spec }) => spec?.servers ?? []).flatMap(({ tls }) => secretOf(tls) ?? [])
  const empty = new Set<string>()
  for (const name of new Set(named)) {
    const { data = {} } = (await client.get(Secret, { namespace, name })) ?? {}
    if (!data['tls.crt'] && !data['cert']) empty.add(name)
  }
  return empty
}

function secretOf(tls: GatewayServer['tls']): string | undefined {
  const name = tls?.credentialNames?.[0] ?? tls?.credentialName
  return name === '' || name?.includes('://') === true ? undefined : name
}

/** What several Gateways say of one port is one door. */
function doorsOf(
  service: Service,
  gateways: readonly Gateway[],
  { listeners, empty }: { readonly listeners: readonly HostListening[]; readonly empty: ReadonlySet<string> },
): readonly GatewayDoor[] {
  const doors = new Map<string, { readonly hosts: Set<string>; problem?: string }>()
  for (const port of service.spec.ports ?? []) {
    const door = doorOf(service, port, listeners)
    if (door === undefined) continue
    for (const server of gateways.flatMap(({ spec }) => spec?.servers ?? [])) {
      if (server.port.number !== port.port && server.port.number !== port.targetPort) continue
      const url = urlOf(server, door)
      const found = doors.get(url) ?? { hosts: new Set() }
      doors.set(url, found)
      const secret = secretOf(server.tls)
      if (secret !== undefined && empty.has(secret)) found.problem = `no certificate in Secret ${secret}`
      else for (const host of server.hosts ?? []) found.hosts.add(host.slice(host.indexOf('/') + 1))
    }
  }
  return Array.from(doors, ([url, { hosts, problem }]) => ({
    url,
    hosts: [...hosts].toSorted(byName),
    ...(hosts.size === 0 && problem !== undefined && { problem }),
  }))
}

/** At the load balancer's own address, if it is there. */
function doorOf(
  { metadata: { namespace, name }, status }: Service,
  { port }: ServicePort,
  listeners: readonly HostListening[],
): HostListening | undefined {
  const addresses = (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip ?? '')
  const names = [...addresses, 'balancer'].map((at) => `service/${namespace}/${name}/${at}:${port}`)
  for (const wanted of names) {
    const found = listeners.find((listening) => listening.name === wanted)
    if (found !== undefined) return found
  }
  return undefined
}

/** Names before wildcards. */
function byName(a: string, b: string): number {
  return Number(a.startsWith('*')) - Number(b.startsWith('*')) || (a < b ? -1 : 1)
}

const PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 }

function urlOf({ port: { protocol = 'HTTP' }, tls }: GatewayServer, { host, port }: HostListening): string {
  const isHttp = ['HTTP', 'HTTP2', 'GRPC', 'GRPC-WEB', 'HTTPS', ''].includes(protocol)
  const isTls = tls !== undefined && tls.httpsRedirect !== true
  const scheme = isHttp ? (isTls ? 'https' : 'http') : isTls ? 'tls' : 'tcp'
  return `${scheme}://${host}${PORTS[scheme] === port ? '' : `:${port}`}`
}
