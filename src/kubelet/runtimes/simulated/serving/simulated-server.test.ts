import { describe, expect, test } from 'vitest'
import {
  container,
  type KubeletCluster,
  kubeletCluster,
  messagesOf,
} from '../../../../../test/support/kubelet-cluster.ts'
import { Pod } from '../../../../api/kinds/core/pod.ts'
import type { ServesSection } from '../../../../api/kinds/dabba/serves-section.ts'
import type { ResponseStream } from '../../../../world/network.ts'

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  /** When the answer was complete, in milliseconds since the request. */
  readonly tookMs: number
}

/** A cluster whose pods `web` and `api` run, and serve what is said. */
async function shop(serves: Readonly<Record<string, ServesSection>>): Promise<KubeletCluster> {
  const cluster = await kubeletCluster()
  for (const [name, section] of Object.entries(serves)) {
    cluster.model(name, { selector: { podSelector: { matchLabels: { app: name } } }, serves: section })
    const ports = [{ containerPort: 8080 }]
    await cluster.pod(name, { containers: [container('app', { ports })] }, { labels: { app: name } })
  }
  await cluster.clock.advance(2_000)
  return cluster
}

/** Asks a pod at its address, as the kubelet would. */
async function ask(
  cluster: KubeletCluster,
  pod: string,
  options: { path?: string; method?: string; headers?: Record<string, string>; advanceMs?: number; port?: number } = {},
): Promise<Answer | string> {
  const { path = '/', method = 'GET', headers = {}, advanceMs = 60_000, port = 8080 } = options
  const ip = (await cluster.get(pod))?.status?.podIP ?? ''
  const beganMs = cluster.clock.now()
  const answer = cluster.network
    .request({ url: `http://${ip}:${port}${path}`, method, headers }, { podIp: '10.9.9.9' })
    .then(async (response) => {
      const text = await textOf(response)
      return { status: response.status, headers: response.headers, text, tookMs: cluster.clock.now() - beganMs }
    })
    .catch((error: Error) => error.message.replaceAll(ip, 'IP'))
  const none = Symbol('none')
  let settled: Answer | string | typeof none = none
  void answer.then((value) => (settled = value))
  await cluster.clock.runUntilTrue(() => settled !== none, beganMs + advanceMs)
  return settled === none ? 'no answer' : await answer
}

async function textOf({ body }: ResponseStream): Promise<string> {
  let text = ''
  for await (const chunk of body) text += new TextDecoder().decode(chunk)
  return text
}

describe('without a model', () => {
  test('a pod answers at its ports with its name and what was asked', async () => {
    await using cluster = await kubeletCluster()
    await cluster.pod('web', { containers: [container('app', { ports: [{ containerPort: 80 }] })] })
    await cluster.clock.advance(2_000)
    expect(await ask(cluster, 'web', { path: '/cart?id=1', port: 80 })).toMatchObject({
      status: 200,
      text: 'default/web answers GET /cart?id=1\n',
    })
  })

  test('it answers where its probes look for it', async () => {
    await using cluster = await kubeletCluster()
    const readinessProbe = { httpGet: { port: 9000, path: '/ready' } }
    await cluster.pod('web', { containers: [container('app', { readinessProbe })] })
    await cluster.clock.advance(2_000)
    expect(await ask(cluster, 'web', { port: 9000 })).toMatchObject({ status: 200 })
  })

  test('it listens nowhere else, and not before it runs, and not after its end', async () => {
    await using cluster = await kubeletCluster()
    await cluster.pod('web', { containers: [container('app', { ports: [{ containerPort: 80 }] })] })
    await cluster.clock.advance(500)
    expect(cluster.network.isListening({ ip: '10.244.0.1', port: 80 })).toBe(false)
    await cluster.clock.advance(2_000)
    const { podIP = '' } = (await cluster.get('web'))?.status ?? {}
    expect(await ask(cluster, 'web', { port: 81 })).toBe('dial tcp IP:81: connect: connection refused')
    expect(cluster.network.isListening({ ip: podIP, port: 80 })).toBe(true)
    await cluster.client.delete(Pod, { namespace: 'default', name: 'web' })
    await cluster.clock.advance(2_000)
    expect(cluster.network.isListening({ ip: podIP, port: 80 })).toBe(false)
  })
})

describe('what a model serves', () => {
  test('status, headers and body, with what the request said', async () => {
    const body = '$(pod.name) $(request.method) $(request.path) for $(request.header:X-User) is $(count)'
    await using cluster = await shop({ web: { paths: [{ status: 201, headers: { 'X-Kind': 'test' }, body }] } })
    const options = { path: '/a', method: 'POST', headers: { 'x-user': 'asha' } }
    await ask(cluster, 'web', options)
    expect(await ask(cluster, 'web', options)).toMatchObject({
      status: 201,
      headers: { 'x-kind': 'test', 'content-type': 'text/plain; charset=utf-8' },
      text: 'web POST /a for asha is 2',
    })
  })

  test('an echo tells what was asked, by whom, and of whom', async () => {
    await using cluster = await shop({ web: { paths: [{ echo: true }] } })
    const answer = (await ask(cluster, 'web', { path: '/a?b=c', headers: { 'X-Region': 'delhi' } })) as Answer
    expect(answer.headers['content-type']).toBe('application/json')
    expect(JSON.parse(answer.text)).toMatchObject({
      method: 'GET',
      path: '/a?b=c',
      headers: { 'x-region': 'delhi' },
      from: '10.9.9.9',
      pod: 'web',
      namespace: 'default',
      container: 'app',
    })
  })

  test('404 where no path fits, 405 where the method does not', async () => {
    await using cluster = await shop({ web: { paths: [{ path: '/cart', methods: ['POST'] }] } })
    expect(await ask(cluster, 'web', { path: '/' })).toMatchObject({ status: 404 })
    expect(await ask(cluster, 'web', { path: '/cart' })).toMatchObject({ status: 405, headers: { allow: 'POST' } })
  })

  test('latency passes on the clock', async () => {
    await using cluster = await shop({ web: { paths: [{ latency: { fixed: '250ms' } }] } })
    expect(await ask(cluster, 'web')).toMatchObject({ status: 200, tookMs: 250 })
  })

  test.each([
    ['Reset', 'read tcp 10.9.9.9->IP:8080: read: connection reset by peer'],
    ['Garbage', String.raw`net/http: HTTP/1.x transport connection broken: malformed HTTP response "\x00\xff\x137"`],
    ['Hang', 'no answer'],
  ] as const)('%s', async (fault, outcome) => {
    await using cluster = await shop({ web: { paths: [{ errors: [{ percent: 100, fault }] }] } })
    expect(await ask(cluster, 'web')).toBe(outcome)
  })

  test('a trickle comes byte by byte', async () => {
    const paths = [{ body: 'abc', errors: [{ percent: 100, fault: 'Trickle' as const }] }]
    await using cluster = await shop({ web: { paths } })
    expect(await ask(cluster, 'web')).toMatchObject({ status: 200, text: 'abc', tookMs: 3_000 })
  })

  test('a body without an end goes on until its reader has enough, or the server ends', async () => {
    const paths = [{ errors: [{ percent: 100, fault: 'Endless' as const }] }]
    await using cluster = await shop({ web: { paths } })
    const ip = (await cluster.get('web'))?.status?.podIP ?? ''
    const { body } = await cluster.network.request({ url: `http://${ip}:8080/`, method: 'GET' })
    let length = 0
    const reading = (async () => {
      for await (const chunk of body) length += chunk.length
    })().catch((error: Error) => error.message)
    await cluster.clock.advance(10_000)
    expect(length).toBe(101 * 16_384)
    await cluster.client.delete(Pod, { namespace: 'default', name: 'web' })
    await cluster.clock.advance(5_000)
    expect(await reading).toBe('connection reset by peer')
  })

  test('errors come in their share, and the same with each run', async () => {
    const count = async (): Promise<number> => {
      await using cluster = await shop({ web: { paths: [{ errors: [{ percent: 10, status: 500 }] }] } })
      let errors = 0
      for (let index = 0; index < 500; index++) {
        const { status } = (await ask(cluster, 'web')) as Answer
        if (status === 500) errors++
      }
      return errors
    }
    const errors = await count()
    expect(errors).toBeGreaterThan(30)
    expect(errors).toBeLessThan(75)
    expect(await count()).toBe(errors)
  })

  test('a port of another protocol takes a connection and says nothing', async () => {
    await using cluster = await shop({ web: { ports: [{ port: 27017, protocol: 'TCP' }] } })
    expect(await ask(cluster, 'web', { port: 27017 })).toBe('no answer')
    expect(await ask(cluster, 'web')).toBe('dial tcp IP:8080: connect: connection refused')
  })

  test('so many at once, so many in line, and the rest is turned away', async () => {
    const paths = [{ latency: { fixed: '1s' } }]
    await using cluster = await shop({ web: { paths, concurrency: 2, queue: 1 } })
    const ip = (await cluster.get('web'))?.status?.podIP ?? ''
    const beganMs = cluster.clock.now()
    const outcomes: string[] = []
    for (let index = 0; index < 5; index++) {
      void cluster.network.request({ url: `http://${ip}:8080/`, method: 'GET' }).then(({ status }) => {
        outcomes.push(`${status} after ${cluster.clock.now() - beganMs}`)
      })
    }
    await cluster.clock.advance(5_000)
    expect(outcomes).toEqual(['503 after 0', '503 after 0', '200 after 1000', '200 after 1000', '200 after 2000'])
  })

  test('whoever gives up in line gives up the place', async () => {
    const paths = [{ latency: { fixed: '1s' } }]
    await using cluster = await shop({ web: { paths, concurrency: 1, queue: 1 } })
    const ip = (await cluster.get('web'))?.status?.podIP ?? ''
    const leaving = new AbortController()
    const request = { url: `http://${ip}:8080/`, method: 'GET' }
    const first = cluster.network.request(request)
    const second = cluster.network
      .request({ ...request, signal: leaving.signal })
      .catch((error: Error) => error.message)
    await cluster.clock.advance(500)
    leaving.abort(new Error('gone'))
    const third = cluster.network.request(request)
    await cluster.clock.advance(1_000)
    expect((await first).status).toBe(200)
    expect(await second).toBe('gone')
    await cluster.clock.advance(1_000)
    expect((await third).status).toBe(200)
  })

  test('what is under way when the container ends is reset', async () => {
    await using cluster = await shop({ web: { paths: [{ latency: { fixed: '1m' } }] } })
    const pod = (await cluster.get('web'))!
    const answer = cluster.network
      .request({ url: `http://${pod.status?.podIP}:8080/`, method: 'GET' })
      .catch((error: Error) => error.message)
    await cluster.client.delete(Pod, { namespace: 'default', name: 'web' })
    await cluster.clock.advance(5_000)
    expect(await answer).toMatch('connection reset by peer')
  })
})

describe('calls', () => {
  const echo: ServesSection = { paths: [{ echo: true, latency: { fixed: '100ms' } }] }
  /** Pods are reached by the address that DNS has for them. */
  async function callers(section: (url: string) => ServesSection): Promise<KubeletCluster> {
    const cluster = await kubeletCluster()
    cluster.model('api', { selector: { podSelector: { matchLabels: { app: 'api' } } }, serves: echo })
    const containers = [container('app', { ports: [{ containerPort: 8080 }] })]
    await cluster.pod('api', { containers }, { labels: { app: 'api' } })
    await cluster.clock.advance(2_000)
    const ip = (await cluster.get('api'))?.status?.podIP ?? ''
    const serves = section(`http://${ip.replaceAll('.', '-')}.default.pod.cluster.local:8080/charge`)
    cluster.model('web', { selector: { podSelector: { matchLabels: { app: 'web' } } }, serves })
    await cluster.pod('web', { containers }, { labels: { app: 'web' } })
    await cluster.clock.advance(2_000)
    return cluster
  }

  test('one after the other, after its own work', async () => {
    await using cluster = await callers((url) => ({
      paths: [{ latency: { fixed: '50ms' }, calls: [{ url }, { url }] }],
    }))
    expect(await ask(cluster, 'web')).toMatchObject({ status: 200, tookMs: 250 })
  })

  test('all at once', async () => {
    await using cluster = await callers((url) => ({ paths: [{ calls: [{ url }, { url }], callsInParallel: true }] }))
    expect(await ask(cluster, 'web')).toMatchObject({ status: 200, tookMs: 100 })
  })

  test('one that comes too late fails the request, unless that is ignored', async () => {
    const late = { timeout: '80ms', method: 'post' }
    await using strict = await callers((url) => ({ paths: [{ calls: [{ url, ...late }] }] }))
    const answer = (await ask(strict, 'web')) as Answer
    expect(answer).toMatchObject({ status: 502, tookMs: 80 })
    expect(answer.text).toMatch(/^POST http:.*\/charge: context deadline exceeded\n$/)
    await using lenient = await callers((url) => ({ paths: [{ calls: [{ url, ...late, onFailure: 'Ignore' }] }] }))
    expect(await ask(lenient, 'web')).toMatchObject({ status: 200, tookMs: 80 })
  })

  test('one whose body takes too long is too late as well', async () => {
    await using cluster = await kubeletCluster()
    const endless = { paths: [{ errors: [{ percent: 100, fault: 'Endless' as const }] }] }
    cluster.model('api', { selector: { podSelector: { matchLabels: { app: 'api' } } }, serves: endless })
    const containers = [container('app', { ports: [{ containerPort: 8080 }] })]
    await cluster.pod('api', { containers }, { labels: { app: 'api' } })
    await cluster.clock.advance(2_000)
    const url = `http://${(await cluster.get('api'))?.status?.podIP}:8080/`
    const serves = { paths: [{ calls: [{ url, timeout: '2s' }] }] }
    cluster.model('web', { selector: { podSelector: { matchLabels: { app: 'web' } } }, serves })
    await cluster.pod('web', { containers }, { labels: { app: 'web' } })
    await cluster.clock.advance(2_000)
    expect(await ask(cluster, 'web')).toMatchObject({ status: 502, tookMs: 2_000 })
  })

  test('one to nobody says why', async () => {
    await using cluster = await callers(() => ({
      paths: [{ calls: [{ url: 'http://nobody.shop.svc.cluster.local' }] }],
    }))
    expect(await ask(cluster, 'web')).toMatchObject({
      status: 502,
      text: 'GET http://nobody.shop.svc.cluster.local: dial tcp: lookup nobody.shop.svc.cluster.local: no such host\n',
    })
  })

  test('carry the headers of tracing, and those that are named', async () => {
    await using cluster = await kubeletCluster()
    const seen: Readonly<Record<string, string>>[] = []
    cluster.network.listen({
      ip: '10.244.0.200',
      port: 80,
      handler: ({ headers }) => {
        seen.push(headers)
        return Promise.resolve({ status: 200, headers: {}, body: '' })
      },
    })
    cluster.model('web', {
      selector: {},
      serves: {
        paths: [
          { calls: [{ url: 'http://10.244.0.200/', headers: { 'X-Kind': 'call' } }], propagateHeaders: ['X-Region'] },
        ],
      },
    })
    await cluster.pod('web', { containers: [container('app', { ports: [{ containerPort: 8080 }] })] })
    await cluster.clock.advance(2_000)
    const headers = { 'X-Request-Id': '1', traceparent: '00-a-b-01', B3: '0', 'X-Region': 'delhi', cookie: 'secret' }
    await ask(cluster, 'web', { headers })
    expect(seen).toEqual([
      {
        host: '10.244.0.200',
        'x-request-id': '1',
        traceparent: '00-a-b-01',
        b3: '0',
        'x-region': 'delhi',
        'x-kind': 'call',
      },
    ])
  })
})

describe('probes over the network', () => {
  const probed = (probe: object) => ({
    containers: [container('app', { ports: [{ containerPort: 8080, name: 'http' }], readinessProbe: probe })],
  })

  async function readiness(serves: ServesSection, probe: object): Promise<{ ready: boolean; why: string[] }> {
    await using cluster = await kubeletCluster()
    cluster.model('web', { selector: {}, serves })
    await cluster.pod('web', probed({ periodSeconds: 1, failureThreshold: 1, ...probe }))
    await cluster.clock.advance(10_000)
    const pod = await cluster.get('web')
    const ip = pod?.status?.podIP ?? ''
    const why = (await messagesOf(cluster, 'web', 'Unhealthy')).map((message) => message.replaceAll(ip, 'IP'))
    return { ready: pod?.status?.containerStatuses?.[0]?.ready === true, why }
  }

  const httpGet = { port: 'http', path: '/ready' }

  test('succeed by the status of the path', async () => {
    expect(await readiness({ paths: [{ path: '/ready', status: 204 }] }, { httpGet })).toEqual({ ready: true, why: [] })
  })

  test.each<[string, ServesSection, object, string]>([
    [
      'a status that is no success',
      { paths: [{ status: 418 }] },
      { httpGet },
      'Readiness probe failed: HTTP probe failed with statuscode: 418',
    ],
    [
      'a path that there is not',
      { paths: [{ path: '/other' }] },
      { httpGet },
      'Readiness probe failed: HTTP probe failed with statuscode: 404',
    ],
    [
      'a port that nobody listens at',
      { ports: [{ port: 9 }] },
      { httpGet },
      'Readiness probe failed: Get "http://IP:8080/ready": dial tcp IP:8080: connect: connection refused',
    ],
    [
      'an answer that comes too late',
      { paths: [{ latency: { fixed: '3s' } }] },
      { httpGet, timeoutSeconds: 1 },
      'Readiness probe failed: Get "http://IP:8080/ready": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    ],
    [
      'a server with all hands full',
      { paths: [{ errors: [{ percent: 100, fault: 'Hang' }] }], concurrency: 1 },
      { httpGet, timeoutSeconds: 1 },
      'Readiness probe failed: Get "http://IP:8080/ready": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    ],
    [
      'a reset connection',
      { paths: [{ errors: [{ percent: 100, fault: 'Reset' }] }] },
      { httpGet },
      'Readiness probe failed: Get "http://IP:8080/ready": read tcp 127.0.0.1->IP:8080: read: connection reset by peer',
    ],
    [
      'no listener for TCP',
      { ports: [] },
      { tcpSocket: { port: 8080 } },
      'Readiness probe failed: dial tcp IP:8080: connect: connection refused',
    ],
    [
      'gRPC where HTTP is spoken',
      { ports: [{ port: 8080 }] },
      { grpc: { port: 8080 } },
      'Readiness probe failed: timeout: failed to connect service "IP:8080" within 1s: context deadline exceeded',
    ],
  ])('fail with %s', async (_, serves, probe, message) => {
    const { ready, why } = await readiness(serves, probe)
    expect(ready).toBe(false)
    expect(why[0]).toBe(message)
  })

  test('by HTTPS succeed where it is spoken, by name', async () => {
    const https = { httpGet: { ...httpGet, scheme: 'HTTPS' } }
    expect(await readiness({}, https)).toEqual({ ready: true, why: [] })
    expect(await readiness({ ports: [{ port: 8080 }] }, https)).toEqual({
      ready: false,
      why: ['Readiness probe failed: Get "https://IP:8080/ready": http: server gave HTTP response to HTTPS client'],
    })
  })

  test('of TCP and gRPC succeed where they are spoken', async () => {
    expect(await readiness({}, { tcpSocket: { port: 'http' } })).toMatchObject({ ready: true })
    expect(await readiness({ ports: [{ port: 9, protocol: 'GRPC' }] }, { grpc: { port: 9 } })).toMatchObject({
      ready: true,
    })
  })

  test('are answered by what the model says of probes, where it says so', async () => {
    await using cluster = await kubeletCluster()
    const probes = { readiness: [{ from: '5s', until: '8s' }] }
    cluster.model('web', { selector: {}, serves: { paths: [{ status: 200 }] }, probes })
    await cluster.pod('web', probed({ httpGet, periodSeconds: 1, failureThreshold: 1 }))
    const isReady = async (): Promise<boolean> =>
      (await cluster.get('web'))?.status?.containerStatuses?.[0]?.ready === true
    await cluster.clock.advance(3_000)
    expect(await isReady()).toBe(true)
    await cluster.clock.advance(4_000)
    expect(await isReady()).toBe(false)
    await cluster.clock.advance(4_000)
    expect(await isReady()).toBe(true)
  })

  test('fail as long as the container has not started up', async () => {
    await using cluster = await kubeletCluster()
    cluster.model('web', { selector: {}, start: { startedAfter: '5s' }, serves: {} })
    await cluster.pod('web', probed({ httpGet, periodSeconds: 1 }))
    await cluster.clock.advance(4_000)
    expect(await ask(cluster, 'web')).toBe('dial tcp IP:8080: connect: connection refused')
    await cluster.clock.advance(4_000)
    expect((await cluster.get('web'))?.status?.containerStatuses?.[0]?.ready).toBe(true)
    expect(await ask(cluster, 'web')).toMatchObject({ status: 200 })
  })
})
