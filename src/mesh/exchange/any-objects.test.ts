import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyMeshObject, meshConfigText } from '../../../test/support/istio-objects.ts'
import { writeAnswered } from '../../../test/support/authorization-server.ts'
import type { ApiObject } from '../../api/object.ts'
import type { ExtensionProvider } from '../config/types/extension-provider.ts'
import { guardOf } from '../authorize/guard.ts'
import { UNOBTAINABLE_KEYS } from '../authorize/jwt/key-set.ts'
import { DEFAULT_MESH, type MeshConfig } from '../config/mesh-config.ts'
import { MeshConfigError, readMeshConfig } from '../config/read-mesh-config.ts'
import { compile } from '../snapshot.ts'
import { tlsPlanOf } from '../sockets/tls/gateway-plan.ts'
import { MeshTelemetry } from '../telemetry/mesh-telemetry.ts'
import { Mesh } from './mesh.ts'
import type {
  CheckedEvent,
  FailureKind,
  Happened,
  HttpExchange,
  IncomingConnection,
  IncomingRequest,
  Step,
  TcpExchange,
  TcpHappened,
} from './steps.ts'

const RUNS = 150
/** After as many the client has had enough: a route may be tried a million times. */
const STEPS_MAX = 50

function object(kind: string, name: string, namespace: string, rest: object): ApiObject {
  const { labels, ...parts } = { labels: {}, ...rest }
  return { apiVersion: 'v1', kind, metadata: { name, namespace, labels }, ...parts } as ApiObject
}

function pod(name: string, namespace: string, ip: string): ApiObject {
  const labels = { app: name, version: 'v1' }
  const spec = { containers: [{ name: 'app' }, { name: 'istio-proxy' }] }
  return object('Pod', name, namespace, { labels, spec, status: { podIP: ip, phase: 'Running' } })
}

const PORTS = [
  { name: 'http', port: 80, targetPort: 8080 },
  { name: 'tcp', port: 9000, targetPort: 9000 },
]

/** What runs: a caller, who is called, and a gateway before both. */
const running: readonly ApiObject[] = [
  pod('web', 'shop', '10.0.0.1'),
  pod('reviews', 'shop', '10.0.0.2'),
  object('Pod', 'edge', 'default', {
    labels: { app: 'web', 'gateway.istio.io/managed': 'true', istio: 'ingressgateway' },
    spec: { containers: [{ name: 'istio-proxy' }] },
    status: { podIP: '10.0.0.9', phase: 'Running' },
  }),
  object('Service', 'reviews', 'shop', {
    spec: { clusterIP: '10.96.0.1', selector: { app: 'reviews' }, ports: PORTS },
  }),
  object('EndpointSlice', 'reviews-a', 'shop', {
    labels: { 'kubernetes.io/service-name': 'reviews' },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.2'], conditions: { ready: true }, targetRef: { kind: 'Pod', name: 'reviews' } }],
    ports: PORTS.map(({ name, targetPort }) => ({ name, port: targetPort })),
  }),
]

const connection: fc.Arbitrary<IncomingConnection> = fc.record({
  direction: fc.constantFrom('outbound', 'inbound'),
  destination: fc.record({
    address: fc.constantFrom('10.96.0.1', '10.0.0.2', '10.0.0.9', '1.3.3.7'),
    port: fc.constantFrom(80, 80, 81, 8080, 9000),
  }),
  source: fc.constant({ address: '10.0.0.1', port: 40_000 }),
  tls: fc.constantFrom('plaintext', 'plaintext', 'mtls'),
  sni: fc.constantFrom('', 'reviews.shop', 'outbound_.80_._.reviews.shop.svc.cluster.local'),
  alpn: fc.constantFrom('http/1.1', 'http/1.1', 'h2c', 'istio'),
  peerPrincipal: fc.constantFrom('cluster.local/ns/shop/sa/default', ''),
})

/** Of the issuer `a`, signed by nobody. */
const TOKEN = [{ alg: 'RS256' }, { iss: 'a', sub: 'b' }]
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .concat('AAAA')
  .join('.')

const request: fc.Arbitrary<IncomingRequest> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'OPTIONS'),
  scheme: fc.constant('http'),
  authority: fc.constantFrom('reviews', 'shop.example.com', 'reviews.shop:80', '', '__proto__'),
  target: fc.constantFrom('/', '/a', '/aaa?a=b', '/%zz', '*', '/a/../b?__proto__=1'),
  headers: fc.constantFrom(
    [],
    ['x-user', 'a', 'origin', 'https://a.com'],
    ['authorization', `Bearer ${TOKEN}`, 'te', 'x'],
  ),
  version: fc.constantFrom('HTTP/1.0', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/2'),
})

const FAILURES: readonly FailureKind[] = ['connect', 'connect-timeout', 'closed', 'reset', 'timeout', 'protocol', 'tls']

const happened: fc.Arbitrary<Happened> = fc.oneof(
  fc.record({
    kind: fc.constant('answered' as const),
    status: fc.constantFrom(200, 404, 500, 503),
    headers: fc.constantFrom([], ['content-type', 'application/grpc', 'grpc-status', '14'], ['x-a', '1']),
  }),
  fc.record({
    kind: fc.constant('failed' as const),
    how: fc.constantFrom(...FAILURES),
    beforeRequest: fc.boolean(),
  }),
)

const BYTES = Buffer.from('tea')

/** What an authorizer says: of gRPC, or of HTTP. */
const checked: fc.Arbitrary<CheckedEvent> = fc.record({
  kind: fc.constant('checked' as const),
  status: fc.constantFrom(200, 200, 302, 403, 500),
  headers: fc.constantFrom(
    [],
    ['content-type', 'application/grpc'],
    ['x-user', 'b', 'x-envoy-auth-headers-to-remove', 'authorization,host'],
  ),
  body: fc.oneof(
    fc.constantFrom(writeAnswered({ code: 0 }), writeAnswered({ code: 7, denied: { status: 999, body: 'no' } })),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.concat([Buffer.from([0, 0, 0, 0, bytes.length]), bytes])),
  ),
  trailers: fc.constantFrom([], ['grpc-status', '0']),
})

/** Those whom CUSTOM policies may name. */
const PROVIDERS: readonly ExtensionProvider[] = [
  {
    name: 'a',
    envoyExtAuthzHttp: {
      service: 'reviews.shop.svc.cluster.local',
      port: 80,
      includeRequestBodyInCheck: { maxRequestBytes: 2, allowPartialMessage: true },
      headersToUpstreamOnAllow: ['x-*'],
    },
  },
  { name: 'b', envoyExtAuthzGrpc: { service: 'reviews.shop.svc.cluster.local', port: 80, failOpen: true } },
]

/** Of any selector, so that it is for somebody. */
const custom: fc.Arbitrary<ApiObject> = fc
  .tuple(fc.constantFrom('a', 'b'), fc.constantFrom('default', 'shop'))
  .map(([provider, namespace]) =>
    object('AuthorizationPolicy', `custom-${provider}`, namespace, {
      apiVersion: 'security.istio.io/v1',
      spec: { action: 'CUSTOM', provider: { name: provider }, rules: [{}] },
    }),
  )

/** What a driver tells of a step, where it cannot be whatever is drawn. */
function toldOf(step: Step, drawn: Happened, answer: CheckedEvent): Happened {
  switch (step.kind) {
    case 'wait':
      return { kind: 'waited' }
    case 'gather':
      return { kind: 'gathered', bytes: BYTES.subarray(0, step.maxBytes), totalBytes: BYTES.length }
    case 'check':
      return drawn.kind === 'failed' ? drawn : answer
    default:
      return drawn
  }
}

/** Plays until there is nothing left to do; what happens is drawn in turn. */
function play(exchange: HttpExchange, draws: readonly Happened[], answer: CheckedEvent): string {
  let step = exchange.start(0)
  for (let now = 0; now <= STEPS_MAX && !ENDS.includes(step.kind); now++) {
    const drawn = now < STEPS_MAX ? draws[now % draws.length] : undefined
    step = exchange.on(drawn === undefined ? { kind: 'client-gone' } : toldOf(step, drawn, answer), now)
  }
  exchange.ended({ how: 'complete', requestBytes: 1, responseBytes: 1 }, STEPS_MAX)
  return step.kind
}

function playBytes(exchange: TcpExchange, draws: readonly TcpHappened[], answer: CheckedEvent): string {
  let step = exchange.start(0)
  for (let now = 0; now <= STEPS_MAX; now++) {
    const drawn = now < STEPS_MAX ? draws[now % draws.length] : undefined
    const next = step.kind === 'check' ? answer : (drawn ?? { kind: 'client-gone' as const })
    if (step.kind === 'connect' || step.kind === 'check') step = exchange.on(next, now)
  }
  exchange.ended({ how: 'complete', receivedBytes: 1, sentBytes: 1 }, STEPS_MAX)
  return step.kind
}

/** A configuration that is refused leaves the one before in force. */
const meshConfig: fc.Arbitrary<MeshConfig> = meshConfigText().map((text) => {
  try {
    return readMeshConfig(text)
  } catch (error) {
    if (error instanceof MeshConfigError) return DEFAULT_MESH
    throw error
  }
})

const ENDS = ['relay', 'respond', 'close', 'pipe']

test('whatever objects their schemas let be, every request and every connection comes to an end, and is told of', () => {
  const guard = guardOf({ keys: { keysOf: () => UNOBTAINABLE_KEYS } })
  const property = fc.property(
    fc.array(fc.oneof({ arbitrary: anyMeshObject(), weight: 9 }, { arbitrary: custom, weight: 1 }), {
      minLength: 1,
      maxLength: 6,
    }),
    fc.array(fc.tuple(connection, request), { minLength: 1, maxLength: 6 }),
    fc.array(happened, { minLength: 1, maxLength: 4 }),
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    meshConfig,
    checked,
    (objects, calls, draws, dice, config, answer) => {
      const snapshot = compile([...running, ...objects], { ...config, extensionProviders: PROVIDERS })
      const telemetry = new MeshTelemetry({
        snapshot: () => snapshot,
        log: (line) => expect(line).not.toBe(''),
        spans: { span: (span) => expect(span.name).toBeTypeOf('string') },
      })
      const mesh = new Mesh({
        snapshot: () => snapshot,
        dice: () => dice,
        fuses: dice > 0.5,
        guardOf: guard,
        observer: telemetry,
      })
      for (const [incoming, asked] of calls) {
        for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.9']) {
          const workload = mesh.workloadAt(address)
          if (workload === undefined) continue
          const proxy = mesh.proxyOf(workload)
          proxy.waitsForBytes(incoming)
          const { direction, destination, sni, alpn } = incoming
          tlsPlanOf(proxy.tlsFor({ direction, destination, ...(sni !== undefined && { sni }), alpn: [alpn ?? 'h2'] }))
          const admission = proxy.admit(incoming)
          if (admission.kind === 'http') expect(ENDS).toContain(play(admission.exchange(asked), draws, answer))
          if (admission.kind === 'tcp') {
            expect(ENDS).toContain(
              playBytes(admission.exchange(), [{ kind: 'failed', how: 'connect' }, { kind: 'connected' }], answer),
            )
          }
        }
      }
    },
  )
  fc.assert(property, { numRuns: RUNS })
})
