import { describe, expect, test } from 'vitest'
import type { ApiObject } from '../api/object.ts'
import { streamOf, textResponse } from '../world/web.ts'
import type { RequestOptions, ResponseStream } from '../world/network.ts'
import { type TestCluster, testCluster } from '../../test/support/cluster.ts'
import { ClusterNetwork } from './cluster-network.ts'

const HOST = {
  async request({ url }: RequestOptions): Promise<ResponseStream> {
    return { status: 200, headers: {}, body: chunks(`the host asked ${url}`) }
  },
}

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text)
}

async function textOf({ body }: ResponseStream): Promise<string> {
  let text = ''
  for await (const chunk of body) text += new TextDecoder().decode(chunk)
  return text
}

function service(name: string, spec: object): ApiObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'shop' }, spec } as ApiObject
}

function slice(name: string, endpoints: readonly object[], ports: readonly object[]): ApiObject {
  const metadata = { name: `${name}-1`, namespace: 'shop', labels: { 'kubernetes.io/service-name': name } }
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata,
    addressType: 'IPv4',
    endpoints,
    ports,
  } as never
}

async function clusterWithShop(): Promise<TestCluster & { network: ClusterNetwork }> {
  const cluster = await testCluster()
  const { client, informers, clock } = cluster
  const network = new ClusterNetwork({ informers, clock, host: HOST })
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } } as ApiObject)
  await client.create({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-1' },
    spec: { podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24'] },
  } as ApiObject)
  const ports = [{ name: 'web', port: 80, targetPort: 8080 }]
  await client.create(
    service('cart', { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ports, selector: { a: 'b' } }),
  )
  await client.create(service('db', { clusterIP: 'None', clusterIPs: ['None'], ports, selector: { a: 'c' } }))
  await client.create(service('away', { type: 'ExternalName', externalName: 'example.org' }))
  const ready = { ready: true }
  const endpoints = [
    { addresses: ['10.244.0.5'], conditions: ready },
    { addresses: ['10.244.0.6'], conditions: ready },
    { addresses: ['10.244.0.7'], conditions: { ready: false } },
  ]
  await client.create(slice('cart', endpoints, [{ name: 'web', port: 8080 }]))
  await client.create(
    slice('db', [{ addresses: ['10.244.0.8'], hostname: 'db-0', conditions: ready }], [{ name: 'web', port: 8080 }]),
  )
  await clock.advance(0)
  for (const ip of ['10.244.0.5', '10.244.0.6', '10.244.0.8']) {
    network.listen({ ip, port: 8080, handler: async ({ path }) => textResponse(200, `${ip} answers ${path}`) })
  }
  return { ...cluster, network, [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose]() }
}

async function answerOf(network: ClusterNetwork, url: string, origin = { namespace: 'shop', podIp: '10.244.0.5' }) {
  try {
    return await textOf(await network.request({ url, method: 'GET' }, origin))
  } catch (error) {
    return (error as Error).message
  }
}

describe('a request in the cluster', () => {
  test.each([
    ['the address of a pod', 'http://10.244.0.6:8080/x', '10.244.0.6 answers /x'],
    ['the name of a pod of a headless service', 'http://db-0.db.shop.svc.cluster.local:8080/', '10.244.0.8 answers /'],
    ['the short name of it', 'http://db-0.db:8080/', '10.244.0.8 answers /'],
    ['a headless service', 'http://db.shop:8080/', '10.244.0.8 answers /'],
    ['the DNS name that an address has', 'http://10-244-0-6.shop.pod.cluster.local:8080/', '10.244.0.6 answers /'],
    ['its own pod', 'http://localhost:8080/', '10.244.0.5 answers /'],
    ['an alias of a name outside', 'http://away/x', 'the host asked http://example.org/x'],
    ['a name that the cluster does not have', 'http://example.org/y', 'the host asked http://example.org/y'],
    ['a port where nobody listens', 'http://10.244.0.6:81/', 'dial tcp 10.244.0.6:81: connect: connection refused'],
    ['a pod that is gone', 'http://10.244.0.99:80/', 'dial tcp 10.244.0.99:80: connect: connection refused'],
    ['a service port that there is not', 'http://cart:81/', 'dial tcp 10.96.0.7:81: connect: connection refused'],
    [
      'a service that there is not',
      'http://no.shop.svc.cluster.local/',
      'dial tcp: lookup no.shop.svc.cluster.local: no such host',
    ],
    ['a server without TLS', 'https://10.244.0.6:8080/', 'http: server gave HTTP response to HTTPS client'],
  ])('to %s', async (_, url, answer) => {
    await using cluster = await clusterWithShop()
    expect(await answerOf(cluster.network, url)).toBe(answer)
  })

  test.each(['cart', 'cart.shop', 'cart.shop.svc', 'cart.shop.svc.cluster.local', 'cart.shop.svc.cluster.local.'])(
    'to %s goes to its ready endpoints in turn',
    async (host) => {
      await using cluster = await clusterWithShop()
      const answers = []
      for (let count = 0; count < 3; count++) answers.push(await answerOf(cluster.network, `http://${host}/`))
      expect(answers).toEqual(['10.244.0.5 answers /', '10.244.0.6 answers /', '10.244.0.5 answers /'])
    },
  )

  test('from another namespace does not know short names of this one', async () => {
    await using cluster = await clusterWithShop()
    const origin = { namespace: 'default', podIp: '10.244.0.9' }
    expect(await answerOf(cluster.network, 'http://cart/', origin)).toBe('the host asked http://cart/')
  })

  test('ends when its sender gives up', async () => {
    await using cluster = await clusterWithShop()
    const { network } = cluster
    network.listen({ ip: '10.244.0.5', port: 1, handler: () => new Promise(() => undefined) })
    const gone = new AbortController()
    const answer = network.request({ url: 'http://10.244.0.5:1/', method: 'GET', signal: gone.signal })
    gone.abort(new Error('enough'))
    await expect(answer).rejects.toThrow('enough')
  })
})

describe('a policy', () => {
  async function closedShop(): Promise<Awaited<ReturnType<typeof clusterWithShop>>> {
    const cluster = await clusterWithShop()
    const ip = '10.244.0.6'
    await cluster.client.create({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { namespace: 'shop', name: 'closed' },
      spec: { podSelector: { matchLabels: { app: 'cart' } }, ingress: [] },
    } as ApiObject)
    await cluster.store.create('/pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'shop', name: 'cart', labels: { app: 'cart' } },
      spec: { nodeName: 'node-1', containers: [{ name: 'c', image: 'i' }] },
      status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] },
    } as never)
    return cluster
  }

  test('that denies a connection lets it wait for nothing', async () => {
    await using cluster = await closedShop()
    const beganMs = cluster.clock.now()
    let endedMs = 0
    const answer = answerOf(cluster.network, 'http://10.244.0.6:8080/').finally(() => (endedMs = cluster.clock.now()))
    await cluster.clock.advance(60_000)
    expect(await answer).toBe('dial tcp 10.244.0.6:8080: i/o timeout')
    expect(endedMs - beganMs).toBe(30_000)
  })

  test('is kept for the endpoint of a Service that is chosen', async () => {
    await using cluster = await closedShop()
    expect(await answerOf(cluster.network, 'http://cart/')).toBe('10.244.0.5 answers /')
    const second = answerOf(cluster.network, 'http://cart/')
    await cluster.clock.advance(60_000)
    expect(await second).toBe('dial tcp 10.244.0.6:8080: i/o timeout')
  })

  test('lets the kubelet and the API server pass', async () => {
    await using cluster = await closedShop()
    expect(await answerOf(cluster.network, 'http://10.244.0.6:8080/', {} as never)).toBe('10.244.0.6 answers /')
  })

  test('does not hold up whoever gives up before', async () => {
    await using cluster = await closedShop()
    const gone = new AbortController()
    const request = { url: 'http://10.244.0.6:8080/', method: 'GET', signal: gone.signal }
    const answer = cluster.network.request(request, { namespace: 'shop', podIp: '10.244.0.5' })
    gone.abort(new Error('enough'))
    await expect(answer).rejects.toThrow('enough')
  })
})

test('a port has one listener, until that ends', async () => {
  await using cluster = await clusterWithShop()
  const listening = { ip: '10.244.0.5', port: 9090, handler: async () => textResponse(200, 'ok') }
  const stop = cluster.network.listen(listening)
  expect(() => cluster.network.listen(listening)).toThrow('listen tcp 10.244.0.5:9090: bind: address already in use')
  stop()
  cluster.network.listen(listening)
  expect(cluster.network.isListening(listening)).toBe(true)
})

test.each([99, 100, 199, 1000, 200.5, Number.NaN])(
  'a program that answers with status %d has said nothing',
  async (status) => {
    await using cluster = await clusterWithShop()
    const { network } = cluster
    const answer = { status, headers: {}, body: 'odd' }
    network.listen({ ip: '10.244.0.5', port: 9090, handler: async () => answer })
    network.listen({ ip: '10.244.0.5', port: 9091, protocol: 'HTTP', serve: async () => streamOf(answer) })
    for (const port of [9090, 9091]) {
      const asked = network.request({ url: `http://10.244.0.5:${port}/`, method: 'GET' })
      await expect(asked).rejects.toMatchObject({ how: 'protocol' })
    }
  },
)

test('whoever intercepts is told where a pod would connect to and where that leads, and may answer instead', async () => {
  await using cluster = await clusterWithShop()
  const { network } = cluster
  const asked: string[] = []
  const intercepted = (): Promise<ResponseStream> =>
    Promise.resolve({ status: 200, headers: {}, body: chunks('intercepted') })
  network.interceptBy({
    namesOf: () => undefined,
    leaving({ ip, port }, { url }) {
      asked.push(`leaves for ${ip}:${port}`)
      return url.endsWith('/mine') ? intercepted() : undefined
    },
    arriving({ ip, port }, { url }) {
      asked.push(`arrives at ${ip}:${port}`)
      return url.endsWith('/theirs') ? intercepted() : undefined
    },
  })
  expect(await answerOf(network, 'http://cart/mine')).toBe('intercepted')
  expect(await answerOf(network, 'http://cart/theirs')).toBe('intercepted')
  expect(await answerOf(network, 'http://db.shop:8080/')).toBe('10.244.0.8 answers /')
  await answerOf(network, 'http://away/')
  expect(asked).toEqual([
    'leaves for 10.96.0.7:80',
    'leaves for 10.96.0.7:80',
    'arrives at 10.244.0.5:8080',
    'leaves for 10.244.0.8:8080',
    'arrives at 10.244.0.8:8080',
    'leaves for example.org:80',
  ])
})

test('names that are answered before the cluster does lead where that says, as the search domains have them', async () => {
  await using cluster = await clusterWithShop()
  const { network } = cluster
  const asked: string[] = []
  network.interceptBy({
    namesOf: ({ podIp }) => (podIp === '10.244.0.8' ? (name) => CAPTURED_NAMES.get(name) : undefined),
    leaving({ ip }) {
      asked.push(ip)
      return Promise.resolve({ status: 200, headers: {}, body: chunks('') })
    },
    arriving: () => undefined,
  })
  for (const host of ['Bank.example', 'cart', 'away']) {
    await network.request({ url: `http://${host}/`, method: 'GET' }, { podIp: '10.244.0.8', namespace: 'shop' })
  }
  expect(asked).toEqual(['240.240.0.1', '240.240.0.2', 'example.org'])
  await network.request({ url: 'http://cart/', method: 'GET' }, { podIp: '10.244.0.9', namespace: 'shop' })
  expect(asked.at(-1)).toBe('10.96.0.7')
})

const CAPTURED_NAMES: ReadonlyMap<string, readonly string[]> = new Map([
  ['bank.example', ['240.240.0.1']],
  ['cart.shop.svc.cluster.local', ['240.240.0.2']],
  // An alias in the cluster leads there; whoever knows it follows it.
  ['example.org', ['240.240.0.3']],
])

test('an address of the cluster is its own, whoever listens there', async () => {
  const { network, client } = await clusterWithShop()
  const metadata = { name: 'kubernetes' }
  const range = { apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', metadata, spec: { cidrs: ['10.96.0.0/12'] } }
  await client.create(range as ApiObject)
  expect(['10.244.0.200', '10.96.0.200', '10.245.0.1', '127.0.0.1'].map((ip) => network.owns(ip))).toEqual([
    true,
    true,
    false,
    false,
  ])
})
