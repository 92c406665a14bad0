/**
 * What the decisions about one plain request cost, in microseconds of CPU: route, authorize, choose an endpoint, attempt,
 * answer, on both sides of a hop that is decided in one exchange. No sockets, no bytes.
 */
import type { ApiObject } from '../src/api/object.ts'
import type { KeySource } from '../src/mesh/authorize/jwt/authenticate.ts'
import { guardOf } from '../src/mesh/authorize/guard.ts'
import { DEFAULT_MESH } from '../src/mesh/config/mesh-config.ts'
import { Mesh } from '../src/mesh/exchange/mesh.ts'
import type { IncomingConnection, IncomingRequest, Step } from '../src/mesh/exchange/steps.ts'
import { compile } from '../src/mesh/snapshot.ts'
import { SeededRandom } from '../src/world/random.ts'

const ROUNDS = 200_000
const SAMPLES = 7
/** With a guard before the called workload. */
const LIMIT_US = 5

const NO_KEYS: KeySource = {
  keysOf() {
    throw new Error('no key server in a bench')
  },
}

function main(): void {
  const plain = microseconds([])
  const guarded = microseconds(POLICIES)
  console.log(
    `exchange: a plain hop ${plain.toFixed(2)} µs, with STRICT, authorization and a routed VirtualService ${guarded.toFixed(2)} µs`,
  )
  if (guarded > LIMIT_US) {
    console.log(`exchange: more than ${LIMIT_US} µs`)
    process.exitCode = 1
  }
}

/** The best of several, as everything else on the machine only adds. */
function microseconds(policies: readonly ApiObject[]): number {
  const snapshot = compile([...OBJECTS, ...policies], DEFAULT_MESH)
  const random = new SeededRandom('bench')
  const guard = guardOf({ keys: NO_KEYS })
  const mesh = new Mesh({ snapshot: () => snapshot, dice: () => random.next(), fuses: true, guardOf: guard })
  const client = mesh.workloadAt('10.0.0.1')
  if (client === undefined) throw new Error('no client')
  const admission = mesh.proxyOf(client).admit(CONNECTION)
  if (admission.kind !== 'http') throw new Error(admission.kind)
  let best = Infinity
  for (let sample = 0; sample < SAMPLES; sample++) {
    const began = process.cpuUsage()
    for (let round = 0; round < ROUNDS; round++) {
      const exchange = admission.exchange(REQUEST)
      const step = exchange.start(round)
      if (step.kind !== 'attempt') throw new Error(said(step))
      exchange.on(ANSWER, round)
      exchange.ended(ENDED, round)
    }
    const { user, system } = process.cpuUsage(began)
    best = Math.min(best, (user + system) / ROUNDS)
  }
  return best
}

function said(step: Step): string {
  return JSON.stringify(step)
}

const CONNECTION: IncomingConnection = {
  direction: 'outbound',
  destination: { address: '10.96.0.1', port: 80 },
  source: { address: '10.0.0.1', port: 40_000 },
  tls: 'plaintext',
  alpn: 'http/1.1',
}

const REQUEST: IncomingRequest = {
  method: 'GET',
  scheme: 'http',
  authority: 'cart.shop.svc.cluster.local',
  target: '/api/items?page=2',
  headers: ['user-agent', 'curl/8.5.0', 'accept', '*/*', 'x-user-region', 'mumbai', 'cookie', 'a=b; c=d'],
  version: 'HTTP/1.1',
}

const ANSWER = {
  kind: 'answered',
  status: 200,
  headers: ['content-type', 'application/json', 'content-length', '512', 'date', 'Thu, 01 Jan 2026 00:00:00 GMT'],
} as const

const ENDED = { how: 'complete', requestBytes: 0, responseBytes: 512 } as const

const OBJECTS = [
  pod('client', '10.0.0.1'),
  pod('cart-1', '10.0.1.1'),
  pod('cart-2', '10.0.1.2'),
  pod('cart-3', '10.0.1.3'),
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'cart', namespace: 'shop' },
    spec: { clusterIP: '10.96.0.1', ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'cart', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'cart' } },
    endpoints: ['10.0.1.1', '10.0.1.2', '10.0.1.3'].map((address) => ({ addresses: [address] })),
    ports: [{ name: 'http', port: 8080 }],
  },
] as unknown as readonly ApiObject[]

const POLICIES = [
  {
    apiVersion: 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    metadata: { name: 'default', namespace: 'istio-system' },
    spec: { mtls: { mode: 'STRICT' } },
  },
  {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: 'cart', namespace: 'shop' },
    spec: {
      rules: [
        {
          from: [{ source: { principals: ['cluster.local/ns/shop/sa/client'] } }],
          to: [{ operation: { methods: ['GET', 'POST'], paths: ['/api/*'] } }],
        },
      ],
    },
  },
  {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'cart', namespace: 'shop' },
    spec: {
      hosts: ['cart'],
      http: [
        { match: [{ uri: { prefix: '/admin' } }], route: [{ destination: { host: 'cart' } }] },
        { timeout: '10s', retries: { attempts: 3, retryOn: '5xx' }, route: [{ destination: { host: 'cart' } }] },
      ],
    },
  },
] as unknown as readonly ApiObject[]

function pod(name: string, podIP: string): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'shop',
      labels: { app: name.split('-')[0] ?? '', 'security.istio.io/tlsMode': 'istio' },
    },
    spec: { serviceAccountName: name.split('-')[0], containers: [{ name: 'app' }] },
    status: { podIP, phase: 'Running' },
  } as unknown as ApiObject
}

main()
