import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Pod } from '../../src/api/kinds/core/pod.ts'
import { startCluster, type TestCluster } from '../../src/testing.ts'
import { arePodsReady } from '../support/cluster-pods.ts'

const MANIFESTS = fileURLToPath(new URL('fixtures/regions.yaml', import.meta.url))

let cluster: TestCluster
const addresses = new Map<string, string>()

beforeAll(async () => {
  cluster = await startCluster({ seed: 'regions' })
  await cluster.apply(readFileSync(MANIFESTS, 'utf8'))
  await cluster.until(() => arePodsReady(cluster.client))
  for (const { metadata, status } of (await cluster.client.list(Pod)).items) {
    addresses.set(metadata.name.replace(/^(istio-ingressgateway).*/, '$1'), status?.podIP ?? '')
  }
})

afterAll(() => cluster[Symbol.asyncDispose]())

interface Answer {
  readonly status: number
  readonly pod?: string
  readonly text: string
  readonly tookMs: number
}

/** In the cluster's time, as `from` or from outside; a connection that broke is its message. */
async function ask(
  url: string,
  options: {
    readonly from?: string
    readonly method?: string
    readonly headers?: Readonly<Record<string, string>>
  } = {},
): Promise<Answer | string> {
  const { from, method = 'GET', headers = {} } = options
  const { network, world } = cluster.platform
  const podIp = from === undefined ? undefined : addresses.get(from)
  const namespace = from === 'stranger' ? 'plain' : 'bank'
  const beganMs = world.clock.now()
  const answered = network.request({ url, method, headers }, podIp === undefined ? {} : { podIp, namespace }).then(
    async ({ status, body }): Promise<Answer> => {
      const parts: Uint8Array[] = []
      for await (const part of body) parts.push(part)
      const text = Buffer.concat(parts).toString()
      const pod = /"pod": "([^"]+)"/.exec(text)?.[1]
      return { status, text, tookMs: world.clock.now() - beganMs, ...(pod !== undefined && { pod }) }
    },
    (error: unknown) => (error as Error).message,
  )
  let result: Answer | string | undefined
  void answered.then((answer) => (result = answer))
  await cluster.until(() => result !== undefined)
  return answered
}

function shopper(region: string | undefined): Promise<Answer | string> {
  const headers = { host: 'shop.example', ...(region !== undefined && { 'x-region': region }) }
  return ask('http://istio-ingressgateway.istio-system/products', { headers })
}

describe('a gateway sends buyers where they say they are', () => {
  test.each(['west', 'south'])('%s: always to that subset', async (region) => {
    for (let call = 0; call < 20; call++) expect(await shopper(region)).toMatchObject({ pod: `products-${region}` })
  })

  test('without a region by weights, and one in a thousand is late on purpose', async () => {
    const calls = 2_000
    const counts = new Map<string, number>()
    let late = 0
    for (let call = 0; call < calls; call++) {
      const answer = await shopper(undefined)
      if (typeof answer === 'string') throw new Error(answer)
      counts.set(answer.pod ?? '', (counts.get(answer.pod ?? '') ?? 0) + 1)
      if (answer.tookMs >= 2_000) late++
    }
    for (const [region, share] of [['west', 0.6] as const, ['south', 0.25] as const, ['north', 0.15] as const]) {
      const bound = 4 * Math.sqrt(calls * share * (1 - share))
      expect(Math.abs((counts.get(`products-${region}`) ?? 0) - calls * share)).toBeLessThan(bound)
    }
    expect(late).toBeGreaterThan(0)
    expect(late).toBeLessThan(12)
  })

  test('a host that the gateway does not have is not found', async () => {
    expect(
      await ask('http://istio-ingressgateway.istio-system/', { headers: { host: 'other.example' } }),
    ).toMatchObject({
      status: 404,
    })
  })
})

test('a pod of the mesh calls the gateway as anybody does', async () => {
  const headers = { host: 'shop.example', 'x-region': 'south' }
  const url = 'http://istio-ingressgateway.istio-system/products'
  expect(await ask(url, { from: 'front', headers })).toMatchObject({ status: 200, pod: 'products-south' })
})

describe('who may call the bank', () => {
  const PAY = 'http://payments.bank/api/v1/pay'

  test('its own front, by the one method and path', async () => {
    expect(await ask(PAY, { from: 'front', method: 'POST' })).toMatchObject({ status: 200, pod: 'payments' })
    const paid = await ask(PAY, { from: 'front', method: 'POST' })
    expect(typeof paid === 'string' ? paid : paid.text).toMatch(
      /By=spiffe:..cluster.local.ns.bank.sa.default;Hash=[0-9a-f]{64};Subject=\\"\\";URI=spiffe:..cluster.local.ns.bank.sa.front"/,
    )
    expect(await ask(PAY, { from: 'front' })).toMatchObject({ status: 403, text: 'RBAC: access denied' })
    expect(await ask('http://payments.bank/other', { from: 'front', method: 'POST' })).toMatchObject({ status: 403 })
  })

  test('nobody else of the mesh', async () => {
    expect(await ask(PAY, { from: 'products-west', method: 'POST' })).toMatchObject({ status: 403 })
  })

  test('nobody without mutual TLS', async () => {
    expect(await ask(PAY, { from: 'stranger', method: 'POST' })).toBe('read: connection reset by peer')
  })
})

test('each proxy counts what it saw, under the names that Istio has', async () => {
  await ask('http://payments.bank/api/v1/pay', { from: 'front', method: 'POST' })
  const page = await ask(`http://${addresses.get('payments')}:15090/stats/prometheus`, { from: 'stranger' })
  if (typeof page === 'string') throw new Error(page)
  const [line = ''] = page.text.split('\n').filter((each) => /^istio_requests_total.*response_code="200"/.test(each))
  expect(line).toContain('reporter="destination"')
  expect(line).toContain('source_principal="spiffe://cluster.local/ns/bank/sa/front"')
  expect(line).toContain('destination_service="payments.bank.svc.cluster.local"')
  expect(line).toContain('connection_security_policy="mutual_tls"')
})

async function scraped(url: string): Promise<string> {
  const page = await ask(url, { from: 'stranger' })
  if (typeof page === 'string') throw new Error(page)
  return page.text
}

test('a proxy says which it is, and of its clusters what its pod asks for', async () => {
  await ask('http://payments.bank/api/v1/pay', { from: 'front', method: 'POST' })
  const url = `http://${addresses.get('front')}:15020/stats/prometheus`
  const before = await scraped(url)
  expect(before).toMatch(/^istio_build{component="proxy",tag="\d+\.\d+\.\d+"} 1$/m)
  expect(before).not.toContain('envoy_cluster')
  const annotations = { 'proxy.istio.io/config': 'proxyStatsMatcher: { inclusionPrefixes: [cluster.outbound] }' }
  await cluster.client.mergePatch(Pod, { namespace: 'bank', name: 'front' }, { metadata: { annotations } })
  const label = 'cluster_name="outbound|80||payments.bank.svc.cluster.local"'
  const after = await scraped(url)
  expect(after).toMatch(/^# TYPE envoy_cluster_upstream_rq_total counter\nenvoy_cluster_upstream_rq_total{.*} [1-9]/m)
  expect(after).toContain(`envoy_cluster_outlier_detection_ejections_active{${label}} 0`)
})

test('istiod tells of configuration', async () => {
  const { items } = await cluster.client.list(Pod, { namespace: 'istio-system', labelSelector: 'app=istiod' })
  const text = await scraped(`http://${items[0]?.status?.podIP}:15014/metrics`)
  expect(text).toMatch(/^istio_build{component="pilot",tag=".+"} 1$/m)
  expect(text).toContain('pilot_k8s_cfg_events{type="VirtualService",event="add"} 1')
  expect(text).toContain('pilot_virt_services{} 1')
})
