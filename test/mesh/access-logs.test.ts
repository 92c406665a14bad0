import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Pod } from '../../src/api/kinds/core/pod.ts'
import { TextStream } from '../../src/apiserver/content/text-stream.ts'
import { startCluster, type TestCluster } from '../../src/testing.ts'
import { arePodsReady } from '../support/cluster-pods.ts'

const MANIFESTS = fileURLToPath(new URL('fixtures/regions.yaml', import.meta.url))
const ADMIN = { username: 'system:admin', groups: ['system:masters'] }

let cluster: TestCluster
let gateway: Pod

beforeAll(async () => {
  cluster = await startCluster({ seed: 'access-logs' })
  const logging = 'profile: default\n  meshConfig: { accessLogFile: /dev/stdout }'
  await cluster.apply(readFileSync(MANIFESTS, 'utf8').replace('profile: default', logging))
  await cluster.until(() => arePodsReady(cluster.client))
  const { items } = await cluster.client.list(Pod, { namespace: 'istio-system', labelSelector: 'istio=ingressgateway' })
  if (items[0] === undefined) throw new Error('there is no gateway')
  gateway = items[0]
})

afterAll(() => cluster[Symbol.asyncDispose]())

/** In the cluster's time, from outside or from a pod. */
async function call(url: string, options: { headers?: Record<string, string>; from?: string } = {}): Promise<number> {
  const { headers = {}, from } = options
  const [namespace = '', name = ''] = from?.split('/') ?? []
  const podIp = from === undefined ? undefined : (await cluster.client.get(Pod, { namespace, name }))?.status?.podIP
  const { network } = cluster.platform
  const answered = network.request({ url, method: 'GET', headers }, podIp === undefined ? {} : { podIp, namespace })
  let status: number | undefined
  void answered.then(async (answer) => {
    for await (const _ of answer.body) continue
    status = answer.status
  })
  await cluster.until(() => status !== undefined)
  return status ?? 0
}

function shop(path: string): Promise<number> {
  return call(`http://istio-ingressgateway.istio-system${path}`, {
    headers: { host: 'shop.example', 'x-region': 'west' },
  })
}

/** As `kubectl logs` asks for it. */
async function log(pod: string, query = ''): Promise<readonly string[]> {
  let text = ''
  for await (const part of await opened(pod, query)) text += part
  return text.split('\n').slice(0, -1)
}

async function opened(pod: string, query: string, signal?: AbortSignal): Promise<AsyncIterable<string>> {
  const [namespace = '', name = ''] = pod.split('/')
  const answer = await cluster.platform.server.send({
    verb: 'get',
    kind: Pod,
    namespace,
    name,
    subresource: 'log',
    query: new URLSearchParams(query),
    options: {},
    user: ADMIN,
    trusted: true,
    ...(signal !== undefined && { signal }),
  })
  if (!(answer instanceof TextStream)) throw new Error('no log')
  return answer.chunks
}

describe('the access log of a gateway', () => {
  test('is the log of its container', async () => {
    await shop('/first')
    const [line = ''] = await log(`istio-system/${gateway.metadata.name}`, 'tailLines=1')
    expect(line).toMatch(/^\[\d{4}-[^\]]+Z] "GET \/first HTTP\/1.1" 200 - via_upstream - "-" 0 \d+ \d+ \d+ "/)
    expect(line).toContain(' outbound|80|west|products.shop.svc.cluster.local ')
  })

  test('is read from its end, with times, and since', async () => {
    await shop('/second')
    await cluster.advance(60_000)
    await shop('/third')
    const pod = `istio-system/${gateway.metadata.name}`
    const paths = async (query: string): Promise<(string | undefined)[]> =>
      (await log(pod, query)).map((line) => /"GET (\S+)/.exec(line)?.[1])
    expect(await paths('tailLines=2')).toEqual(['/second', '/third'])
    expect(await paths('sinceSeconds=30')).toEqual(['/third'])
    expect((await log(pod, 'tailLines=1&timestamps=true'))[0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z \[\d{4}-/)
  })

  test('is followed as requests come', async () => {
    const stop = new AbortController()
    const pod = `istio-system/${gateway.metadata.name}`
    const lines = (await opened(pod, 'follow=true&tailLines=0', stop.signal))[Symbol.asyncIterator]()
    const next = lines.next()
    await shop('/followed')
    expect((await next).value).toContain('"GET /followed HTTP/1.1" 200')
    stop.abort()
    expect((await lines.next()).done).toBe(true)
  })

  test('says why nobody answered', async () => {
    await call('http://istio-ingressgateway.istio-system/', { headers: { host: 'other.example' } })
    const [line] = await log(`istio-system/${gateway.metadata.name}`, 'tailLines=1')
    expect(line).toContain('"GET / HTTP/1.1" 404 NR route_not_found ')
  })
})

describe('the access log of a pod’s proxy', () => {
  test('is asked for as the container that injection would have added', async () => {
    await call('http://payments.bank/api/v1/pay', { from: 'bank/front' })
    const called = await log('bank/payments', 'container=istio-proxy')
    expect(called.at(-1)).toContain('" 403 - rbac_access_denied_matched_policy[none] ')
    expect(called.at(-1)).toContain(' inbound|8080|| ')
    const caller = await log('bank/front', 'container=istio-proxy&tailLines=1')
    expect(caller[0]).toContain(' outbound|80||payments.bank.svc.cluster.local ')
  })

  test('is not mixed with what its containers write', async () => {
    expect(await log('bank/payments')).toEqual([])
    expect(await log('bank/payments', 'container=app')).toEqual([])
  })

  test('is empty before the first request', async () => {
    expect(await log('shop/products-north', 'container=istio-proxy')).toEqual([])
  })

  test.each([
    ['plain/stranger', 'container=istio-proxy', 'container istio-proxy is not valid for pod stranger'],
    ['bank/front', 'container=other', 'container other is not valid for pod front'],
    [
      'bank/front',
      'container=istio-proxy&previous=true',
      'previous terminated container "istio-proxy" in pod "front" not found',
    ],
  ])('%s with %s is refused', async (pod, query, message) => {
    await expect(log(pod, query)).rejects.toThrow(message)
  })

  test('goes with the pod', async () => {
    await call('http://payments.bank/', { from: 'shop/products-west' })
    expect(await log('shop/products-west', 'container=istio-proxy')).not.toEqual([])
    const stale = await opened('shop/products-west', 'container=istio-proxy&follow=true&tailLines=0')
    const ended = stale[Symbol.asyncIterator]().next()
    await cluster.client.delete(Pod, { namespace: 'shop', name: 'products-west' }, { gracePeriodSeconds: 0 })
    await cluster.advance(1_000)
    expect((await ended).done).toBe(true)
  })
})
