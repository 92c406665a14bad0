import type { Gateway, GatewayServer } from '../config/types/gateway.ts'
import type { MeshPort, MeshService } from '../registry/mesh-service.ts'
import { targetPortOf } from '../registry/mesh-service.ts'
import { servicesAt } from '../registry/services-at.ts'
import type { ProxyView } from './proxy-view.ts'

/** A server of a Gateway, on the port where the proxy really listens. */
export interface OpenServer {
  readonly server: GatewayServer
  /** `namespace/name` of the Gateway. */
  readonly gateway: string
  readonly port: number
  /** Hosts as `namespace/host`. */
  readonly hosts: readonly string[]
  readonly kind: ServerKind
  /** The name of its routes; none for bytes that are no HTTP. */
  readonly routeConfig?: string
}

/** By what arrives and what becomes of it: `tls-…` ends TLS, `passthrough` only looks at the name asked for. */
export type ServerKind = 'http' | 'tcp' | 'tls-http' | 'tls-tcp' | 'passthrough'

/** The internal note of which Services lead to a Gateway; without it, labels of the proxy decide. */
const SERVICE_ANNOTATION = 'internal.istio.io/gateway-service'
const NO_TRANSLATION = 'experimental.istio.io/disable-gateway-port-translation'

/** Servers of all gateways on one port, without those that contradict an older one. */
export function openServers(view: ProxyView, port: number): readonly OpenServer[] {
  const servers: OpenServer[] = []
  const tlsHosts = new Set<string>()
  for (const candidate of candidates(view, port)) {
    const isPlain = candidate.kind === 'http' || candidate.kind === 'tcp'
    const plain = servers.find(({ kind }) => kind === 'http' || kind === 'tcp')
    if (
      servers.length > 0 &&
      plain !== undefined &&
      (!isPlain || candidate.kind !== plain.kind || plain.kind === 'tcp')
    ) {
      continue
    }
    if (!isPlain) {
      if (candidate.hosts.some((host) => tlsHosts.has(host))) continue
      for (const host of candidate.hosts) tlsHosts.add(host)
    }
    servers.push(candidate)
  }
  return servers
}

function candidates(view: ProxyView, port: number): readonly OpenServer[] {
  const services = servicesOf(view)
  return view.snapshot.gateways.flatMap((gateway) => {
    const { name, namespace = 'default' } = gateway.metadata
    const reached = reachedBy(view, gateway, services)
    if (reached === undefined) return []
    return (gateway.spec?.servers ?? []).flatMap((server) =>
      listenPorts(server.port.number, reached).includes(port) ? [opened(server, { name, namespace, port })] : [],
    )
  })
}

interface Target {
  readonly service: MeshService
  readonly port: MeshPort
  readonly targetPort: number
}

interface Reached {
  readonly targets: readonly Target[]
  /** Whether a port that no service has is listened to as it is. */
  readonly fallsBack: boolean
}

/** The services of the proxy's own namespace that lead to it. */
function servicesOf({ proxy, snapshot }: ProxyView): readonly Target[] {
  const home = proxy.podNamespace ?? proxy.namespace
  return servicesAt(snapshot, proxy.addresses)
    .filter(({ service }) => service.namespace === home)
    .flatMap(({ service, endpoint }) =>
      service.ports.map((port) => ({ service, port, targetPort: targetPortOf(endpoint, port) })),
    )
}

function reachedBy({ proxy }: ProxyView, gateway: Gateway, targets: readonly Target[]): Reached | undefined {
  const named = gateway.metadata.annotations?.[SERVICE_ANNOTATION]
  if (named !== undefined) {
    const hosts = named.split(',').map((host) => host.trim())
    return { targets: targets.filter(({ service }) => hosts.includes(service.host)), fallsBack: false }
  }
  const selector = Object.entries(gateway.spec?.selector ?? {})
  if (!selector.every(([key, value]) => proxy.labels[key] === value)) return undefined
  const translated = targets.filter(({ service }) => service.labels[NO_TRANSLATION] !== 'true')
  return { targets: translated, fallsBack: true }
}

function listenPorts(number: number, { targets, fallsBack }: Reached): readonly number[] {
  const ports = new Set(targets.filter(({ port }) => port.number === number).map(({ targetPort }) => targetPort))
  return ports.size > 0 || !fallsBack ? [...ports] : [number]
}

function opened(
  server: GatewayServer,
  { name, namespace, port }: { readonly name: string; readonly namespace: string; readonly port: number },
): OpenServer {
  const kind = kindOf(server)
  const hosts = (server.hosts ?? []).map((host) => {
    if (!host.includes('/')) return `*/${host}`
    return host.startsWith('./') ? `${namespace}/${host.slice(2)}` : host
  })
  const shared = { server, gateway: `${namespace}/${name}`, port, hosts, kind }
  if (kind === 'http') return { ...shared, routeConfig: `http.${port}` }
  if (kind !== 'tls-http') return shared
  return { ...shared, routeConfig: `https.${port}.${server.port.name ?? ''}.${name}.${namespace}` }
}

function kindOf({ port, tls }: GatewayServer): ServerKind {
  const protocol = port.protocol?.toUpperCase() ?? ''
  const isTls = protocol === 'HTTPS' || protocol === 'TLS' || (tls !== undefined && protocol === 'TCP')
  if (!isTls) return ['HTTP', 'HTTP2', 'GRPC', 'GRPC-WEB'].includes(protocol) ? 'http' : 'tcp'
  if (tls?.mode === 'PASSTHROUGH' || tls?.mode === 'AUTO_PASSTHROUGH') return 'passthrough'
  return protocol === 'HTTPS' ? 'tls-http' : 'tls-tcp'
}
