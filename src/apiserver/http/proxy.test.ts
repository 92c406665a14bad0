import { expect, test } from 'vitest'
import { Pod } from '../../api/kinds/core/pod.ts'
import type { ApiObject } from '../../api/object.ts'
import { createPlatform } from '../../platform.ts'
import type { Program } from '../../world/program.ts'
import { RealNetwork } from '../../world/real-network.ts'
import { rehearsedWorld } from '../../world/rehearsed-world.ts'

/** Says what it was asked. */
const ECHO: Program = {
  start({ listen, signal }) {
    listen(9090, async ({ method, path, query, headers, body }) => {
      if (path === '/odd') return { status: 99, headers: {}, body: 'odd' }
      if (path === '/old') return { status: 302, headers: { location: '/graph' }, body: '' }
      const sent = new TextDecoder().decode(await body())
      const text = `${method} ${path} ${query.get('query') ?? ''} ${sent} ${headers['authorization'] ?? 'nobody'}`
      return { status: 200, headers: { 'content-type': 'text/plain', 'x-echo': 'yes' }, body: text }
    })
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(0), { once: true }))
  },
}

async function clusterWithEcho() {
  const world = rehearsedWorld({ seed: 'proxy' })
  const platform = await createPlatform({ world, programs: ({ image }) => (image === 'test/echo' ? ECHO : undefined) })
  const { clock } = world
  const { client } = platform
  await clock.advance(5_000)
  const ports = [{ name: 'web', containerPort: 9090 }]
  const metadata = { name: 'echo', namespace: 'default', labels: { app: 'echo' } }
  const containers = [{ name: 'echo', image: 'test/echo', ports }]
  await client.create({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers } } as Pod)
  await client.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'default' },
    spec: { containers: [{ name: 'web', image: 'bazaar/web:v1', ports: [{ containerPort: 8080 }] }] },
  } as Pod)
  const service = (name: string, selector: object, port: object = { name: 'web' }) =>
    client.create({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'default' },
      spec: { selector, ports: [{ ...port, port: 80, targetPort: 'web' }] },
    } as ApiObject)
  await service('echo', { app: 'echo' })
  await service('empty', { app: 'nothing' })
  await service('unnamed', { app: 'echo' }, {})
  await clock.advance(5_000)
  const access = await platform.listen({ port: 0 })
  const network = new RealNetwork()
  return {
    async ask(path: string, options: { method?: string; body?: string } = {}) {
      const url = `${access.url}/api/v1/namespaces/default/${path}`
      const tls = { ca: access.ca, cert: access.certificate, key: access.key }
      const { method = 'GET', body } = options
      const headers = { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'text/plain' }) }
      const answer = await network.request({ url, method, headers, tls, ...(body === undefined ? {} : { body }) })
      let text = ''
      for await (const chunk of answer.body) text += new TextDecoder().decode(chunk)
      return { status: answer.status, headers: answer.headers, text }
    },
    async podIp() {
      return (await client.get(Pod, { namespace: 'default', name: 'echo' }))?.status?.podIP ?? ''
    },
    [Symbol.asyncDispose]: () => platform.stop(),
  }
}

test.each(['pods/echo/proxy', 'pods/echo:9090/proxy', 'services/echo:web/proxy', 'services/http:echo:80/proxy'])(
  'what is asked of %s is asked of the program in the pod, by nobody in particular',
  async (path) => {
    await using cluster = await clusterWithEcho()
    const { status, text, headers } = await cluster.ask(`${path}/api/v1/query?query=up%7Ba%3D%22b%22%7D`)
    expect({ status, text }).toEqual({ status: 200, text: 'GET /api/v1/query up{a="b"}  nobody' })
    expect(headers['x-echo']).toBe('yes')
    expect((await cluster.ask(`${path}/x`, { method: 'POST', body: 'hello' })).text).toBe('POST /x  hello nobody')
    expect((await cluster.ask(`${path}/x`, { method: 'DELETE' })).text).toBe('DELETE /x   nobody')
  },
)

test('a port of a Service that has no name is known by its number, and by none', async () => {
  await using cluster = await clusterWithEcho()
  expect((await cluster.ask('services/unnamed:80/proxy/x')).text).toBe('GET /x   nobody')
  expect((await cluster.ask('services/unnamed/proxy/x')).text).toBe('GET /x   nobody')
})

test('a simulated pod answers through the proxy too', async () => {
  await using cluster = await clusterWithEcho()
  expect((await cluster.ask('pods/web:8080/proxy/cart')).text).toBe('default/web answers GET /cart\n')
})

test('a redirect leads through the proxy again, and so does a path without its slash', async () => {
  await using cluster = await clusterWithEcho()
  const prefix = '/api/v1/namespaces/default/services/echo:web/proxy'
  const moved = await cluster.ask('services/echo:web/proxy/old')
  expect([moved.status, moved.headers['location']]).toEqual([302, `${prefix}/graph`])
  const slashed = await cluster.ask('services/echo:web/proxy')
  expect([slashed.status, slashed.headers['location']]).toEqual([301, `${prefix}/`])
})

test('where nobody answers, the reason is told in upstream words', async () => {
  await using cluster = await clusterWithEcho()
  const refusal = async (path: string): Promise<string> => {
    const { text } = await cluster.ask(path)
    const { code, message } = JSON.parse(text) as { code: number; message: string }
    return `${code} ${message}`
  }
  const ip = await cluster.podIp()
  expect(await refusal('pods/echo:1/proxy/')).toBe(
    `503 error trying to reach service: dial tcp ${ip}:1: connect: connection refused`,
  )
  expect(await refusal('pods/echo:9090/proxy/odd')).toBe(
    '503 error trying to reach service: net/http: HTTP/1.x transport connection broken: malformed HTTP status code "099"',
  )
  expect(await refusal('services/empty:web/proxy/')).toBe('503 no endpoints available for service "empty"')
  expect(await refusal('services/echo:81/proxy/')).toBe('503 no service port 81 found for service "echo"')
  expect(await refusal('pods/none/proxy/')).toBe('404 pods "none" not found')
  expect(await refusal('pods/a:b:c:d/proxy/')).toBe('400 invalid pod request "a:b:c:d"')
})
