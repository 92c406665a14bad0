import type { ApiObject } from '../../src/api/object.ts'
import type { Headers, HttpMatch, HttpRoute, StringMatch } from '../../src/mesh/config/types/virtual-service.ts'
import type { ConnectionPool, PortTrafficPolicy } from '../../src/mesh/config/types/destination-rule.ts'
import type { Random } from '../../src/world/random.ts'

/** Where the pods of a random mesh are: all on one port, each at an address of its own. */
export const PORT = 8080
const NAMESPACE = 'shop'
const SERVICES = ['web', 'cart', 'search', 'pay']
const VERSIONS = ['v1', 'v2']
/** Who is asked by CUSTOM policies: a service without a proxy. */
export const AUTHORIZER = { host: `check.${NAMESPACE}.svc.cluster.local`, address: '10.244.9.1' }
const PATHS = ['/', '/api', '/api/cart', '/api/v1/pay', '/static/logo.png', '/health', '/API/cart', '/api//cart']
/** What the pod that is reached does: answers with a status, or fails. */
const ANSWERS = ['500', '503', '404', '502', 'hang', 'hang', 'reset', 'garbage', 'half']
const REGIONS = ['mumbai', 'delhi', 'none']

export interface RandomMesh {
  readonly objects: readonly ApiObject[]
  readonly pods: readonly RandomPod[]
}

export interface RandomCall {
  readonly from: string
  readonly service: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A small shop under configuration that nobody would write: every feature that decides about HTTP, in any mixture. */
export function randomMesh(random: Random): RandomMesh {
  const pods = SERVICES.flatMap((service, serviceIndex) =>
    VERSIONS.map((version, index) => ({
      name: `${service}-${version}`,
      service,
      version,
      address: `10.244.${serviceIndex}.${index + 1}`,
      isDead: chance(random, 0.1),
    })),
  )
  return {
    pods,
    objects: [
      object('v1', 'Namespace', NAMESPACE, { metadata: { labels: { 'istio-injection': 'enabled' } } }),
      ...pods.map(({ name, service, version, address }) =>
        object('v1', 'Pod', name, {
          metadata: { labels: { app: service, version } },
          spec: { serviceAccountName: service, containers: [{ name: 'app' }] },
          status: { podIP: address, podIPs: [{ ip: address }], phase: 'Running' },
        }),
      ),
      ...SERVICES.flatMap((service, index) => serviceObjects(service, index, pods)),
      ...SERVICES.flatMap((service) => (chance(random, 0.7) ? [destinationRule(random, service)] : [])),
      ...SERVICES.flatMap((service) => (chance(random, 0.8) ? [virtualService(random, service)] : [])),
      ...many(random, 3).map((_, index) => authorizationPolicy(random, index)),
      ...(chance(random, 0.5) ? [peerAuthentication(random)] : []),
      ...authorizerObjects(),
      ...(chance(random, 0.5) ? [customPolicy(random)] : []),
    ],
  }
}

export function randomCall(random: Random, { pods }: RandomMesh): RandomCall {
  const headers: Record<string, string> = {}
  if (chance(random, 0.5)) headers['x-region'] = pick(random, REGIONS)
  if (chance(random, 0.3)) headers['x-version'] = pick(random, VERSIONS)
  if (chance(random, 0.2)) headers['cookie'] = `user=${random.below(3)}`
  if (chance(random, 0.1)) headers['origin'] = pick(random, ['https://shop.example', 'https://evil.example'])
  if (chance(random, 0.7)) headers['x-check'] = pick(random, ['200', '200', '200', '401', '302', '503'])
  if (chance(random, 0.3)) headers['x-answer'] = pick(random, ANSWERS)
  if (chance(random, 0.1)) headers['x-envoy-upstream-rq-timeout-ms'] = pick(random, ['120', '250'])
  const method = pick(random, ['GET', 'GET', 'POST', 'DELETE', 'OPTIONS'])
  const query = chance(random, 0.3) ? `?q=${random.below(3)}` : ''
  return {
    from: pick(random, pods).name,
    service: pick(random, SERVICES),
    method,
    path: pick(random, PATHS) + query,
    headers,
    body: method === 'POST' ? 'x'.repeat(1 + random.below(2_000)) : '',
  }
}

function serviceObjects(service: string, index: number, pods: readonly RandomPod[]): readonly ApiObject[] {
  const own = pods.filter((pod) => pod.service === service)
  return [
    object('v1', 'Service', service, {
      spec: {
        clusterIP: `10.96.0.${index + 10}`,
        selector: { app: service },
        ports: [{ name: 'http', port: 80, targetPort: PORT }],
      },
    }),
    object('discovery.k8s.io/v1', 'EndpointSlice', `${service}-1`, {
      metadata: { labels: { 'kubernetes.io/service-name': service } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: PORT }],
      endpoints: own.map(({ name, address }) => ({
        addresses: [address],
        conditions: { ready: true },
        targetRef: { kind: 'Pod', name, namespace: NAMESPACE },
      })),
    }),
  ]
}

export interface RandomPod {
  readonly name: string
  readonly service: string
  readonly version: string
  readonly address: string
  /** Nobody listens there. */
  readonly isDead: boolean
}

function destinationRule(random: Random, service: string): ApiObject {
  return object('networking.istio.io/v1', 'DestinationRule', service, {
    spec: {
      host: service,
      trafficPolicy: trafficPolicy(random),
      subsets: VERSIONS.map((version) => ({
        name: version,
        labels: { version },
        ...(chance(random, 0.3) && { trafficPolicy: trafficPolicy(random) }),
      })),
    },
  })
}

function trafficPolicy(random: Random): PortTrafficPolicy {
  const consistentHash = pick(random, [
    { httpHeaderName: 'x-region' },
    { httpCookie: { name: 'user', ttl: '0s' } },
    { httpQueryParameterName: 'q' },
    { useSourceIp: true },
  ])
  const simple = pick(random, ['ROUND_ROBIN', 'RANDOM', 'LEAST_REQUEST'] as const)
  return {
    loadBalancer: chance(random, 0.3) ? { consistentHash } : { simple },
    ...(chance(random, 0.3) && { outlierDetection: { consecutive5xxErrors: 2, baseEjectionTime: '1s' } }),
    ...(chance(random, 0.2) && { connectionPool: connectionPool(random) }),
  }
}

function connectionPool(random: Random): ConnectionPool {
  return {
    http: { http2MaxRequests: 1 + random.below(3), http1MaxPendingRequests: 1 + random.below(3) },
    ...(chance(random, 0.5) && { tcp: { maxConnections: 1 + random.below(3) } }),
  }
}

function virtualService(random: Random, service: string): ApiObject {
  const http = Array.from({ length: 1 + random.below(4) }, () => httpRoute(random, service))
  return object('networking.istio.io/v1', 'VirtualService', service, { spec: { hosts: [service], http } })
}

function httpRoute(random: Random, service: string): HttpRoute {
  return {
    name: `route-${random.below(1_000)}`,
    ...(chance(random, 0.8) && { match: [httpMatch(random), ...many(random, 2).map(() => httpMatch(random))] }),
    ...outcome(random, service),
    ...(chance(random, 0.3) && { headers: headers(random) }),
    ...(chance(random, 0.2) && {
      corsPolicy: { allowOrigins: [{ exact: 'https://shop.example' }], allowMethods: ['GET'], maxAge: '60s' },
    }),
    ...(chance(random, 0.2) && {
      fault: {
        ...(chance(random, 0.7) && { abort: { httpStatus: pick(random, [500, 503, 418]), percentage: { value: 30 } } }),
        ...(chance(random, 0.5) && {
          delay: { fixedDelay: pick(random, ['50ms', '2s']), percentage: { value: pick(random, [30, 100]) } },
        }),
      },
    }),
  }
}

function outcome(random: Random, service: string): HttpRoute {
  const kind = random.next()
  if (kind < 0.1) return { redirect: { ...redirect(random), redirectCode: pick(random, [301, 302, 307]) } }
  if (kind < 0.2) return { directResponse: { status: 200 + random.below(300), body: { string: 'no shop today' } } }
  const host = chance(random, 0.8) ? service : pick(random, [...SERVICES, 'nowhere'])
  const route = VERSIONS.map((subset) => ({
    destination: { host, ...(chance(random, 0.7) && { subset }) },
    weight: random.below(4),
    ...(chance(random, 0.2) && { headers: headers(random) }),
  }))
  return {
    route: chance(random, 0.5) ? route.slice(0, 1) : route.some(({ weight }) => weight > 0) ? route : route.slice(0, 1),
    ...(chance(random, 0.3) && { rewrite: rewrite(random) }),
    ...(chance(random, 0.2) && { mirror: { host: pick(random, SERVICES) } }),
    ...(chance(random, 0.4) && {
      retries: {
        attempts: random.below(4),
        retryOn: pick(random, ['5xx', 'gateway-error', '503', 'reset', 'connect-failure']),
        ...(chance(random, 0.5) && { perTryTimeout: pick(random, ['60ms', '100ms']) }),
        ...(chance(random, 0.2) && { backoff: '10ms' }),
      },
    }),
    ...(chance(random, 0.5) && { timeout: pick(random, ['80ms', '150ms', '10s']) }),
  }
}

function redirect(random: Random): NonNullable<HttpRoute['redirect']> {
  return pick(random, [
    { uri: '/elsewhere' },
    { uri: '/elsewhere?by=mesh', authority: 'other.example' },
    { prefixRewrite: '/moved', scheme: 'https' },
    { derivePort: 'FROM_REQUEST_PORT' as const, scheme: 'https' },
    { port: 8443 },
  ])
}

function rewrite(random: Random): NonNullable<HttpRoute['rewrite']> {
  return pick(random, [
    { uri: '/rewritten', authority: 'other.example' },
    { uri: '/' },
    { uriRegexRewrite: { match: '/api/(.*)', rewrite: '/v9/\\1' } },
    { uriRegexRewrite: { match: '.*', rewrite: '/all' } },
  ])
}

function httpMatch(random: Random): HttpMatch {
  return {
    ...(chance(random, 0.7) && { uri: uriMatch(random) }),
    ...(chance(random, 0.3) && { headers: { 'x-region': textMatch(random, REGIONS) } }),
    ...(chance(random, 0.1) && { withoutHeaders: { 'x-version': textMatch(random, VERSIONS) } }),
    ...(chance(random, 0.2) && { method: { exact: pick(random, ['GET', 'POST']) } }),
    ...(chance(random, 0.1) && { queryParams: { q: textMatch(random, ['0', '1']) } }),
    ...(chance(random, 0.1) && { sourceLabels: { app: pick(random, SERVICES) } }),
    ...(chance(random, 0.1) && { ignoreUriCase: true }),
  }
}

function uriMatch(random: Random): StringMatch {
  const path = pick(random, PATHS)
  return pick(random, [{ exact: path }, { prefix: path }, { prefix: '/' }, { regex: '/api/.*' }, { regex: '.*' }])
}

function textMatch(random: Random, values: readonly string[]): StringMatch {
  const value = pick(random, values)
  return pick(random, [{ exact: value }, { prefix: value.slice(0, 2) }, { regex: `${value.slice(0, 1)}.*` }, {}])
}

function headers(random: Random): Headers {
  return {
    request: {
      set: { 'x-set': pick(random, ['by-mesh', 'by-%REQ(:METHOD)%', '100%%']) },
      ...(chance(random, 0.3) && { add: { 'x-set': 'more' } }),
      ...(chance(random, 0.2) && { add: { host: 'added.example' } }),
      ...(chance(random, 0.5) && { remove: ['x-region'] }),
    },
    response: { add: { 'x-added': 'by-mesh' }, ...(chance(random, 0.5) && { remove: ['x-backend'] }) },
  }
}

function authorizationPolicy(random: Random, index: number): ApiObject {
  const source = pick(random, [
    { principals: [`cluster.local/ns/${NAMESPACE}/sa/${pick(random, SERVICES)}`] },
    { namespaces: [NAMESPACE] },
    { notPrincipals: [`cluster.local/ns/${NAMESPACE}/sa/${pick(random, SERVICES)}`] },
  ])
  const operation = pick(random, [
    { methods: ['GET'] },
    { paths: ['/api/*'] },
    { notPaths: ['/static/*'] },
    { methods: ['POST'], paths: ['/api/v1/pay'] },
  ])
  const when = [{ key: 'request.headers[x-region]', values: [pick(random, REGIONS)] }]
  return object('security.istio.io/v1', 'AuthorizationPolicy', `policy-${index}`, {
    spec: {
      action: pick(random, ['ALLOW', 'ALLOW', 'DENY']),
      ...(chance(random, 0.8) && { selector: { matchLabels: { app: pick(random, SERVICES) } } }),
      rules: [
        {
          ...(chance(random, 0.6) && { from: [{ source }] }),
          ...(chance(random, 0.6) && { to: [{ operation }] }),
          ...(chance(random, 0.3) && { when }),
        },
      ],
    },
  })
}

function authorizerObjects(): readonly ApiObject[] {
  const ports = [{ name: 'http', port: PORT }]
  return [
    object('v1', 'Service', 'check', { spec: { clusterIP: '10.96.0.9', ports } }),
    object('discovery.k8s.io/v1', 'EndpointSlice', 'check-1', {
      metadata: { labels: { 'kubernetes.io/service-name': 'check' } },
      addressType: 'IPv4',
      ports,
      endpoints: [{ addresses: [AUTHORIZER.address], conditions: { ready: true } }],
    }),
  ]
}

function customPolicy(random: Random): ApiObject {
  const operation = pick(random, [{ methods: ['POST'] }, { paths: ['/api*'] }, { notPaths: ['/health'] }])
  return object('security.istio.io/v1', 'AuthorizationPolicy', 'custom', {
    spec: {
      action: 'CUSTOM',
      provider: { name: pick(random, ['check', 'check', 'lenient', 'nobody']) },
      ...(chance(random, 0.7) && { selector: { matchLabels: { app: pick(random, SERVICES) } } }),
      rules: [{ to: [{ operation }] }],
    },
  })
}

function peerAuthentication(random: Random): ApiObject {
  const mode = pick(random, ['STRICT', 'PERMISSIVE', 'DISABLE'])
  return object('security.istio.io/v1', 'PeerAuthentication', 'default', { spec: { mtls: { mode } } })
}

function object(apiVersion: string, kind: string, name: string, parts: Readonly<Record<string, unknown>>): ApiObject {
  const isGlobal = kind === 'Namespace'
  const metadata = {
    name,
    ...(!isGlobal && { namespace: NAMESPACE }),
    creationTimestamp: '2026-01-01T00:00:00Z',
    ...(parts['metadata'] as object | undefined),
  }
  return { apiVersion, kind, ...parts, metadata }
}

function chance(random: Random, share: number): boolean {
  return random.next() < share
}

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[random.below(items.length)] as Item
}

/** A list of up to `most` places to fill. */
function many(random: Random, most: number): readonly undefined[] {
  return Array.from({ length: random.below(most + 1) }, () => undefined)
}
