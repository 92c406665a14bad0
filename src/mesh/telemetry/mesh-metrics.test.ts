import { describe, expect, test } from 'vitest'
import { metricsText } from './exposed-family.ts'
import { MeshMetrics } from './mesh-metrics.ts'
import { metricPolicy } from './metric-policy.ts'
import { CART, connectionRecord, exchangeRecord, WEB, workload } from '../../../test/support/mesh-records.ts'

function textOf(metrics: MeshMetrics, name: string): string {
  return metricsText(metrics.families().filter((family) => family.name === name))
}

/** All labels of the only series of a metric. */
function labelsOf(metrics: MeshMetrics, name: string): readonly (readonly [string, string])[] {
  const [family] = metrics.families().filter((candidate) => candidate.name === name)
  expect(family?.metrics).toHaveLength(1)
  return family?.metrics[0]?.labels ?? []
}

describe('a request', () => {
  test('has the 25 labels of Istio in their order', () => {
    const metrics = new MeshMetrics()
    metrics.exchange(exchangeRecord())
    expect(labelsOf(metrics, 'istio_requests_total')).toEqual([
      ['reporter', 'source'],
      ['source_workload', 'web-v1'],
      ['source_canonical_service', 'web'],
      ['source_canonical_revision', 'v1'],
      ['source_workload_namespace', 'shop'],
      ['source_principal', 'spiffe://cluster.local/ns/shop/sa/web'],
      ['source_app', 'web'],
      ['source_version', 'v1'],
      ['source_cluster', 'Kubernetes'],
      ['destination_workload', 'cart-v1'],
      ['destination_workload_namespace', 'shop'],
      ['destination_principal', 'spiffe://cluster.local/ns/shop/sa/cart'],
      ['destination_app', 'cart'],
      ['destination_version', 'v1'],
      ['destination_service', 'cart.shop.svc.cluster.local'],
      ['destination_canonical_service', 'cart'],
      ['destination_canonical_revision', 'v1'],
      ['destination_service_name', 'cart'],
      ['destination_service_namespace', 'shop'],
      ['destination_cluster', 'Kubernetes'],
      ['request_protocol', 'http'],
      ['response_code', '200'],
      ['grpc_response_status', ''],
      ['response_flags', '-'],
      ['connection_security_policy', 'unknown'],
    ])
  })

  test('is secured as the called side saw it', () => {
    for (const [isMutualTls, word] of [
      [true, 'mutual_tls'],
      [false, 'none'],
    ] as const) {
      const metrics = new MeshMetrics()
      metrics.exchange(exchangeRecord({ reporter: 'destination', isMutualTls }))
      expect(labelsOf(metrics, 'istio_requests_total').at(-1)).toEqual(['connection_security_policy', word])
    }
  })

  test('to whom nobody knows is named by the host that was asked for', () => {
    const metrics = new MeshMetrics()
    const unknown = { destination: undefined, service: undefined, destinationPrincipal: undefined }
    metrics.exchange(exchangeRecord({ ...unknown, cluster: 'PassthroughCluster' }))
    expect(Object.fromEntries(labelsOf(metrics, 'istio_requests_total'))).toMatchObject({
      destination_workload: 'unknown',
      destination_principal: 'unknown',
      destination_service: 'cart',
      destination_service_name: 'PassthroughCluster',
      destination_service_namespace: 'unknown',
      destination_canonical_revision: 'latest',
    })
  })

  test('of gRPC has its status, and its messages are counted without the end of the request', () => {
    const metrics = new MeshMetrics()
    const { request, ended } = exchangeRecord()
    metrics.exchange(
      exchangeRecord({
        request: { ...request, headers: ['content-type', 'application/grpc+proto'] },
        grpcStatus: 14,
        ended: { ...ended, requestMessages: 3, responseMessages: 5 },
      }),
    )
    expect(Object.fromEntries(labelsOf(metrics, 'istio_requests_total'))).toMatchObject({
      request_protocol: 'grpc',
      grpc_response_status: '14',
    })
    expect(labelsOf(metrics, 'istio_request_messages_total')).toHaveLength(20)
    expect(textOf(metrics, 'istio_response_messages_total')).toMatch(/ 5\n$/)
  })

  test('is counted apart by status and flags, and by nothing else', () => {
    const metrics = new MeshMetrics()
    for (const change of [{}, { status: 503, flags: ['URX', 'UF'] }, {}, { routeName: 'other' }]) {
      metrics.exchange(exchangeRecord(change))
    }
    const lines = textOf(metrics, 'istio_requests_total').split('\n').slice(1, -1)
    expect(
      lines.map((line) => /response_code="(\d+)".*response_flags="([^"]+)".* (\d+)$/.exec(line)?.slice(1)),
    ).toEqual([
      ['200', '-', '3'],
      ['503', 'URX,UF', '1'],
    ])
  })

  test('is a sample of three histograms with 20 buckets', () => {
    const metrics = new MeshMetrics()
    metrics.exchange(exchangeRecord())
    const lines = textOf(metrics, 'istio_request_duration_milliseconds').split('\n')
    expect(lines[0]).toBe('# TYPE istio_request_duration_milliseconds histogram')
    const buckets = lines.filter((line) => line.includes('_bucket{'))
    expect(buckets).toHaveLength(20)
    expect(buckets.map((line) => /le="([^"]+)"} (\d+)/.exec(line)?.slice(1).join(' ')).slice(3, 6)).toEqual([
      '10 0',
      '25 1',
      '50 1',
    ])
    expect(lines.find((line) => line.includes('_sum{'))).toMatch(/ 12$/)
    expect(textOf(metrics, 'istio_response_bytes')).toMatch(/le="500",?} 0|le="500"} 0/)
  })
})

test('a connection is counted when it opens and when it closes, with its bytes', () => {
  const metrics = new MeshMetrics()
  metrics.connectionOpened(connectionRecord({ sentBytes: 0, receivedBytes: 0 }))
  metrics.connection(connectionRecord())
  expect(labelsOf(metrics, 'istio_tcp_connections_opened_total').slice(-3)).toEqual([
    ['request_protocol', 'tcp'],
    ['response_flags', '-'],
    ['connection_security_policy', 'unknown'],
  ])
  expect(textOf(metrics, 'istio_tcp_sent_bytes_total')).toMatch(/ 2000\n$/)
  expect(textOf(metrics, 'istio_tcp_received_bytes_total')).toMatch(/ 100\n$/)
})

describe('proxies', () => {
  test('are scraped one by one, and keep their counts when something of their workload changes', () => {
    const metrics = new MeshMetrics()
    metrics.exchange(exchangeRecord())
    metrics.exchange(exchangeRecord({ reporter: 'destination', proxy: CART }))
    const renewed = workload('web')
    metrics.exchange(exchangeRecord({ proxy: renewed, source: renewed }))
    expect(metricsText(metrics.families(WEB))).toContain('reporter="source"')
    expect(metricsText(metrics.families(WEB))).not.toContain('reporter="destination"')
    expect(textOf(metrics, 'istio_requests_total')).toMatch(/reporter="source".* 2\n/)
  })

  test('forget what has not been used for long', () => {
    const metrics = new MeshMetrics()
    const { startMs, endMs } = exchangeRecord()
    metrics.exchange(exchangeRecord({ status: 404 }))
    metrics.exchange(exchangeRecord({ startMs: startMs + 3_600_000, endMs: endMs + 3_600_000 }))
    metrics.exchange(exchangeRecord({ startMs: startMs + 3_700_000, endMs: endMs + 3_700_000 }))
    expect(textOf(metrics, 'istio_requests_total')).not.toContain('"404"')
    expect(textOf(metrics, 'istio_requests_total')).toMatch(/"200".* 2\n/)
  })

  test('keep a bounded number of series, whatever hosts callers ask for', () => {
    const metrics = new MeshMetrics()
    const { request } = exchangeRecord()
    for (let index = 0; index < 25_000; index++) {
      const record = exchangeRecord({ service: undefined, request: { ...request, authority: `host-${index}` } })
      metrics.exchange(record)
    }
    const [family] = metrics.families()
    expect(family?.metrics.length).toBeLessThanOrEqual(20_000)
  })
})

describe('Telemetry', () => {
  function counted(overrides: Parameters<typeof metricPolicy>[0][number]['overrides']): MeshMetrics {
    const policy = metricPolicy([{ overrides: overrides ?? [] }])
    const metrics = new MeshMetrics({ policyOf: () => policy })
    const { request } = exchangeRecord()
    metrics.exchange(exchangeRecord())
    metrics.exchange(exchangeRecord({ status: 404, request: { ...request, authority: 'cart.shop' } }))
    metrics.exchange(exchangeRecord({ reporter: 'destination', proxy: CART }))
    return metrics
  }

  test('takes labels away: what they told apart is added up', () => {
    const metrics = counted([
      { match: { metric: 'REQUEST_COUNT', mode: 'CLIENT' }, tagOverrides: { response_code: { operation: 'REMOVE' } } },
    ])
    const text = textOf(metrics, 'istio_requests_total')
    expect(text).toMatch(/reporter="source".* 2\n/)
    expect(text).toMatch(/reporter="destination".*response_code="200".* 1\n/)
  })

  test('adds labels and replaces them by expressions about the request', () => {
    const metrics = counted([
      {
        match: { metric: 'REQUEST_COUNT' },
        tagOverrides: {
          request_host: { value: 'request.host' },
          destination_app: { operation: 'UPSERT', value: '"shop"' },
          team: { value: "request.headers['x-team']" },
        },
      },
    ])
    const text = textOf(metrics, 'istio_requests_total')
    expect(text).toMatch(/destination_app="shop".*request_host="cart",team="unknown"} 1\n/)
    expect(text).toMatch(/request_host="cart.shop"/)
    expect(textOf(metrics, 'istio_request_bytes')).not.toContain('request_host')
  })

  test('turns metrics off, for one side or for both', () => {
    const metrics = counted([
      { match: { metric: 'REQUEST_SIZE' }, disabled: true },
      { match: { metric: 'ALL_METRICS', mode: 'SERVER' }, disabled: true },
    ])
    expect(textOf(metrics, 'istio_request_bytes')).toBe('')
    expect(textOf(metrics, 'istio_requests_total')).not.toContain('reporter="destination"')
  })
})
