import { expect, test } from 'vitest'
import { CART, cartPolicy, cartRoutes, MeshShop, TO_CART } from '../../../../test/support/mesh-shop.ts'
import { metricsText } from '../exposed-family.ts'
import { clusterStats } from './cluster-stats.ts'

/** What `web`'s proxy shows of `cart`, by Envoy's names without `cluster.`. */
function shown(shop: MeshShop, nowMs: number): Readonly<Record<string, number>> {
  const families = clusterStats([shop.cluster(CART)], { inclusion: () => true, nowMs })
  return Object.fromEntries(
    families.flatMap(({ name, metrics }) =>
      metrics.map(({ value }) => [name.replace('envoy_cluster_', ''), value.kind === 'number' ? value.value : NaN]),
    ),
  )
}

test('requests, retries and what was one too many are counted', () => {
  const retried = { ...TO_CART, retries: { attempts: 1, retryOn: 'connect-failure' } }
  const shop = new MeshShop([
    cartRoutes(retried),
    cartPolicy({ connectionPool: { http: { http2MaxRequests: 1, maxRetries: 1 } } }),
  ])
  const first = shop.exchange()
  first.start(0)
  first.on({ kind: 'failed', how: 'connect', beforeRequest: true }, 1)
  first.on({ kind: 'waited' }, 20)
  expect(shown(shop, 20)).toMatchObject({
    upstream_rq_total: 2,
    upstream_rq_retry: 1,
    upstream_rq_active: 1,
    circuit_breakers_default_rq_open: 1,
    circuit_breakers_default_rq_retry_open: 1,
  })
  shop.exchange().start(30)
  first.on({ kind: 'answered', status: 200, headers: [] }, 40)
  first.ended({ how: 'complete', requestBytes: 0, responseBytes: 0 }, 40)
  expect(shown(shop, 40)).toMatchObject({
    upstream_rq_total: 2,
    upstream_rq_pending_overflow: 1,
    upstream_rq_active: 0,
    circuit_breakers_default_rq_open: 0,
    circuit_breakers_default_rq_retry_open: 0,
  })
})

test('endpoints that fail are ejected, and come back', () => {
  const outlierDetection = { consecutive5xxErrors: 1, interval: '1s', baseEjectionTime: '10s', maxEjectionPercent: 100 }
  const shop = new MeshShop([cartPolicy({ outlierDetection })])
  const failing = shop.exchange()
  failing.start(0)
  failing.on({ kind: 'answered', status: 500, headers: [] }, 1)
  failing.ended({ how: 'complete', requestBytes: 0, responseBytes: 0 }, 1)
  const ejected = { membership_total: 3, membership_healthy: 2, outlier_detection_ejections_active: 1 }
  expect(shown(shop, 100)).toMatchObject({ ...ejected, outlier_detection_ejections_enforced_total: 1 })
  expect(shown(shop, 60_000)).toMatchObject({ membership_healthy: 3, outlier_detection_ejections_active: 0 })
})

test('only what is asked for is shown, by Envoy’s names', () => {
  const shop = new MeshShop()
  const inclusion = (name: string): boolean => name.endsWith('.upstream_rq_retry')
  expect(metricsText(clusterStats([shop.cluster(CART)], { inclusion, nowMs: 0 }))).toBe(
    '# TYPE envoy_cluster_upstream_rq_retry counter\n' +
      'envoy_cluster_upstream_rq_retry{cluster_name="outbound|80||cart.shop.svc.cluster.local"} 0\n',
  )
})
