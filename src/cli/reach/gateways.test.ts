import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Secret } from '../../api/kinds/core/secret.ts'
import { Service } from '../../api/kinds/core/service.ts'
import type { HostListening } from '../../platform.ts'
import { startCluster, type TestCluster } from '../../testing.ts'
import type { Output } from '../command.ts'
import { announceGateways } from '../up/announce-gateways.ts'
import { reachedGateways } from './gateways.ts'
import { doorText, reachedText } from './reached-text.ts'

const MANIFESTS = fileURLToPath(new URL('../../../test/mesh/fixtures/regions.yaml', import.meta.url))
const TLS = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: secured, namespace: shop }
spec:
  selector: { istio: ingressgateway }
  servers:
  - port: { number: 443, name: https, protocol: HTTPS }
    tls: { mode: SIMPLE, credentialName: shop }
    hosts: ["shop/*.shop.example", ./pay.example]
  - port: { number: 9443, name: tcp, protocol: TCP }
    hosts: ["*"]
`
const CERTIFICATE = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'shop', namespace: 'istio-system' },
  type: 'kubernetes.io/tls',
  data: { 'tls.crt': btoa('certificate'), 'tls.key': btoa('key') },
} as const

const out = { bold: (text: string) => text } as Output
const said: string[] = []
const stop = new AbortController()
let cluster: TestCluster
let announced: Promise<void>
let listeners: readonly HostListening[] = []

beforeAll(async () => {
  cluster = await startCluster({ seed: 'gateways' })
  const { client, informers, world } = cluster.platform
  announced = announceGateways({
    client,
    informers,
    host: { list: () => listeners, settled: () => Promise.resolve() },
    clock: world.clock,
    signal: stop.signal,
    say: (line) => said.push(line),
  })
  await cluster.apply(`${readFileSync(MANIFESTS, 'utf8')}---${TLS}`)
  await cluster.client.create(CERTIFICATE)
  await cluster.until(async () => {
    const service = await client.get(Service, { namespace: 'istio-system', name: 'istio-ingressgateway' })
    const ip = service?.status?.loadBalancer?.ingress?.[0]?.ip
    if (ip === undefined) return false
    const name = `service/istio-system/istio-ingressgateway`
    listeners = [
      { name: `${name}/${ip}:80`, host: '127.254.0.1', port: 80 },
      { name: `${name}/${ip}:443`, host: '127.0.0.1', port: 20_443 },
      { name: `${name}/balancer:80`, host: '127.0.0.1', port: 80 },
      { name: 'service/shop/front/balancer:8080', host: '127.0.0.1', port: 8080 },
    ]
    return true
  })
})

afterAll(async () => {
  stop.abort(new Error('the test is over'))
  await announced
  await cluster[Symbol.asyncDispose]()
})

const PLAIN = { url: 'http://127.254.0.1', hosts: ['shop.example'] }
const SECURED = { url: 'https://127.0.0.1:20443', hosts: ['pay.example', '*.shop.example'] }

describe('gateways that the host reaches', () => {
  test('are those that Gateways select, at what they listen to', async () => {
    await cluster.until(() => said.length > 0)
    expect(await reachedGateways(cluster.client, listeners)).toEqual([
      { namespace: 'istio-system', name: 'istio-ingressgateway', isReady: true, doors: [PLAIN, SECURED] },
    ])
  })

  test('have a problem where there is no certificate', async () => {
    await cluster.client.delete(Secret, CERTIFICATE.metadata)
    const [gateway] = await reachedGateways(cluster.client, listeners)
    const problem = 'no certificate in Secret shop'
    expect(gateway?.doors[1]).toEqual({ url: SECURED.url, hosts: [], problem })
    const text = reachedText({ gateways: gateway === undefined ? [] : [gateway], listeners: [] }, out)
    expect(text[2]).toMatch(/https:\/\/127.0.0.1:20443 +no certificate in Secret shop$/)
  })

  test('are announced once, when somebody answers', async () => {
    await cluster.advance(10_000)
    expect(said).toEqual([
      '\nGateway istio-system/istio-ingressgateway answers at http://127.254.0.1 (shop.example)',
      'Gateway istio-system/istio-ingressgateway answers at https://127.0.0.1:20443 (pay.example, *.shop.example)',
    ])
  })
})

test('a host is shown gateways first, then other load balancers, then how the rest is found', () => {
  const gateways = [
    { namespace: 'istio-system', name: 'gate', isReady: true, doors: [PLAIN, SECURED] },
    { namespace: 'shop', name: 'late', isReady: false, doors: [{ url: 'http://127.254.0.2', hosts: ['*'] }] },
  ]
  const own = [...listeners, { name: 'service/shop/late/balancer:80', host: '127.0.0.1', port: 20_001 }]
  expect(reachedText({ gateways, listeners: own.slice(3), dns: '127.0.0.1:10053' }, out)).toEqual([
    'GATEWAY             URL                       HOSTS',
    'istio-system/gate   http://127.254.0.1        shop.example',
    '                    https://127.0.0.1:20443   pay.example, *.shop.example',
    'shop/late           http://127.254.0.2        no pod is ready',
    '',
    'LOAD BALANCER   ADDRESS',
    'shop/front      127.0.0.1:8080',
    '',
    'Pods and Services: 10.a.b.c is 127.a.b.c, and DNS is at 127.0.0.1:10053',
    '2 listeners, all of them in `dabba status -o json`',
  ])
})

test('of many hosts the first are named', () => {
  expect(doorText({ url: 'http://a', hosts: ['a', 'b', 'c', 'd', 'e'] })).toBe('http://a (a, b, c and 2 more)')
  expect(doorText({ url: 'tcp://a:1', hosts: ['*'] })).toBe('tcp://a:1')
})
