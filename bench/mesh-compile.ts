/**
 * What a change of configuration costs a mesh of 10,000 services, with the first request after it, which pays for what is
 * made on demand; and what finding a route costs among 100,000. All in time of the CPU.
 */
import type { ApiObject } from '../src/api/object.ts'
import { DEFAULT_MESH } from '../src/mesh/config/mesh-config.ts'
import { Mesh } from '../src/mesh/exchange/mesh.ts'
import { resolveVirtualService } from '../src/mesh/config/virtual-service.ts'
import type { VirtualService } from '../src/mesh/config/types/virtual-service.ts'
import { compileRoutes } from '../src/mesh/route/compiled-route.ts'
import { routeFinder } from '../src/mesh/route/route-finder.ts'
import { compile, type Snapshot, update } from '../src/mesh/snapshot.ts'
import { SeededRandom } from '../src/world/random.ts'

const SERVICES = 10_000
const CHANGES = 40
const CHANGE_LIMIT_MS = 5
const ROUTES = 100_000
const LOOKUPS = 200_000
const LOOKUP_LIMIT_US = 5

const CLIENT = '10.255.0.1'
const GATEWAY = '10.255.0.2'

function main(): void {
  const objects = Array.from({ length: SERVICES }, (_, index) => objectsOf(index)).flat()
  const began = process.cpuUsage()
  let snapshot = compile([...objects, pod('client', CLIENT), gatewayPod(), GATEWAY_OBJECT], DEFAULT_MESH)
  console.log(`mesh-compile: ${SERVICES} services, with as much of all else, in ${cpuMs(began).toFixed(0)} ms`)
  const random = new SeededRandom('bench')
  const mesh = new Mesh({ snapshot: () => snapshot, dice: () => random.next(), fuses: true })
  const use = (next: Snapshot): void => {
    snapshot = next
  }
  call(mesh, 0)
  callGateway(mesh, 0)
  for (const kind of ['VirtualService', 'EndpointSlice', 'Service', 'DestinationRule', 'Pod']) {
    const took = changed(kind, { mesh, use, snapshot: () => snapshot, objects })
    console.log(`mesh-compile: one changed ${kind}, with the first call after it: ${took.toFixed(2)} ms`)
    if (took > CHANGE_LIMIT_MS) process.exitCode = 1
  }
  const lookup = lookupMicroseconds()
  console.log(`mesh-compile: a route among ${ROUTES}: ${lookup.toFixed(2)} µs`)
  if (lookup > LOOKUP_LIMIT_US) process.exitCode = 1
}

/** The median over several changes. */
function changed(
  kind: string,
  at: {
    readonly mesh: Mesh
    readonly use: (next: Snapshot) => void
    readonly snapshot: () => Snapshot
    readonly objects: readonly ApiObject[]
  },
): number {
  const own = at.objects.filter((object) => object.kind === kind)
  const times = Array.from({ length: CHANGES }, (_, round) => {
    const index = (round * 7_919) % SERVICES
    const before = own[index] as ApiObject
    const labels = { ...before.metadata.labels, round: String(round) }
    const after = { ...before, metadata: { ...before.metadata, labels } }
    const began = process.cpuUsage()
    at.use(update(at.snapshot(), { before, after }))
    call(at.mesh, index)
    callGateway(at.mesh, index)
    const took = cpuMs(began)
    at.use(update(at.snapshot(), { before: after, after: before }))
    return took
  })
  return times.toSorted((a, b) => a - b)[CHANGES >> 1] ?? Infinity
}

/** Of this process: others may be at work on the machine. */
function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since)
  return (user + system) / 1_000
}

function call(mesh: Mesh, index: number): void {
  const destination = { address: virtualAddress(index), port: 80 }
  forward(mesh, { client: CLIENT, host: `s${index}.shop`, destination, direction: 'outbound' })
}

function callGateway(mesh: Mesh, index: number): void {
  const destination = { address: GATEWAY, port: 80 }
  forward(mesh, { client: GATEWAY, host: `s${index}.example.com`, destination, direction: 'inbound' })
}

function forward(
  mesh: Mesh,
  how: {
    readonly client: string
    readonly host: string
    readonly destination: { readonly address: string; readonly port: number }
    readonly direction: 'inbound' | 'outbound'
  },
): void {
  const { client, host, destination, direction } = how
  const workload = mesh.workloadAt(client)
  const source = { address: client, port: 40_000 }
  const connection = { direction, destination, source, tls: 'plaintext', alpn: 'http/1.1' } as const
  const admission = workload && mesh.proxyOf(workload).admit(connection)
  if (admission?.kind !== 'http') throw new Error(`not admitted: ${admission?.kind}`)
  const exchange = admission.exchange({
    method: 'GET',
    scheme: 'http',
    authority: host,
    target: '/api/items',
    headers: [],
    version: 'HTTP/1.1',
  })
  const step = exchange.start(0)
  if (step.kind !== 'attempt' || step.upstream.cluster === 'PassthroughCluster') throw new Error(JSON.stringify(step))
  exchange.ended({ how: 'complete', requestBytes: 0, responseBytes: 0 }, 0)
}

function lookupMicroseconds(): number {
  const http = Array.from({ length: ROUTES }, (_, index) => ({
    match: [{ uri: index % 2 === 0 ? { exact: `/api/${index}` } : { prefix: `/api/${index}/` } }],
    route: [{ destination: { host: 'cart' } }],
  }))
  const object = { ...virtualService(0), spec: { hosts: ['cart'], http } } as VirtualService
  const resolved = resolveVirtualService(object, { domain: 'cluster.local', delegate: () => undefined })
  if (resolved === undefined) throw new Error('no routes')
  const context = { port: 80, gateways: new Set(['mesh']), labels: {}, namespace: 'shop' }
  const options = { clusterOf: () => 'cart', usesConsistentHash: () => false, defaultRetries: undefined }
  const find = routeFinder(compileRoutes(resolved, context, options))
  const random = new SeededRandom('lookup')
  const paths = Array.from({ length: 1_000 }, () => {
    const index = random.below(ROUTES)
    return index % 2 === 0 ? `/api/${index}` : `/api/${index}/items`
  })
  const request = { method: 'GET', scheme: 'http', authority: 'cart' }
  let best = Infinity
  for (let sample = 0; sample < 5; sample++) {
    const began = process.cpuUsage()
    for (let round = 0; round < LOOKUPS; round++) {
      if (find({ ...request, path: paths[round % paths.length] ?? '' }) === undefined) throw new Error('not found')
    }
    best = Math.min(best, (cpuMs(began) * 1_000) / LOOKUPS)
  }
  return best
}

function objectsOf(index: number): readonly ApiObject[] {
  const name = `s${index}`
  const address = `10.${100 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`
  return [
    pod(name, address),
    object('v1', 'Service', name, {
      spec: { clusterIP: virtualAddress(index), ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
    }),
    {
      ...object('discovery.k8s.io/v1', 'EndpointSlice', name, {
        endpoints: [{ addresses: [address], targetRef: { kind: 'Pod', name, namespace: 'shop' } }],
        ports: [{ name: 'http', port: 8080 }],
      }),
      metadata: { name, namespace: 'shop', labels: { 'kubernetes.io/service-name': name } },
    },
    object('networking.istio.io/v1', 'DestinationRule', name, {
      spec: { host: name, trafficPolicy: { loadBalancer: { simple: 'RANDOM' } } },
    }),
    virtualService(index),
  ]
}

function virtualService(index: number): ApiObject {
  const name = `s${index}`
  return object('networking.istio.io/v1', 'VirtualService', name, {
    spec: {
      hosts: [`${name}.shop.svc.cluster.local`, `${name}.example.com`],
      gateways: ['mesh', 'front'],
      http: [
        { match: [{ uri: { prefix: '/api' } }], timeout: '5s', route: [{ destination: { host: name } }] },
        { route: [{ destination: { host: name } }] },
      ],
    },
  })
}

function virtualAddress(index: number): string {
  return `10.${96 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`
}

const GATEWAY_OBJECT = object('networking.istio.io/v1', 'Gateway', 'front', {
  spec: {
    selector: { app: 'front' },
    servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*.example.com'] }],
  },
})

function gatewayPod(): ApiObject {
  const { metadata, ...rest } = pod('front', GATEWAY)
  return { ...rest, metadata: { ...metadata, annotations: { 'inject.istio.io/templates': 'gateway' } } } as ApiObject
}

function pod(name: string, podIP: string): ApiObject {
  const { metadata, ...rest } = object('v1', 'Pod', name, {
    spec: { serviceAccountName: name, containers: [{ name: 'app' }] },
    status: { podIP, phase: 'Running' },
  })
  return {
    ...rest,
    metadata: { ...metadata, labels: { app: name, 'security.istio.io/tlsMode': 'istio' } },
  } as ApiObject
}

function object(apiVersion: string, kind: string, name: string, rest: object): ApiObject {
  const metadata = { name, namespace: 'shop', creationTimestamp: '2026-01-01T00:00:00Z' }
  return { apiVersion, kind, metadata, ...rest } as ApiObject
}

main()
