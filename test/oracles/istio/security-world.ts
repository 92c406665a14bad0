import type { ApiObject } from '../../../src/api/object.ts'
import {
  guardOf,
  type ExternalAnswer,
  type ExternalCall,
  type WorkloadGuard,
} from '../../../src/mesh/authorize/guard.ts'
import type { KeySource } from '../../../src/mesh/authorize/jwt/authenticate.ts'
import { DEFAULT_MESH, type MeshConfig } from '../../../src/mesh/config/mesh-config.ts'
import { clientAddress } from '../../../src/mesh/exchange/client-address.ts'
import { lastForwarded } from '../../../src/mesh/exchange/fused-hop.ts'
import { receivedHead } from '../../../src/mesh/exchange/received-head.ts'
import type { IncomingConnection } from '../../../src/mesh/exchange/steps.ts'
import { meshServerName, parseOutbound } from '../../../src/mesh/proxy/cluster-name.ts'
import { type Call, pathOf } from '../../../src/mesh/proxy/call.ts'
import { type Proxy, ProxyView } from '../../../src/mesh/proxy/proxy-view.ts'
import { type RoutedCall, routeCall } from '../../../src/mesh/proxy/route-call.ts'
import { targetPortOf } from '../../../src/mesh/registry/mesh-service.ts'
import { headerListOf } from '../../../src/mesh/route/header-list.ts'
import { withHeaderChanges } from '../../../src/mesh/route/headers.ts'
import { normalizedTarget } from '../../../src/mesh/route/normalize-path.ts'
import type { MeshRequest } from '../../../src/mesh/route/request.ts'
import { compile, type Snapshot } from '../../../src/mesh/snapshot.ts'

/*
 * The world of Istio's security tests, as the oracles describe it: echo services with sidecars in two namespaces, a gateway
 * at either edge, and two services that decide about requests. A call goes from proxy to proxy, and each of them is asked.
 */

export interface WrittenWorld {
  readonly trustDomain: string
  readonly rootNamespace: string
  readonly namespaces: Readonly<Record<string, readonly string[]>>
  readonly ports: readonly { readonly name: string; readonly servicePort: number; readonly workloadPort: number }[]
  readonly meshConfig: { readonly defaultConfig: { readonly gatewayTopology: { readonly numTrustedProxies: number } } }
}

export interface WrittenEnd {
  readonly service: string
  readonly namespace: string
  readonly address: string
  readonly extraLabels?: Readonly<Record<string, string>>
}

export interface WrittenCall {
  readonly scheme: 'http' | 'grpc' | 'tcp'
  readonly servicePort: number
  readonly method?: string
  readonly path?: string
  readonly host?: string
  /** What the client dials, if that is no address of the service. */
  readonly address?: string
  readonly headers?: Readonly<Record<string, string>>
}

export type Outcome =
  /** The headers that the application saw, names in lower case. */
  | { readonly kind: 'reached'; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'closed' }

/** Somewhere a call can arrive at, or come from. */
interface Site {
  readonly proxy: Proxy
  readonly serviceAccount: string
}

/** Of a client outside of the mesh. */
const OUTSIDE_ADDRESS = '198.51.100.20'
const INGRESS_ADDRESS = '10.1.9.1'
const EGRESS_ADDRESS = '10.1.9.2'

/** More hops than this are a circle. */
const HOPS_MAX = 4

export class SecurityWorld {
  readonly #world: WrittenWorld
  readonly #snapshot: Snapshot
  readonly #sites: ReadonlyMap<string, Site>
  readonly #guard: (site: Site) => WorkloadGuard | undefined
  readonly #nowMs: number

  constructor(
    world: WrittenWorld,
    objects: readonly ApiObject[],
    options: { readonly to: WrittenEnd; readonly keys: KeySource; readonly nowMs: number },
  ) {
    this.#world = world
    this.#nowMs = options.nowMs
    this.#sites = sitesOf(world, options.to)
    this.#snapshot = compile([...servicesOf(world), ...objects], meshOf(world))
    const guard = guardOf({ keys: options.keys, ask: answer })
    this.#guard = ({ proxy }) => guard(this.#snapshot, proxy)
  }

  /** From a workload with a sidecar. */
  fromWorkload(from: WrittenEnd, to: WrittenEnd, call: WrittenCall): Outcome {
    const site = this.#site(from.address)
    const address = call.address ?? clusterIp(this.#world, to)
    return this.#leave(site, { address, port: call.servicePort }, requestOf(call), 0)
  }

  /** From a client outside, by the ingress gateway. */
  fromOutside(call: WrittenCall): Outcome {
    const arrival = { port: GATEWAY_HTTP_PORT, tls: 'plaintext' as const, sourceAddress: OUTSIDE_ADDRESS }
    return this.#arrive(this.#site(INGRESS_ADDRESS), { ...arrival, request: requestOf(call), hops: 0 })
  }

  #site(address: string): Site {
    const site = this.#sites.get(address)
    if (site === undefined) throw new Error(`nobody is at ${address}`)
    return site
  }

  #leave(
    site: Site,
    dialled: { readonly address: string; readonly port: number },
    request: MeshRequest | undefined,
    hops: number,
  ): Outcome {
    const view = new ProxyView(this.#snapshot, site.proxy)
    const call = { ...dialled, tls: 'plaintext' as const, direction: 'outbound' as const, ...seenAs(request) }
    return this.#forward(
      site,
      view,
      routeCall(view, call, () => 0),
      request,
      hops,
    )
  }

  #forward(site: Site, view: ProxyView, routed: RoutedCall, request: MeshRequest | undefined, hops: number): Outcome {
    if (hops > HOPS_MAX) throw new Error('the call goes round in circles')
    const outcome = routed.decision?.outcome
    if (routed.status !== undefined) return { kind: 'answered', status: routed.status }
    const cluster = outcome?.kind === 'forward' ? outcome.cluster : routed.path.tcpCluster
    const name = cluster === undefined ? undefined : parseOutbound(cluster)
    const service = name && view.service(name.host)
    const port = service?.ports.find(({ number }) => number === name?.port)
    const [endpoint] = service?.endpoints ?? []
    if (name === undefined || port === undefined || endpoint === undefined) return { kind: 'closed' }
    const target = this.#site(endpoint.address)
    const mode = view.policy(name).tls?.mode
    // Gateways do not announce that they take mutual TLS.
    const isMutual = mode === undefined ? target.proxy.type === 'sidecar' : mode === 'ISTIO_MUTUAL'
    const changes = outcome?.kind === 'forward' ? outcome.requestHeaders : []
    return this.#arrive(target, {
      port: targetPortOf(endpoint, port),
      tls: isMutual ? 'mtls' : 'plaintext',
      ...(isMutual && { sni: meshServerName(name), principal: this.#principal(site) }),
      sourceAddress: site.proxy.addresses[0] ?? '',
      request: request && { ...request, headers: withHeaderChanges(request.headers ?? {}, changes) },
      hops: hops + 1,
    })
  }

  #arrive(
    site: Site,
    arrival: {
      readonly port: number
      readonly tls: Call['tls']
      readonly sni?: string
      readonly principal?: string
      readonly sourceAddress: string
      readonly request: MeshRequest | undefined
      readonly hops: number
    },
  ): Outcome {
    const { port, tls, sni, principal, sourceAddress, hops } = arrival
    const address = site.proxy.addresses[0] ?? ''
    const isGateway = site.proxy.type === 'gateway'
    const view = new ProxyView(this.#snapshot, site.proxy)
    const callWith = (request: MeshRequest | undefined): Call => ({
      address,
      port,
      tls,
      ...(sni !== undefined && { sni }),
      direction: isGateway ? 'outbound' : 'inbound',
      ...seenAs(request, tls),
    })
    const request = arrival.request && this.#received(site, arrival.request, sourceAddress)
    if (request === 400) return { kind: 'answered', status: request }
    const { error } = pathOf(view, callWith(request))
    if (error !== undefined && error !== 'no-route' && error !== 'no-virtual-host') return { kind: 'closed' }
    const connection = {
      principal,
      sourceAddress,
      destinationAddress: address,
      destinationPort: port,
      sni,
    }
    const guard = this.#guard(site)
    if (request === undefined) {
      if (guard?.connection(connection).allowed === false) return { kind: 'closed' }
      return isGateway
        ? this.#forward(
            site,
            view,
            routeCall(view, callWith(undefined), () => 0),
            undefined,
            hops,
          )
        : { kind: 'reached', headers: {} }
    }
    const judgement = guard?.request(connection, request, this.#nowMs)
    if (judgement?.allowed === false) return { kind: 'answered', status: judgement.reply.status }
    const headers = withHeaderChanges(request.headers ?? {}, judgement?.changes ?? [])
    const passed = { ...request, headers, claims: judgement?.claims, query: judgement?.query }
    if (!isGateway) return { kind: 'reached', headers }
    return this.#forward(
      site,
      view,
      routeCall(view, callWith(passed), () => 0),
      passed,
      hops,
    )
  }

  /** What a proxy makes of a request before it looks at any rule. */
  #received(site: Site, request: MeshRequest, sourceAddress: string): MeshRequest | 400 {
    const { mesh } = this.#snapshot
    const written = request.query === undefined ? request.path : `${request.path}?${request.query}`
    const target = normalizedTarget(written, mesh.pathNormalization ?? 'DEFAULT')
    if (target === undefined) return 400
    const [path = '', query] = target.split('?')
    const received = { ...request, path, query }
    const headers = headerListOf(request.headers ?? {})
    if (site.proxy.type === 'sidecar') return { ...received, clientAddress: lastForwarded(headers) }
    const destination = { address: site.proxy.addresses[0] ?? '', port: GATEWAY_HTTP_PORT }
    const connection: IncomingConnection = {
      direction: 'inbound',
      destination,
      source: { address: sourceAddress, port: 0 },
      tls: 'plaintext',
    }
    const client = clientAddress(connection, receivedHead(headers), mesh.trustedProxies ?? 0)
    return { ...received, clientAddress: client.address }
  }

  #principal({ proxy, serviceAccount }: Site): string {
    return `${this.#world.trustDomain}/ns/${proxy.namespace}/sa/${serviceAccount}`
  }
}

const GATEWAY_HTTP_PORT = 8080
const GATEWAY_TLS_PORT = 8443
const PROVIDERS = 'ext-authz.istio-system.svc.cluster.local'

function meshOf({ trustDomain, rootNamespace, meshConfig }: WrittenWorld): MeshConfig {
  return {
    ...DEFAULT_MESH,
    trustDomain,
    rootNamespace,
    trustedProxies: meshConfig.defaultConfig.gatewayTopology.numTrustedProxies,
    extensionProviders: [
      { name: 'ext-authz-http', envoyExtAuthzHttp: { service: PROVIDERS, port: 8000 } },
      { name: 'ext-authz-grpc', envoyExtAuthzGrpc: { service: PROVIDERS, port: 9000 } },
    ],
    // As upstream's tests install it (tests/integration/security/main_test.go).
    multipleExternalProviders: true,
  }
}

/** What the two check servers of the world say. */
function answer(_: unknown, { connection, request }: ExternalCall): ExternalAnswer {
  const isAllowed =
    request === undefined
      ? connection.principal?.endsWith('/sa/a') === true
      : request.headers?.['x-ext-authz'] === 'allow'
  return { kind: isAllowed ? 'allowed' : 'refused' }
}

function echoAddress(world: WrittenWorld, namespace: string, service: string): string {
  const namespaces = Object.keys(world.namespaces)
  const services = world.namespaces[namespace] ?? []
  return `10.1.${namespaces.indexOf(namespace) + 1}.${services.indexOf(service) + 1}`
}

function clusterIp(world: WrittenWorld, { namespace, service }: WrittenEnd): string {
  return echoAddress(world, namespace, service).replace('10.1.', '10.96.')
}

function sitesOf(world: WrittenWorld, to: WrittenEnd): ReadonlyMap<string, Site> {
  const sites = new Map<string, Site>()
  for (const [namespace, services] of Object.entries(world.namespaces)) {
    for (const service of services) {
      const address = echoAddress(world, namespace, service)
      const extra = to.address === address ? to.extraLabels : {}
      const labels = { app: service, ...extra }
      const proxy: Proxy = { type: 'sidecar', namespace, labels, addresses: [address] }
      sites.set(address, { proxy, serviceAccount: service })
    }
  }
  for (const [name, address] of [
    ['ingressgateway', INGRESS_ADDRESS],
    ['egressgateway', EGRESS_ADDRESS],
  ] as const) {
    const labels = { istio: name, app: `istio-${name}` }
    const proxy: Proxy = { type: 'gateway', namespace: world.rootNamespace, labels, addresses: [address] }
    sites.set(address, { proxy, serviceAccount: `istio-${name}-service-account` })
  }
  return sites
}

function servicesOf(world: WrittenWorld): readonly ApiObject[] {
  const echo = Object.entries(world.namespaces).flatMap(([namespace, services]) =>
    services.flatMap((service) => {
      const ports = world.ports.map(({ name, servicePort, workloadPort }) => ({
        name,
        port: servicePort,
        targetPort: workloadPort,
      }))
      const end = { namespace, service, address: echoAddress(world, namespace, service) }
      return serviceObjects({ ...end, clusterIP: clusterIp(world, end), ports })
    }),
  )
  const gatewayPorts = [
    { name: 'http2', port: 80, targetPort: GATEWAY_HTTP_PORT },
    { name: 'https', port: 443, targetPort: GATEWAY_TLS_PORT },
  ]
  const namespace = world.rootNamespace
  const edge = { namespace, ports: gatewayPorts }
  return [
    ...echo,
    ...serviceObjects({ ...edge, service: 'istio-ingressgateway', address: INGRESS_ADDRESS, clusterIP: '10.96.9.1' }),
    ...serviceObjects({ ...edge, service: 'istio-egressgateway', address: EGRESS_ADDRESS, clusterIP: '10.96.9.2' }),
    ...serviceObjects({
      namespace,
      service: 'ext-authz',
      address: '10.1.9.3',
      clusterIP: '10.96.9.3',
      ports: [
        { name: 'http', port: 8000, targetPort: 8000 },
        { name: 'grpc', port: 9000, targetPort: 9000 },
      ],
    }),
  ]
}

function serviceObjects(of: {
  readonly namespace: string
  readonly service: string
  readonly address: string
  readonly clusterIP: string
  readonly ports: readonly { readonly name: string; readonly port: number; readonly targetPort: number }[]
}): readonly ApiObject[] {
  const { namespace, service: name, address, clusterIP, ports } = of
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-1`, namespace, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: ports.map((port) => ({ name: port.name, port: port.targetPort, protocol: 'TCP' })),
  }
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { clusterIP, ports } }
  return [service, slice]
}

function requestOf({
  scheme,
  method = 'GET',
  path = '/',
  host = '',
  headers = {},
}: WrittenCall): MeshRequest | undefined {
  if (scheme === 'tcp') return undefined
  const [plain = '', query] = path.split('?')
  const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  const grpc = scheme === 'grpc' ? { 'content-type': 'application/grpc' } : {}
  return {
    method,
    scheme: 'http',
    authority: host,
    path: plain,
    query,
    headers: { ...grpc, ...Object.fromEntries(own) },
  }
}

/** What the first bytes, or TLS, tell of what a connection speaks. */
function seenAs(
  request: MeshRequest | undefined,
  tls: Call['tls'] = 'plaintext',
): { readonly alpn?: string; readonly request?: MeshRequest } {
  if (request === undefined) return tls === 'mtls' ? { alpn: 'istio' } : {}
  const isHttp2 = request.headers?.['content-type'] === 'application/grpc'
  const plain = isHttp2 ? 'h2c' : 'http/1.1'
  return { request, alpn: tls === 'mtls' ? (isHttp2 ? 'istio-h2' : 'istio-http/1.1') : plain }
}
