import type { MtlsMode } from '../config/types/peer-authentication.ts'
import type { SidecarIngress } from '../config/types/sidecar.ts'
import { targetPortOf } from '../registry/mesh-service.ts'
import { servicesAt } from '../registry/services-at.ts'
import { type Traffic, trafficOf } from '../registry/protocol.ts'
import { defaultRoute } from '../route/compiled-route.ts'
import { INBOUND_RETRY } from '../route/retry.ts'
import {
  type ChainAction,
  type ChainMatch,
  type FilterChain,
  type Listener,
  type ServerIdentity,
  tcpTo,
} from './filter-chain.ts'
import { BLACKHOLE, INBOUND_PASSTHROUGH } from './cluster-name.ts'
import { peerModes } from './peer-mode.ts'
import type { ProxyView } from './proxy-view.ts'
import { virtualHost } from './virtual-host.ts'

/*
 * What comes in is told apart by its first bytes: mutual TLS between sidecars names itself by its ALPN.
 * Rules: istio/istio pilot/pkg/networking/core/listener_inbound.go.
 */

export const INBOUND_PORT = 15006
const MESH_HTTP = ['istio-http/1.0', 'istio-http/1.1', 'istio-h2']
const MESH_TCP = ['istio-peer-exchange', 'istio']
/** What HTTP/1.0 sends would only be refused as HTTP; so it passes as any other bytes. */
const PLAIN_HTTP = ['http/1.1', 'h2c']
const WORKLOAD: ServerIdentity = { requiresClientCertificate: true, certificate: 'default' }

interface InboundPort {
  readonly port: number
  readonly traffic: Traffic
  readonly bind: string
  readonly tls?: FileTls
}

/** TLS that the proxy ends with a certificate of its own. */
interface FileTls {
  readonly identity: ServerIdentity
  readonly carriesHttp: boolean
}

export function inboundListener(view: ProxyView): Listener {
  const { proxy, snapshot } = view
  const modes = peerModes(snapshot.peerAuthentications, {
    namespace: proxy.podNamespace ?? proxy.namespace,
    labels: proxy.labels,
    rootNamespace: snapshot.mesh.rootNamespace,
  })
  const ports = inboundPorts(view)
  const known = new Set(ports.map(({ port }) => port))
  const others = [...modes.byPort].filter(([port]) => !known.has(port))
  return {
    name: 'virtualInbound',
    chains: [
      { name: 'blackhole', match: { port: INBOUND_PORT }, action: tcpTo(BLACKHOLE) },
      ...ports.flatMap((inbound) => portChains(inbound, modes.byPort.get(inbound.port) ?? modes.mode)),
      ...others.flatMap(([port, mode]) => passthroughChains(mode, { port })),
      ...passthroughChains(modes.mode, {}),
    ],
  }
}

/** A Sidecar that says how the workload is reached replaces what services say. */
function inboundPorts({ proxy, sidecar, snapshot }: ProxyView): readonly InboundPort[] {
  const ingress = sidecar?.spec?.ingress ?? []
  const ports = new Map<number, InboundPort>()
  for (const entry of ingress) {
    const inbound = ingressPort(entry, proxy.addresses[0] ?? '0.0.0.0')
    if (inbound !== undefined && !ports.has(inbound.port)) ports.set(inbound.port, inbound)
  }
  if (ingress.length > 0) return [...ports.values()]
  for (const { service, endpoint } of servicesAt(snapshot, proxy.addresses)) {
    for (const served of service.ports) {
      const port = targetPortOf(endpoint, served)
      if (!ports.has(port)) ports.set(port, { port, traffic: served.traffic, bind: '0.0.0.0' })
    }
  }
  return [...ports.values()]
}

function ingressPort({ port, bind, tls }: SidecarIngress, address: string): InboundPort | undefined {
  if (port?.number === undefined) return undefined
  const inbound = { port: port.number, traffic: trafficOf(port), bind: bind ?? address }
  if (tls === undefined) return inbound
  const certificate = tls.credentialName ?? `file-cert:${tls.serverCertificate ?? ''}~${tls.privateKey ?? ''}`
  const identity = { certificate, requiresClientCertificate: tls.mode === 'MUTUAL' }
  return { ...inbound, tls: { identity, carriesHttp: port.protocol?.toUpperCase() === 'HTTPS' } }
}

function portChains({ port, traffic, bind, tls }: InboundPort, mode: MtlsMode): readonly FilterChain[] {
  const name = `${bind}_${port}`
  const cluster = `inbound|${port}||`
  const http = httpTo(cluster, `inbound|http|${port}`)
  const tcp: ChainAction = tcpTo(cluster)
  if (tls !== undefined && mode === 'DISABLE') {
    return [{ name, match: { port, transport: 'tls' }, tls: tls.identity, action: tls.carriesHttp ? http : tcp }]
  }
  return sniffed({ traffic, mode, http, tcp }).map((chain) => ({ ...chain, name, match: { ...chain.match, port } }))
}

/** For ports of which nobody says anything: the connection goes on to where it was meant for. */
function passthroughChains(mode: MtlsMode, match: ChainMatch): readonly FilterChain[] {
  const http = httpTo(INBOUND_PASSTHROUGH, INBOUND_PASSTHROUGH)
  const tcp: ChainAction = tcpTo(INBOUND_PASSTHROUGH)
  return sniffed({ traffic: 'auto', mode, http, tcp }).map((chain) => ({
    ...chain,
    name: chain.action === http ? 'virtualInbound-catchall-http' : 'virtualInbound',
    match: { ...chain.match, ...match },
  }))
}

type Unnamed = Omit<FilterChain, 'name'>

function sniffed(port: {
  readonly traffic: Traffic
  readonly mode: MtlsMode
  readonly http: ChainAction
  readonly tcp: ChainAction
}): readonly Unnamed[] {
  const { traffic, mode, http, tcp } = port
  const plainHttp: Unnamed = { match: { transport: 'raw', alpn: PLAIN_HTTP }, action: http }
  const meshHttp: Unnamed = { match: { transport: 'tls', alpn: MESH_HTTP }, tls: WORKLOAD, action: http }
  const meshTcp: Unnamed = { match: { transport: 'tls', alpn: MESH_TCP }, tls: WORKLOAD, action: tcp }
  if (traffic === 'auto') {
    if (mode === 'DISABLE') return [plainHttp, ...plain(tcp)]
    const strict: Unnamed = { match: { transport: 'tls' }, tls: WORKLOAD, action: tcp }
    if (mode === 'STRICT') return [meshHttp, strict]
    return [meshHttp, meshTcp, plainHttp, ...plain(tcp)]
  }
  const action = traffic === 'http' ? http : tcp
  if (mode === 'DISABLE') return [{ match: {}, action }]
  if (mode === 'STRICT') return [{ match: { transport: 'tls' }, tls: WORKLOAD, action }]
  if (traffic === 'http') return [meshHttp, { match: { transport: 'raw' }, action }]
  return [{ ...meshHttp, action }, meshTcp, ...plain(tcp)]
}

/** TLS that is not the mesh's own passes unopened. */
function plain(action: ChainAction): readonly Unnamed[] {
  return [
    { match: { transport: 'raw' }, action },
    { match: { transport: 'tls' }, action },
  ]
}

function httpTo(cluster: string, name: string): ChainAction {
  const route = { ...defaultRoute(cluster, undefined), retry: INBOUND_RETRY }
  const only = virtualHost({ name, domain: '*', routes: [route] })
  return { kind: 'http', virtualHost: () => only }
}
