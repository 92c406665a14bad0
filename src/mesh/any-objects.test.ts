import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyMeshObject } from '../../test/support/istio-objects.ts'
import type { ApiObject } from '../api/object.ts'
import { DEFAULT_MESH } from './config/mesh-config.ts'
import { type Call, pathOf } from './proxy/call.ts'
import { type Proxy, ProxyView } from './proxy/proxy-view.ts'
import { compile, update } from './snapshot.ts'

/*
 * The store may hold objects that Istio's validation would refuse, from before it was asked, and offline tools read files
 * that nobody has validated beyond their schema.
 */

const RUNS = 200

function service(name: string, namespace: string): ApiObject {
  const ports = [
    { name: 'http', port: 80 },
    { name: 'tls', port: 443, appProtocol: 'tls' },
    { name: 'tcp', port: 9000 },
  ]
  const spec = { clusterIP: '10.96.0.1', selector: { app: name }, ports }
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec } as ApiObject
}

const services = [service('reviews', 'shop'), service('a', 'default')]

const proxies: readonly Proxy[] = [
  { type: 'sidecar', namespace: 'shop', labels: { app: 'web' }, addresses: ['10.0.0.1'] },
  { type: 'gateway', namespace: 'default', labels: { app: 'web', version: 'v1' }, addresses: ['10.0.0.9'] },
]

const call: fc.Arbitrary<Call> = fc
  .record({
    direction: fc.constantFrom('inbound', 'outbound'),
    address: fc.constantFrom('10.96.0.1', '10.0.0.1', '10.0.0.9', '1.3.3.7', '2001:db8::1'),
    port: fc.constantFrom(1, 80, 80, 80, 81, 443, 8080, 9000),
    tls: fc.constantFrom('plaintext', 'tls', 'mtls'),
    alpn: fc.constantFrom('http/1.1', 'h2', 'istio', 'h2c'),
    sni: fc.constantFrom('', 'reviews.shop', 'shop.example.com', 'outbound_.80_._.reviews.shop.svc.cluster.local'),
    host: fc.constantFrom('reviews', 'reviews.shop', 'shop.example.com', 'nobody', ''),
    path: fc.constantFrom('/', '/a', '/aaa', ''),
    query: fc.constantFrom('', 'a=b', '__proto__=1&a'),
  })
  .map(({ host, path, query, ...connection }) => ({
    ...connection,
    request: {
      method: 'GET',
      scheme: 'http',
      authority: host,
      path,
      query,
      headers: { 'x-user': 'a', constructor: '1' },
    },
  }))

describe('whatever objects there are, as long as their schemas let them be', () => {
  test('a mesh is compiled from them and routes calls', () => {
    const property = fc.property(
      fc.array(anyMeshObject(), { minLength: 1, maxLength: 6 }),
      fc.array(call, { minLength: 1, maxLength: 6 }),
      (objects, calls) => {
        const snapshot = compile([...services, ...objects], DEFAULT_MESH)
        for (const proxy of proxies) {
          const view = new ProxyView(snapshot, proxy)
          for (const one of calls) expect(pathOf(view, one)).toBeDefined()
        }
      },
    )
    fc.assert(property, { numRuns: RUNS })
  })

  test('a mesh that they come to one by one is the mesh that is compiled from all', () => {
    const property = fc.property(fc.array(anyMeshObject(), { minLength: 1, maxLength: 4 }), call, (objects, one) => {
      const distinct = [...new Map(objects.map((object) => [keyOf(object), object])).values()]
      let grown = compile(services, DEFAULT_MESH)
      for (const after of distinct) grown = update(grown, { after })
      const whole = compile([...services, ...distinct], DEFAULT_MESH)
      for (const proxy of proxies) {
        const answers = [grown, whole].map((snapshot) => pathOf(new ProxyView(snapshot, proxy), one))
        expect(JSON.stringify(answers[0])).toBe(JSON.stringify(answers[1]))
      }
    })
    fc.assert(property, { numRuns: RUNS })
  })
})

function keyOf({ kind, metadata }: ApiObject): string {
  return `${kind} ${metadata.namespace}/${metadata.name}`
}
