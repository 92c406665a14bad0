import { once } from 'node:events'
import { request } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Pod } from '../../src/api/kinds/core/pod.ts'
import { TextStream } from '../../src/apiserver/content/text-stream.ts'
import type { HostNetwork } from '../../src/network/host/host-network.ts'
import { startCluster, type TestCluster } from '../../src/testing.ts'
import { arePodsReady } from '../support/cluster-pods.ts'
import { Stalls } from '../support/stalls.ts'

/** Servers outside of the cluster, at the other end of real sockets, that break: what a gateway makes of them, and logs. */
const ADMIN = { username: 'system:admin', groups: ['system:masters'] }
const HOST = '127.0.0.1'
const TIMEOUT_MS = 400
/** What is given up after that; all else has as long as it takes. */
const SLOW = ['/hang', '/trickled-head', '/trickle', '/endless']
/** How late anything may be, beside what the whole process stood still. */
const LATE_MS = 1_000

let cluster: TestCluster
let gateway: Pod
let network: HostNetwork
const servers: Server[] = []
const sockets = new Set<Socket>()

beforeAll(async () => {
  const broken = await serverOf((socket) => socket.once('data', (bytes: Buffer) => act(socket, bytes.toString())))
  const [first, second] = [
    await serverOf((socket) => void socket.end('first')),
    await serverOf((socket) => void socket.end('second')),
  ]
  const nobody = await serverOf(() => undefined)
  servers.pop()?.close()
  cluster = await startCluster({ clock: 'real', seed: 'broken-servers' })
  network = await cluster.platform.reachFromHost()
  await cluster.apply(manifests({ broken, first, second, nobody }))
  await cluster.until(() => arePodsReady(cluster.client, 2))
  await network.settled()
  const { items } = await cluster.client.list(Pod, { labelSelector: 'istio=ingressgateway' })
  if (items[0] === undefined) throw new Error('there is no gateway')
  gateway = items[0]
  await ask('/close')
})

afterAll(async () => {
  await cluster[Symbol.asyncDispose]()
  for (const socket of sockets) socket.destroy()
  for (const server of servers) server.close()
})

/** The port of a server that does one thing with each connection. */
async function serverOf(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    onConnection(socket)
  })
  server.listen(0, HOST)
  await once(server, 'listening')
  servers.push(server)
  return (server.address() as AddressInfo).port
}

const OK = 'HTTP/1.1 200 OK\r\n'

/** Does what the path of a request says. */
function act(socket: Socket, head: string): void {
  const [, path = ''] = /^\S+ (\S+)/.exec(head) ?? []
  switch (path) {
    case '/reset':
      return void socket.resetAndDestroy()
    case '/close':
      return void socket.end()
    case '/garbage':
      return void socket.write('no such thing\r\n\r\n')
    case '/half-a-head':
      return void socket.end(`${OK}X: `)
    case '/two-lengths':
      return void socket.write(`${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`)
    case '/cut':
      return void socket.end(`${OK}Content-Length: 9\r\n\r\nhalf`)
    case '/broken-chunk':
      return void socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzzz`)
    case '/trickle':
      return repeated(socket, `${OK}Content-Length: 9000\r\n\r\n`, '.')
    case '/endless':
      return repeated(socket, `${OK}Transfer-Encoding: chunked\r\n\r\n`, `400\r\n${'.'.repeat(0x400)}\r\n`)
    case '/trickled-head':
      return repeated(socket, OK, 'X: a\r\n')
  }
}

function repeated(socket: Socket, first: string, then: string): void {
  socket.write(first)
  const timer = setInterval(() => socket.write(then), 20)
  socket.once('close', () => clearInterval(timer))
}

function manifests(ports: Readonly<Record<'broken' | 'first' | 'second' | 'nobody', number>>): string {
  const entry = (name: string, protocol: string, endpoint: number): string => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${name}, namespace: shop }
spec:
  hosts: [${name}.example]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{ number: 80, name: ${protocol}, protocol: ${protocol.toUpperCase()} }]
  endpoints: [{ address: ${HOST}, ports: { ${protocol}: ${endpoint} } }]
---`
  return `
apiVersion: v1
kind: Namespace
metadata: { name: istio-system }
---
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: { name: shop-mesh, namespace: istio-system }
spec:
  profile: default
  meshConfig: { accessLogFile: /dev/stdout }
  components:
    ingressGateways:
    - name: istio-ingressgateway
      k8s: { service: { type: LoadBalancer, ports: [{ name: http, port: 80, targetPort: 8080 }, { name: tcp, port: 9000, targetPort: 9000 }, { name: gone, port: 9001, targetPort: 9001 }] } }
---${entry('broken', 'http', ports.broken)}${entry('nobody', 'http', ports.nobody)}${entry('first', 'tcp', ports.first)}${entry('second', 'tcp', ports.second)}${entry('gone', 'tcp', ports.nobody)}
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: shop, namespace: shop }
spec:
  selector: { istio: ingressgateway }
  servers:
  - { port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }
  - { port: { number: 9000, name: tcp, protocol: TCP }, hosts: ["*"] }
  - { port: { number: 9001, name: gone, protocol: TCP }, hosts: ["*"] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: shop, namespace: shop }
spec:
  hosts: ["*"]
  gateways: [shop]
  http:
  - name: nobody
    match: [{ uri: { prefix: /nobody } }]
    route: [{ destination: { host: nobody.example } }]
  - name: slow
    match: [${SLOW.map((path) => `{ uri: { exact: ${path} } }`).join(', ')}]
    route: [{ destination: { host: broken.example } }]
    timeout: ${TIMEOUT_MS}ms
  - name: broken
    route: [{ destination: { host: broken.example } }]
  tcp:
  - match: [{ port: 9000 }]
    route:
    - { destination: { host: first.example }, weight: 75 }
    - { destination: { host: second.example }, weight: 25 }
  - match: [{ port: 9001 }]
    route: [{ destination: { host: gone.example } }]
`
}

function doorOf(port: number): { readonly ip: string; readonly port: number } {
  const door = network.where({ ip: gateway.status?.podIP ?? '', port })
  if (door === undefined) throw new Error(`the gateway cannot be reached at ${port}`)
  return door
}

interface Answer {
  /** 0: there was none. */
  readonly status: number
  readonly text: string
  readonly isWhole: boolean
  readonly tookMs: number
  /** Without what the process stood still meanwhile. */
  readonly awakeMs: number
}

function ask(path: string): Promise<Answer> {
  const beganMs = performance.now()
  const stalls = new Stalls()
  const { ip: host, port } = doorOf(8080)
  return new Promise((resolve) => {
    let [status, text] = [0, '']
    const end = (isWhole: boolean): void => {
      const tookMs = performance.now() - beganMs
      resolve({ status, text, isWhole, tookMs, awakeMs: tookMs - stalls.sumMs })
      stalls[Symbol.dispose]()
    }
    const asked = request({ host, port, path }, (answer) => {
      status = answer.statusCode ?? 0
      answer.on('data', (part: Buffer) => (text += part.toString()))
      answer.on('end', () => end(true))
      answer.on('error', () => end(false))
    })
    asked.on('error', () => end(false))
    asked.end()
  })
}

/** Status, flags and details of the last line that has `text`, as the gateway's access log shows them. */
async function logged(text: string): Promise<string> {
  let found: string | undefined
  await cluster.until(async () => {
    const lines = (await log()).filter((line) => line.includes(text))
    found = / (\d+ \S+ \S+) \S+ "/.exec(lines.at(-1)?.replace(/"[^"]*" /, '') ?? '')?.[1]
    return found !== undefined
  })
  return found ?? ''
}

async function log(): Promise<readonly string[]> {
  const { name, namespace = '' } = gateway.metadata
  const asked = { verb: 'get', kind: Pod, namespace, name, subresource: 'log' } as const
  const query = new URLSearchParams()
  const answer = await cluster.platform.server.send({ ...asked, query, options: {}, user: ADMIN, trusted: true })
  if (!(answer instanceof TextStream)) throw new Error('no log')
  let text = ''
  for await (const part of answer.chunks) text += part
  return text.split('\n').slice(0, -1)
}

const BEFORE = 'upstream_reset_before_response_started'
const AFTER = 'upstream_reset_after_response_started'

describe('a server that', () => {
  test.each([
    ['/reset', 503, `503 UC ${BEFORE}{connection_termination}`, 0],
    ['/close', 503, `503 UC ${BEFORE}{connection_termination}`, 0],
    ['/half-a-head', 503, `503 UC ${BEFORE}{connection_termination}`, 0],
    ['/garbage', 502, `502 UPE ${BEFORE}{protocol_error}`, 0],
    ['/two-lengths', 502, `502 UPE ${BEFORE}{protocol_error}`, 0],
    ['/hang', 504, '504 UT response_timeout', TIMEOUT_MS],
    ['/trickled-head', 504, '504 UT response_timeout', TIMEOUT_MS],
    ['/nobody', 503, `503 URX,UF ${BEFORE}{remote_connection_failure|delayed_connect_error:_Connection_refused}`, 0],
  ])('%s, before its answer: %i', async (path, status, line, waitMs) => {
    const answer = await ask(path)
    expect(answer).toMatchObject({ status, isWhole: true })
    expect(answer.tookMs).toBeGreaterThanOrEqual(waitMs - 2)
    expect(answer.awakeMs).toBeLessThan(waitMs + LATE_MS)
    expect(await logged(` ${path} `)).toBe(line)
  })

  test.each([
    ['/cut', `200 UC ${AFTER}{connection_termination}`, 0],
    ['/broken-chunk', `200 UPE ${AFTER}{protocol_error}`, 0],
    ['/trickle', '200 UT response_timeout', TIMEOUT_MS],
    ['/endless', '200 UT response_timeout', TIMEOUT_MS],
  ])('%s, within its answer: the client sees that it is cut off', async (path, line, waitMs) => {
    const answer = await ask(path)
    expect(answer.isWhole).toBe(false)
    expect(answer.tookMs).toBeGreaterThanOrEqual(waitMs - 2)
    expect(answer.awakeMs).toBeLessThan(waitMs + LATE_MS)
    expect(await logged(` ${path} `)).toBe(line)
  })
})

describe('connections', () => {
  /** All that a server says to one who says `text`, or nothing. */
  function heard(port: number, said = ''): Promise<string> {
    const door = doorOf(port)
    const socket = connect(door.port, door.ip)
    let text = ''
    socket.on('data', (part: Buffer) => (text += part.toString()))
    socket.on('error', () => undefined)
    if (said !== '') socket.write(said)
    return new Promise((resolve) => void socket.on('close', () => resolve(text)))
  }

  test('are split by weight, and a server may speak first', async () => {
    const calls = 400
    const all: string[] = []
    for (let round = 0; round < calls / 20; round++)
      all.push(...(await Promise.all(Array.from({ length: 20 }, () => heard(9000)))))
    const first = all.filter((text) => text === 'first').length
    expect(all.filter((text) => text === 'second')).toHaveLength(calls - first)
    expect(Math.abs(first - calls * 0.75)).toBeLessThan(4 * Math.sqrt(calls * 0.75 * 0.25))
  })

  test('to nobody are closed', async () => {
    expect(await heard(9001, 'hello')).toBe('')
    expect(await logged('outbound|80||gone.example')).toMatch(/^0 UF,URX -$/)
  })
})
