import { Agent, createServer, type IncomingMessage, request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DEFAULT_MESH } from '../../src/mesh/config/mesh-config.ts'
import { guardOf } from '../../src/mesh/authorize/guard.ts'
import { Mesh, type MeshOptions } from '../../src/mesh/exchange/mesh.ts'
import type { ConnectionRecord, ExchangeRecord } from '../../src/mesh/exchange/records.ts'
import { Identities } from '../../src/mesh/identity/identities.ts'
import { newMeshAuthority } from '../../src/mesh/identity/mesh-authority.ts'
import type { ExtensionProvider } from '../../src/mesh/config/types/extension-provider.ts'
import { MeshTraffic } from '../../src/mesh/runtime/mesh-traffic.ts'
import { compile, type Snapshot } from '../../src/mesh/snapshot.ts'
import type { InProcessServers } from '../../src/mesh/sockets/in-process-upstreams.ts'
import { plainConnector } from '../../src/mesh/sockets/connector.ts'
import { ConnectionPool } from '../../src/mesh/sockets/http1/connection-pool.ts'
import { type OpenListener, openListener } from '../../src/mesh/sockets/listener-set.ts'
import { TimerWheel } from '../../src/mesh/sockets/timer-wheel.ts'
import { MeshTls } from '../../src/mesh/sockets/tls/mesh-tls.ts'
import { metricsText } from '../../src/mesh/telemetry/exposed-family.ts'
import { MeshMetrics } from '../../src/mesh/telemetry/mesh-metrics.ts'
import type { RequestOptions, ResponseStream } from '../../src/world/network.ts'
import { SeededRandom } from '../../src/world/random.ts'
import { realWorld } from '../../src/world/real-world.ts'
import { AUTHORIZER, PORT, type RandomCall, type RandomMesh } from './random-mesh.ts'
import { StandingTime } from './standing-time.ts'

const HOST = '127.0.0.1'
/** Of all clients of the driver in process; hashes see it. */
export const CLIENT_PORT = 40_000
const DOES_NOT_PASS: ReadonlySet<string> = new Set(['connection', 'date', 'keep-alive', 'transfer-encoding'])

/** What a client gets, without what differs from run to run. */
export interface Seen {
  /** 0: the connection was closed without an answer. */
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Two meshes of one configuration and the same dice, one driven over sockets and one in process. */
export interface TwoDrivers extends AsyncDisposable {
  overSockets(call: RandomCall): Promise<Seen>
  inProcess(call: RandomCall): Promise<Seen>
  /** Records of exchanges and connections since the last call, and all metrics, of each driver; without times and ports. */
  told(): { readonly sockets: Told; readonly process: Told }
}

export interface Told {
  readonly records: readonly object[]
  readonly nowMs: number
  metrics(): string
}

const BETWEEN_CALLS_MS = 250

export async function twoDrivers(mesh: RandomMesh, seed: string): Promise<TwoDrivers> {
  const snapshot = snapshotOf(mesh)
  const times = { sockets: new StandingTime(), process: new StandingTime() }
  const meshes = { sockets: meshOf(snapshot, seed), process: meshOf(snapshot, seed) }
  const sockets = new SocketDriver(mesh, meshes.sockets, times.sockets)
  const inProcess = processDriver(mesh, meshes.process, times.process)
  await sockets.start()
  return {
    async overSockets(call) {
      times.sockets.pass(BETWEEN_CALLS_MS)
      const answer = await sockets.ask(call)
      await copiesOver(meshes.sockets.mesh, mesh)
      return answer
    },
    async inProcess(call) {
      times.process.pass(BETWEEN_CALLS_MS)
      const answer = await inProcess.ask(call)
      await copiesOver(meshes.process.mesh, mesh)
      return answer
    },
    told: () => ({
      sockets: { ...sockets.observed.take(), nowMs: times.sockets.nowMs },
      process: { ...inProcess.observed.take(), nowMs: times.process.nowMs },
    }),
    [Symbol.asyncDispose]: () => sockets.close(),
  }
}

/** Nobody waits for copies of requests, but they count: the next call comes when nothing is under way any more. */
async function copiesOver(mesh: Mesh, { pods }: RandomMesh): Promise<void> {
  const isBusy = (): boolean =>
    pods.some(({ address }) => {
      const workload = mesh.workloadAt(address)
      const clusters = workload === undefined ? [] : [...mesh.proxyOf(workload).clusters()]
      return clusters.some(({ state }) => state.active > 0)
    })
  for (let turns = 0; turns < TURNS_MAX && isBusy(); turns++) await new Promise((resolve) => setImmediate(resolve))
}

const TURNS_MAX = 1_000

export interface ObservedMesh {
  readonly mesh: Mesh
  readonly observed: Observed
}

export function snapshotOf({ objects }: RandomMesh): Snapshot {
  return compile(objects, { ...DEFAULT_MESH, extensionProviders: PROVIDERS })
}

export function meshOf(snapshot: Snapshot, seed: string, options: Partial<MeshOptions> = {}): ObservedMesh {
  const dice = new SeededRandom(seed)
  const observed = new Observed()
  const noKeys = { keysOf: () => ({ keys: [] }) as never }
  const guards = guardOf({ keys: noKeys })
  const mesh = new Mesh({
    snapshot: () => snapshot,
    dice: () => dice.next(),
    fuses: true,
    observer: observed,
    guardOf: guards,
    ...options,
  })
  return { mesh, observed }
}

export class Observed {
  readonly metrics = new MeshMetrics()
  #records: object[] = []

  exchange(record: ExchangeRecord): void {
    this.metrics.exchange(record)
    const { requestId: _, startMs: _start, endMs: _end, upstreamServiceMs: _ms, sentHeaders, request, ...rest } = record
    const { headers, ...line } = request
    this.#records.push({
      ...rest,
      downstreamAddress: rest.downstreamAddress.replace(/:\d+$/, ''),
      request: { ...line, headers: comparable(headers) },
      sentHeaders: comparable(sentHeaders),
      responseHeaders: comparable(rest.responseHeaders),
      ended: { ...rest.ended },
    })
  }

  connection(record: ConnectionRecord): void {
    this.metrics.connection(record)
  }

  take(): Omit<Told, 'nowMs'> {
    const records = this.#records
    this.#records = []
    return { records, metrics: () => metricsText(this.metrics.families()) }
  }
}

function comparable(list: readonly string[]): readonly string[] {
  const pairs: string[] = []
  for (let index = 0; index < list.length; index += 2) {
    const name = list[index] ?? ''
    if (!DOES_NOT_PASS.has(name) && !RUN_DEPENDENT.has(name)) pairs.push(`${name}: ${list[index + 1]}`)
  }
  return pairs.toSorted()
}

const RUN_DEPENDENT: ReadonlySet<string> = new Set(['x-envoy-upstream-service-time', 'x-request-id'])

const CHECK = {
  service: AUTHORIZER.host,
  port: PORT,
  pathPrefix: '/check',
  includeRequestHeadersInCheck: ['x-check', 'x-re*'],
  headersToUpstreamOnAllow: ['x-backend'],
  headersToDownstreamOnAllow: ['x-backend'],
  headersToDownstreamOnDeny: ['x-back*'],
  includeRequestBodyInCheck: { maxRequestBytes: 1_000, allowPartialMessage: true },
}

/** One sees the beginning of a body and refuses when it cannot be asked; the other wants all of it, and is let off. */
const PROVIDERS: readonly ExtensionProvider[] = [
  { name: 'check', envoyExtAuthzHttp: CHECK },
  {
    name: 'lenient',
    envoyExtAuthzHttp: { ...CHECK, failOpen: true, includeRequestBodyInCheck: { maxRequestBytes: 1_500 } },
  },
]

/** What pods answer: who it is and what it was asked, with the status that the request wishes for. */
function answerOf(
  address: string,
  asked: { readonly method: string; readonly target: string; readonly wish: string | undefined },
) {
  const body = `${address} ${asked.method} ${asked.target}`
  const headers = { 'content-length': String(body.length), 'content-type': 'text/plain', 'x-backend': address }
  return { status: Number(asked.wish ?? 200) || 200, headers, body }
}

/** How long one who hangs has to hang until its caller gives up; undefined where that would be never. */
function patienceOf(timeout: string | string[] | undefined): number | undefined {
  return timeout === undefined ? undefined : Number(timeout)
}

/** What the authorizer answers: the status that is wished for, and what it has been shown. */
function checkedOf(asked: {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly bytes: number
}) {
  const { method, target, headers, bytes } = asked
  const shown = ['x-region', 'x-version', 'x-envoy-auth-partial-body'].map((name) => textOf(headers[name]))
  const body = method === 'HEAD' ? '' : `check ${method} ${target} ${shown.join(' ')} ${bytes}`
  const own = { 'content-length': String(body.length), 'content-type': 'text/plain', 'x-backend': `check ${bytes}` }
  return { status: Number(headers['x-check'] ?? 200), headers: own, body }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '-'
}

/** Of an answer that says it is longer, and breaks off. */
const HALF = 'half of it'
const TIMEOUT = 'x-envoy-expected-rq-timeout-ms'

/** `approach`: what becomes of a request to the proxy of a pod, where hops are not decided at once. */
export function processDriver(
  { pods }: RandomMesh,
  { mesh, observed }: ObservedMesh,
  time: StandingTime,
  approach?: (servers: InProcessServers) => InProcessServers['deliver'],
): { ask(call: RandomCall): Promise<Seen>; readonly observed: Observed } {
  const addresses = new Set(pods.map(({ address }) => address))
  const living = new Set(pods.flatMap(({ address, isDead }) => (isDead ? [] : [address])))
  const servers: InProcessServers = {
    isListening: ({ ip, port }) => (living.has(ip) || ip === AUTHORIZER.address) && port === PORT,
    owns: (ip) => addresses.has(ip),
    deliver: ({ ip }, request) =>
      living.has(ip) || ip === AUTHORIZER.address ? delivered(ip, request, time) : broken('refused'),
  }
  const toPods = approach?.(servers)
  const traffic = new MeshTraffic({
    mesh,
    metricsOf: (proxy) => observed.metrics.families(proxy),
    controlPlaneMetrics: () => [],
    proxied: {
      isControlPlane: () => false,
      typeAt: (address) => (addresses.has(address) ? 'sidecar' : undefined),
    },
    clock: time.clock,
    wheel: new TimerWheel(time.wheelClock),
    servers: {
      ...servers,
      approach(address, request, origin) {
        if (address.ip === AUTHORIZER.address) return delivered(address.ip, request, time)
        return toPods?.(address, request, origin) ?? broken('all others are behind proxies')
      },
    },
  })
  return {
    observed,
    async ask({ from, service, method, path, headers, body }) {
      const request = { url: `http://${service}${path}`, method, headers, ...(body !== '' && { body }) }
      const to = { ip: serviceAddress(mesh.snapshot, service), port: 80 }
      try {
        const answer = await traffic.leaving(to, request, { podIp: podOf(pods, from).address })
        if (answer === undefined) throw new Error(`${from} has no proxy`)
        const parts: Uint8Array[] = []
        for await (const part of answer.body) parts.push(part)
        return seen(answer.status, answer.headers, Buffer.concat(parts).toString())
      } catch (error) {
        if ((error as { how?: string }).how === 'reset') return seen(0, {}, '')
        throw error
      }
    },
  }
}

async function delivered(
  ip: string,
  { url, method, headers = {}, body = '', signal }: RequestOptions,
  time: StandingTime,
): Promise<ResponseStream> {
  const { pathname, search } = new URL(url)
  const wish = headers['x-answer']
  const asked = { method, target: pathname + search, headers, bytes: Buffer.byteLength(body) }
  const answer = ip === AUTHORIZER.address ? checkedOf(asked) : answerOf(ip, { ...asked, wish })
  const patienceMs = patienceOf(headers[TIMEOUT])
  // Who calls is not done with calling yet.
  await time.clock.yield()
  if (wish === 'reset') return broken('reset')
  if (wish === 'garbage') return broken('protocol')
  if (wish === 'hang' && patienceMs !== undefined) {
    time.pass(patienceMs)
    return new Promise((_resolve, reject) => {
      if (signal?.aborted === true) reject(signal.reason as Error)
      else signal?.addEventListener('abort', () => reject(signal.reason as Error))
    })
  }
  return { ...answer, body: wish === 'half' ? half() : once(method === 'HEAD' ? '' : answer.body) }
}

function broken(how: string): Promise<never> {
  return Promise.reject(Object.assign(new Error(how), { how }))
}

async function* half(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(HALF)
  await broken('reset')
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  if (text !== '') yield new TextEncoder().encode(text)
}

/** A listener for each pair of caller and service, and a server for each pod. */
class SocketDriver {
  readonly observed: Observed
  readonly #random: RandomMesh
  readonly #mesh: Mesh
  readonly #time: StandingTime
  readonly #servers = new Map<string, Server>()
  readonly #listeners = new Map<string, OpenListener>()
  readonly #agent = new Agent({ keepAlive: true })
  #pool: ConnectionPool | undefined

  constructor(random: RandomMesh, { mesh, observed }: ObservedMesh, time: StandingTime) {
    this.#random = random
    this.#mesh = mesh
    this.#time = time
    this.observed = observed
  }

  async start(): Promise<void> {
    for (const { address, isDead } of this.#random.pods) {
      if (!isDead) this.#servers.set(address, await serverOf(address, this.#time))
    }
    this.#servers.set(AUTHORIZER.address, await serverOf(AUTHORIZER.address, this.#time))
    const world = realWorld({ seed: 'drivers' })
    const authority = newMeshAuthority({ organization: 'cluster.local' }, world)
    const identities = new Identities({ authority, trust: { trustDomain: 'cluster.local' } }, world)
    const { sockets } = world
    const { clock, wheelClock } = this.#time
    const wheel = new TimerWheel(wheelClock)
    const tls = new MeshTls({ sockets, clock, identities, secrets: () => undefined })
    const connector = plainConnector(sockets, ({ address }) => ({
      host: HOST,
      port: portOf(this.#servers.get(address)),
    }))
    this.#pool = new ConnectionPool({ sockets, connector, wheel })
    const limits = { headTimeoutMs: 0, idleTimeoutMs: 0 }
    for (const { name, address } of this.#random.pods) {
      const workload = this.#mesh.workloadAt(address)
      if (workload === undefined) throw new Error(`nobody is at ${address}`)
      const proxy = this.#mesh.proxyOf(workload)
      for (const service of new Set(this.#random.pods.map((pod) => pod.service))) {
        const listener = await openListener(
          {
            host: HOST,
            port: 0,
            direction: 'outbound',
            destination: { address: serviceAddress(this.#mesh.snapshot, service), port: 80 },
            clusterAddress: () => address,
            owner: workload,
            isGateway: false,
            readsProxyHeader: false,
            firstBytesTimeoutMs: 0,
            tlsPlan: () => ({ kind: 'refuse' }),
            admit: (connection) =>
              proxy.admit({ ...connection, source: { address: connection.source.address, port: CLIENT_PORT } }),
            upstreams: this.#pool,
            connector,
          },
          { sockets, clock, wheel, tls, limits },
        )
        this.#listeners.set(`${name} ${service}`, listener)
      }
    }
  }

  ask({ from, service, method, path, headers, body }: RandomCall): Promise<Seen> {
    const port = this.#listeners.get(`${from} ${service}`)?.port
    const sent = { ...headers, host: service, ...(body !== '' && { 'content-length': String(body.length) }) }
    return new Promise((resolve, reject) => {
      const request = httpRequest({ host: HOST, port, method, path, headers: sent, agent: this.#agent })
      request.on('response', (response: IncomingMessage) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('end', () =>
          resolve(seen(response.statusCode ?? 0, response.headers, Buffer.concat(parts).toString())),
        )
        // It broke off: how much of it came before that is chance.
        response.on('error', () => resolve(seen(0, {}, '')))
      })
      request.on('error', (error: NodeJS.ErrnoException) =>
        error.code === 'ECONNRESET' ? resolve(seen(0, {}, '')) : reject(error),
      )
      request.end(body)
    })
  }

  async close(): Promise<void> {
    this.#agent.destroy()
    this.#pool?.drain()
    await Promise.all([...this.#listeners.values()].map((listener) => listener.close(0)))
    for (const server of this.#servers.values()) server.close().closeAllConnections()
  }
}

async function serverOf(address: string, time: StandingTime): Promise<Server> {
  const server = createServer((request, response) => {
    let bytes = 0
    request.on('data', (part: Buffer) => (bytes += part.length))
    request.on('end', () => {
      const { method = '', url = '', headers, socket } = request
      const given = headers['x-answer']
      const wish = typeof given === 'string' ? given : undefined
      const patienceMs = patienceOf(headers[TIMEOUT])
      if (wish === 'reset') return socket.resetAndDestroy()
      if (wish === 'garbage') return socket.end('no such thing\r\n\r\n')
      if (wish === 'hang' && patienceMs !== undefined) return time.pass(patienceMs)
      const asked = { method, target: url, headers, bytes }
      const answer = address === AUTHORIZER.address ? checkedOf(asked) : answerOf(address, { ...asked, wish })
      response.sendDate = false
      response.writeHead(answer.status, answer.headers)
      if (wish !== 'half') return response.end(answer.body)
      return response.write(HALF, () => socket.end())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, HOST, () => resolve()))
  return server
}

function portOf(server: Server | undefined): number {
  return (server?.address() as AddressInfo | undefined)?.port ?? 1
}

function serviceAddress(snapshot: Snapshot, service: string): string {
  return snapshot.services.get(`${service}.shop.svc.cluster.local`)?.[0]?.addresses[0] ?? ''
}

function podOf(pods: RandomMesh['pods'], name: string): RandomMesh['pods'][number] {
  const found = pods.find((pod) => pod.name === name)
  if (found === undefined) throw new Error(`no pod ${name}`)
  return found
}

function seen(status: number, headers: Readonly<Record<string, string | string[] | undefined>>, body: string): Seen {
  const passed = Object.entries(headers).filter(([name]) => !DOES_NOT_PASS.has(name) && !RUN_DEPENDENT.has(name))
  return {
    status,
    headers: Object.fromEntries(passed.map(([name, value]) => [name, String(value).replaceAll(', ', ',')])),
    body,
  }
}
