import type { ApiObject } from '../../src/api/object.ts'
import { DEFAULT_MESH, type MeshConfig } from '../../src/mesh/config/mesh-config.ts'
import type { GuardOf } from '../../src/mesh/exchange/guard.ts'
import { Mesh } from '../../src/mesh/exchange/mesh.ts'
import type { ConnectionRecord, ExchangeRecord } from '../../src/mesh/exchange/records.ts'
import type { HttpExchange, IncomingConnection, IncomingRequest } from '../../src/mesh/exchange/steps.ts'
import { headerListOf } from '../../src/mesh/route/header-list.ts'
import type { MeshPod } from '../../src/mesh/registry/pod-workload.ts'
import { compile, type Snapshot } from '../../src/mesh/snapshot.ts'
import { SeededRandom } from '../../src/world/random.ts'

/** A small mesh: `web` calls `cart`, of which three pods run, at 10.0.1.1 to 10.0.1.3. */
export class MeshShop {
  snapshot: Snapshot
  readonly mesh: Mesh
  readonly records: ExchangeRecord[] = []
  readonly connections: ConnectionRecord[] = []
  /** What is told of to be logged alone. */
  readonly uncounted: (ExchangeRecord | ConnectionRecord)[] = []

  constructor(
    objects: readonly ApiObject[] = [],
    options: {
      readonly fuses?: boolean
      readonly mesh?: Partial<MeshConfig>
      readonly guardOf?: GuardOf
      readonly seed?: string
      /** `region/zone` of pods by their names. */
      readonly zones?: Readonly<Record<string, string>>
    } = {},
  ) {
    const random = new SeededRandom(options.seed ?? 'shop')
    this.snapshot = compile([...shopIn(options.zones ?? {}), ...objects], { ...DEFAULT_MESH, ...options.mesh })
    this.mesh = new Mesh({
      snapshot: () => this.snapshot,
      dice: () => random.next(),
      fuses: options.fuses ?? false,
      ...(options.guardOf && { guardOf: options.guardOf }),
      observer: {
        exchange: (record) => this.records.push(record),
        connection: (record) => this.connections.push(record),
        uncounted: (record) => this.uncounted.push(record),
      },
    })
  }

  /** Of `web`, to `cart` unless another host is said. */
  exchange(request: RequestParts = {}): HttpExchange {
    const client = this.mesh.workloadAt(WEB)
    const admission = client && this.mesh.proxyOf(client).admit(connectionTo(request.port ?? 80))
    if (admission?.kind !== 'http') throw new Error(`no HTTP: ${admission?.kind}`)
    return admission.exchange(requestOf(request))
  }

  /** What `web` knows of who serves a cluster. */
  cluster(name: string, nowMs = 0): NonNullable<ReturnType<ReturnType<Mesh['proxyOf']>['cluster']>> {
    const client = this.mesh.workloadAt(WEB)
    const cluster = client && this.mesh.proxyOf(client).cluster(name, nowMs)
    if (cluster === undefined) throw new Error(`no cluster ${name}`)
    return cluster
  }
}

export interface RequestParts {
  readonly method?: string
  readonly host?: string
  readonly target?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly port?: number
}

export const WEB = '10.0.0.1'
export const CART = 'outbound|80||cart.shop.svc.cluster.local'
export const CART_PODS = ['10.0.1.1', '10.0.1.2', '10.0.1.3']

function connectionTo(port: number): IncomingConnection {
  return {
    direction: 'outbound',
    destination: { address: '10.96.0.1', port },
    source: { address: WEB, port: 40_000 },
    tls: 'plaintext',
    alpn: 'http/1.1',
  }
}

function requestOf({ method = 'GET', host = 'cart', target = '/', headers = {} }: RequestParts): IncomingRequest {
  return { method, scheme: 'http', authority: host, target, headers: headerListOf(headers), version: 'HTTP/1.1' }
}

export function meshObject(kind: string, name: string, spec: object, namespace = 'shop'): ApiObject {
  const group = kind.endsWith('Policy') || kind.endsWith('Authentication') ? 'security' : 'networking'
  return { apiVersion: `${group}.istio.io/v1`, kind, metadata: { name, namespace }, spec } as ApiObject
}

export function cartRoutes(...http: readonly object[]): ApiObject {
  return meshObject('VirtualService', 'cart', { hosts: ['cart'], http })
}

export function cartPolicy(trafficPolicy: object): ApiObject {
  return meshObject('DestinationRule', 'cart', { host: 'cart', trafficPolicy })
}

export const TO_CART = { route: [{ destination: { host: 'cart' } }] }

function podOf(name: string, podIP: string, labels: Readonly<Record<string, string>>): ApiObject {
  const metadata = { name, namespace: 'shop', labels: { ...labels, 'security.istio.io/tlsMode': 'istio' } }
  const spec = { serviceAccountName: labels['app'], containers: [{ name: 'app' }] }
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec, status: { podIP, phase: 'Running' } } as ApiObject
}

/** Each pod on a node of its own, where zones are said. */
function shopIn(zones: Readonly<Record<string, string>>): readonly ApiObject[] {
  const nodes = Object.entries(zones).map(([name, place]) => {
    const [region = '', zone = ''] = place.split('/')
    const labels = { 'topology.kubernetes.io/region': region, 'topology.kubernetes.io/zone': zone }
    return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } } as ApiObject
  })
  const pods = SHOP.map((object) =>
    object.kind === 'Pod'
      ? ({ ...object, spec: { ...(object as MeshPod).spec, nodeName: object.metadata.name } } as ApiObject)
      : object,
  )
  return [...nodes, ...pods]
}

const SHOP: readonly ApiObject[] = [
  podOf('web', WEB, { app: 'web' }),
  ...CART_PODS.map((address, index) => podOf(`cart-${index}`, address, { app: 'cart', version: `v${index + 1}` })),
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'cart', namespace: 'shop' },
    spec: { clusterIP: '10.96.0.1', ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  } as ApiObject,
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'cart', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'cart' } },
    endpoints: CART_PODS.map((address, index) => ({
      addresses: [address],
      targetRef: { kind: 'Pod', name: `cart-${index}`, namespace: 'shop' },
    })),
    ports: [{ name: 'http', port: 8080 }],
  } as ApiObject,
]
