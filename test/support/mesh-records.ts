import type { ConnectionRecord, ExchangeRecord, Parties } from '../../src/mesh/exchange/records.ts'
import type { Workload } from '../../src/mesh/registry/workload.ts'

/** Records for tests: one request and one connection from `web` to `cart`, with what a test changes. */

export function workload(
  name: string,
  labels: Readonly<Record<string, string>> = { app: name, version: 'v1' },
): Workload {
  return {
    name: `${name}-v1`,
    namespace: 'shop',
    labels,
    serviceAccount: name,
    addresses: [name === 'web' ? '10.0.0.1' : '10.0.0.2'],
    trustDomain: 'cluster.local',
    hasSidecar: true,
    type: 'sidecar',
    canonicalName: labels['app'] ?? name,
    canonicalRevision: labels['version'] ?? 'latest',
    cluster: 'Kubernetes',
    locality: { region: '', zone: '', subzone: '' },
  }
}

export const WEB = workload('web')
export const CART = workload('cart')

const PARTIES: Parties = {
  reporter: 'source',
  proxy: WEB,
  source: WEB,
  destination: CART,
  sourcePrincipal: 'cluster.local/ns/shop/sa/web',
  destinationPrincipal: 'cluster.local/ns/shop/sa/cart',
  service: { host: 'cart.shop.svc.cluster.local', name: 'cart', namespace: 'shop' },
  cluster: 'outbound|80||cart.shop.svc.cluster.local',
  routeName: 'default',
  isMutualTls: true,
  downstreamAddress: '10.0.0.1:40000',
  localAddress: '10.96.0.7:80',
  upstreamAddress: '10.0.0.2:8080',
  serverName: undefined,
  flags: [],
  details: 'via_upstream',
  transportFailure: undefined,
  policy: undefined,
  startMs: Date.UTC(2026, 0, 5, 10, 0, 0, 123),
  endMs: Date.UTC(2026, 0, 5, 10, 0, 0, 135),
}

export function exchangeRecord(change: Partial<ExchangeRecord> = {}): ExchangeRecord {
  return {
    ...PARTIES,
    kind: 'http',
    request: {
      method: 'GET',
      scheme: 'http',
      authority: 'cart',
      target: '/items?n=1',
      headers: ['user-agent', 'curl/8.0', 'x-forwarded-for', '203.0.113.9'],
      version: 'HTTP/1.1',
    },
    requestId: '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d',
    sentHeaders: [],
    status: 200,
    grpcStatus: undefined,
    responseHeaders: ['x-envoy-upstream-service-time', '11'],
    attempts: 1,
    upstreamServiceMs: 11,
    ended: { how: 'complete', requestBytes: 0, responseBytes: 512 },
    ...change,
  }
}

export function connectionRecord(change: Partial<ConnectionRecord> = {}): ConnectionRecord {
  return { ...PARTIES, kind: 'tcp', receivedBytes: 100, sentBytes: 2000, details: '-', ...change }
}
