import { expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import { cartRoutes, MeshShop, TO_CART, WEB } from '../../../test/support/mesh-shop.ts'
import { SeededRandom } from '../../world/random.ts'
import { headerValue, type HeaderList } from '../route/header-list.ts'
import { MeshTelemetry } from '../telemetry/mesh-telemetry.ts'
import type { MeshSpan } from '../telemetry/trace/span.ts'
import { contextsOf } from '../telemetry/trace/trace-context.ts'
import { Mesh } from './mesh.ts'
import type { IncomingConnection } from './steps.ts'
import { traceHeaders } from './traced.ts'

const CONNECTION: IncomingConnection = {
  direction: 'outbound',
  destination: { address: '10.96.0.1', port: 80 },
  source: { address: WEB, port: 40_000 },
  tls: 'plaintext',
  alpn: 'http/1.1',
}

/** What `cart` sees of a request of `web`, and the spans that are told of it. */
function called(
  headers: HeaderList,
  mesh: { readonly enableTracing?: boolean; readonly tracingSamplingPercent?: number },
  objects: readonly ApiObject[] = [],
) {
  const { snapshot } = new MeshShop(objects, { mesh })
  const spans: MeshSpan[] = []
  const telemetry = new MeshTelemetry({ snapshot: () => snapshot, spans: { span: (span) => spans.push(span) } })
  const random = new SeededRandom('traces')
  const subject = new Mesh({
    snapshot: () => snapshot,
    dice: () => random.next(),
    fuses: true,
    observer: telemetry,
    tracing: (proxy, side) => telemetry.tracing(proxy, side),
  })
  const client = subject.workloadAt(WEB)
  const admission = client && subject.proxyOf(client).admit(CONNECTION)
  if (admission?.kind !== 'http') throw new Error(`no HTTP: ${admission?.kind}`)
  const request = {
    method: 'GET',
    scheme: 'http',
    authority: 'cart',
    target: '/',
    headers,
    version: 'HTTP/1.1',
  } as const
  const exchange = admission.exchange(request)
  const step = exchange.start(1000)
  if (step.kind === 'attempt') exchange.on({ kind: 'answered', status: 200, headers: [] }, 1010)
  exchange.ended({ how: 'complete', requestBytes: 0, responseBytes: 2 }, 1012)
  return { sent: step.kind === 'attempt' ? step.head.headers : [], spans }
}

test('a request without a trace gets one: a span of each proxy, each the child of the one before', () => {
  const { sent, spans } = called([], { enableTracing: true, tracingSamplingPercent: 100 })
  const context = contextsOf(sent).get('b3-multi')
  const [server, client] = spans.toSorted((a) => (a.kind === 'server' ? -1 : 1))
  expect(client).toMatchObject({ kind: 'client', traceId: context?.traceId, service: 'web.shop' })
  expect(client?.parentSpanId).toBeUndefined()
  expect(server).toMatchObject({ kind: 'server', traceId: context?.traceId, parentSpanId: client?.spanId })
  expect(server?.spanId).toBe(context?.spanId)
  expect(headerValue(sent, 'x-request-id')?.charAt(14)).toBe('9')
})

test('a request of a trace stays in it, sampled or not, and carries its context once', () => {
  const trace = '0af7651916cd43dd8448eb211c80319c'
  const { sent, spans } = called(['traceparent', `00-${trace}-b7ad6b7169203331-00`], { enableTracing: true })
  expect(contextsOf(sent).get('w3c')).toMatchObject({ traceId: trace, isSampled: false })
  expect(sent.filter((name) => name === 'traceparent')).toHaveLength(1)
  expect(contextsOf(sent).has('b3-multi')).toBe(false)
  expect(spans).toEqual([])
})

test('both sides call the operation by the route that was taken, and the application does not see its name', () => {
  const routes = cartRoutes({ match: [{ uri: { prefix: '/' } }], ...TO_CART })
  const { sent, spans } = called([], { enableTracing: true, tracingSamplingPercent: 100 }, [routes])
  const name = 'cart.shop.svc.cluster.local:80/*'
  expect(spans.map((span) => span.name)).toEqual([name, name])
  expect(headerValue(sent, 'x-envoy-decorator-operation')).toBeUndefined()
})

test('what a proxy answers itself has a span too', () => {
  const fault = { abort: { httpStatus: 500, percentage: { value: 100 } } }
  const { spans } = called([], { enableTracing: true, tracingSamplingPercent: 100 }, [
    cartRoutes({ fault, ...TO_CART }),
  ])
  expect(spans).toMatchObject([{ kind: 'client', name: 'cart.shop.svc.cluster.local:80/*', isError: true }])
})

test('without tracing a context passes as it came', () => {
  const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const { sent, spans } = called(['traceparent', parent], {})
  expect(headerValue(sent, 'traceparent')).toBe(parent)
  expect(spans).toEqual([])
})

test('what a proxy sends of its own is of the same trace, in the forms that the request has', () => {
  const { snapshot } = new MeshShop([], { mesh: { enableTracing: true } })
  const telemetry = new MeshTelemetry({ snapshot: () => snapshot, spans: { span: () => undefined } })
  const workload = snapshot.workloads.byAddress.get(WEB)
  if (workload === undefined) throw new Error('nobody is there')
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  const headers = ['traceparent', traceparent, 'x-b3-sampled', 'what', 'authorization', 'secret']
  const dice = () => 0.5
  const traced = { dice, tracing: telemetry.tracing.bind(telemetry) }
  expect(traceHeaders({ mesh: traced, workload }, headers)).toEqual(['traceparent', traceparent])
  expect(traceHeaders({ mesh: { dice, tracing: undefined }, workload }, headers)).toEqual([])
})
