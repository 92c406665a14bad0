import type { ApiObject } from '../../src/api/object.ts'
import { guardOf } from '../../src/mesh/authorize/guard.ts'
import { DEFAULT_MESH } from '../../src/mesh/config/mesh-config.ts'
import { Mesh } from '../../src/mesh/exchange/mesh.ts'
import type { ExchangeObserver } from '../../src/mesh/exchange/records.ts'
import { compile, type Snapshot, update } from '../../src/mesh/snapshot.ts'
import type { World } from '../../src/world/world.ts'

/** The address of the pod that calls, and of those that answer. */
export const CALLER = '10.1.0.1'
export const SERVICE = { address: '10.96.0.10', port: 80 }
export const HOST = 'cart.shop'

export interface TestMesh {
  readonly mesh: Mesh
  /** Replaces the VirtualService by one that says the same in another order, so that nothing that was compiled stays. */
  reconfigure(): void
}

/** A caller with a sidecar, a service with routes, retries and an authorization policy: what a hop in production has. */
export function testMesh(
  world: World,
  options: { readonly servers: number; readonly observer: ExchangeObserver; readonly fuses?: boolean },
): TestMesh {
  let generation = 0
  let routes = virtualService(generation)
  let snapshot: Snapshot = compile([routes, ...baseObjects(options.servers)], {
    ...DEFAULT_MESH,
    domain: 'cluster.local',
  })
  const dice = world.random.fork('mesh')
  const mesh = new Mesh({
    snapshot: () => snapshot,
    dice: () => dice.next(),
    observer: options.observer,
    fuses: options.fuses ?? true,
    guardOf: guardOf({ keys: { keysOf: () => ({ kind: 'unreachable' }) } as never }),
  })
  return {
    mesh,
    reconfigure() {
      const before = routes
      routes = virtualService(++generation)
      snapshot = update(snapshot, { before, after: routes })
    },
  }
}

export function serverAddress(server: number): string {
  return `10.1.1.${server + 1}`
}

function baseObjects(servers: number): readonly ApiObject[] {
  const addresses = Array.from({ length: servers }, (_, server) => serverAddress(server))
  return [
    pod('web-1', CALLER, { app: 'web' }),
    ...addresses.map((address, server) => pod(`cart-${server}`, address, { app: 'cart', version: 'v1' })),
    object('v1', 'Service', 'cart', {
      spec: {
        clusterIP: SERVICE.address,
        clusterIPs: [SERVICE.address],
        selector: { app: 'cart' },
        ports: [{ name: 'http', port: SERVICE.port, targetPort: 8080, protocol: 'TCP' }],
      },
    }),
    object('discovery.k8s.io/v1', 'EndpointSlice', 'cart-1', {
      labels: { 'kubernetes.io/service-name': 'cart' },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      endpoints: addresses.map((address, server) => ({
        addresses: [address],
        conditions: { ready: true },
        targetRef: { kind: 'Pod', name: `cart-${server}`, namespace: 'shop' },
      })),
    }),
    object('security.istio.io/v1', 'AuthorizationPolicy', 'cart', {
      spec: {
        selector: { matchLabels: { app: 'cart' } },
        rules: [
          {
            from: [{ source: { namespaces: ['shop'] } }],
            to: [{ operation: { methods: ['GET', 'POST'], paths: ['/index*', '/cart/*', '/soak*'] } }],
          },
        ],
      },
    }),
    object('networking.istio.io/v1', 'DestinationRule', 'cart', {
      spec: {
        host: 'cart.shop.svc.cluster.local',
        trafficPolicy: { outlierDetection: { consecutive5xxErrors: 50, interval: '10s' } },
        subsets: [{ name: 'v1', labels: { version: 'v1' } }],
      },
    }),
  ]
}

/** Five routes, of which the fourth is taken by a caller in Mumbai. */
function virtualService(generation: number): ApiObject {
  const destination = (weight: number): object => ({ destination: { host: 'cart', subset: 'v1' }, weight })
  const route = [destination(60), destination(25), destination(15)]
  const retries = { attempts: 3, perTryTimeout: '2s', retryOn: '5xx,reset,connect-failure' }
  const region = (name: string): object => ({
    match: [{ headers: { 'x-user-region': { exact: name } } }],
    route,
    retries,
  })
  return object('networking.istio.io/v1', 'VirtualService', 'cart', {
    resourceVersion: String(generation),
    spec: {
      hosts: ['cart'],
      http: [
        { match: [{ uri: { prefix: `/never-${generation}` } }], route },
        region('delhi'),
        region('bangalore'),
        region('mumbai'),
        { route, retries, timeout: '10s' },
      ],
    },
  })
}

function pod(name: string, podIP: string, labels: Readonly<Record<string, string>>): ApiObject {
  return object('v1', 'Pod', name, {
    labels,
    annotations: { 'sidecar.istio.io/status': '{}' },
    spec: { serviceAccountName: labels['app'], containers: [{ name: 'app' }, { name: 'istio-proxy' }] },
    status: { podIP, podIPs: [{ ip: podIP }], phase: 'Running' },
  })
}

function object(
  apiVersion: string,
  kind: string,
  name: string,
  { labels, annotations, resourceVersion, ...fields }: Readonly<Record<string, unknown>>,
): ApiObject {
  const metadata = {
    name,
    namespace: 'shop',
    creationTimestamp: '2026-01-01T00:00:00Z',
    labels,
    annotations,
    resourceVersion,
  }
  return { apiVersion, kind, metadata, ...fields } as ApiObject
}
