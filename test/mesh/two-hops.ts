import { InProcessClient } from '../../src/mesh/runtime/in-process-client.ts'
import type { IncomingConnection, IncomingRequest } from '../../src/mesh/exchange/steps.ts'
import { principalOf } from '../../src/mesh/registry/workload.ts'
import { headerListOf } from '../../src/mesh/route/header-list.ts'
import { ExchangeRunner } from '../../src/mesh/sockets/exchange-runner.ts'
import { type InProcessServers, inProcessUpstreams } from '../../src/mesh/sockets/in-process-upstreams.ts'
import { TimerWheel } from '../../src/mesh/sockets/timer-wheel.ts'
import type { RequestOptions, ResponseStream } from '../../src/world/network.ts'
import type { RandomCall, RandomMesh } from './random-mesh.ts'
import { StandingTime } from './standing-time.ts'
import {
  CLIENT_PORT,
  meshOf,
  type ObservedMesh,
  processDriver,
  type Seen,
  snapshotOf,
  type Told,
} from './two-drivers.ts'

/** One configuration and the same dice twice: hops decided at once, and by two proxies one after the other. */
export interface TwoHops {
  atOnce(call: RandomCall): Promise<Seen>
  oneByOne(call: RandomCall): Promise<Seen>
  told(): { readonly atOnce: Told; readonly oneByOne: Told }
}

const BETWEEN_CALLS_MS = 250
/** After so many turns of the event loop everybody has told. */
const LAST_TURNS = 5

export function twoHops(mesh: RandomMesh, seed: string): TwoHops {
  const snapshot = snapshotOf(mesh)
  // Who asks for headers of traces tells what was sent from what came.
  const tracing = () => undefined
  const ways = [true, false].map((fuses) => {
    const observed = meshOf(snapshot, seed, { fuses, tracing })
    const time = new StandingTime()
    const driver = processDriver(mesh, observed, time, (servers) => calledProxies(observed, servers, time))
    return {
      async ask(call: RandomCall): Promise<Seen> {
        time.pass(BETWEEN_CALLS_MS)
        const answer = await driver.ask(call)
        // What the called side has to tell of a caller that has gone comes after.
        for (let turn = 0; turn < LAST_TURNS; turn++) await time.clock.yield()
        return answer
      },
      told: (): Told => ({ ...driver.observed.take(), nowMs: time.nowMs }),
    }
  })
  const [atOnce, oneByOne] = ways
  if (atOnce === undefined || oneByOne === undefined) throw new Error('there are two ways')
  return {
    atOnce: (call) => atOnce.ask(call),
    oneByOne: (call) => oneByOne.ask(call),
    told: () => ({ atOnce: atOnce.told(), oneByOne: oneByOne.told() }),
  }
}

/** The proxies before pods, and the pods behind them. */
function calledProxies(
  { mesh }: ObservedMesh,
  servers: InProcessServers,
  { clock, wheelClock }: StandingTime,
): InProcessServers['deliver'] {
  const wheel = new TimerWheel(wheelClock)
  return async ({ ip, port }, request, { podIp = '' }) => {
    const [server, caller] = [mesh.workloadAt(ip), mesh.workloadAt(podIp)]
    if (server === undefined || caller === undefined) throw new Error(`nobody is at ${ip} or ${podIp}`)
    const isMutual = request.url.startsWith('https:')
    const secured: Pick<IncomingConnection, 'tls' | 'alpn' | 'peerPrincipal'> = isMutual
      ? { tls: 'mtls', alpn: 'istio-http/1.1', peerPrincipal: principalOf(caller) }
      : { tls: 'plaintext', alpn: 'http/1.1' }
    const admission = mesh.proxyOf(server).admit({
      direction: 'inbound',
      destination: { address: ip, port },
      source: { address: podIp, port: CLIENT_PORT },
      ...secured,
    })
    if (admission.kind === 'refuse') admission.tell?.(clock.now())
    if (admission.kind !== 'http') throw Object.assign(new Error(admission.kind), { how: 'closed' })
    const bytes = Buffer.from(request.body ?? '')
    const client = new InProcessClient(incomingOf(request, bytes.length), bytes)
    const upstreams = inProcessUpstreams(servers, { podIp: ip, further: undefined })
    const exchange = admission.exchange(client.request)
    const runner = new ExchangeRunner(exchange, client, { clock, wheel, upstreams })
    client.attach(runner)
    runner.start()
    return whole(await client.answer(request.signal))
  }
}

/** Between two proxies, small answers have come whole before the caller's looks at their beginning. */
async function whole(answer: ResponseStream): Promise<ResponseStream> {
  const parts: Uint8Array[] = []
  let failure: unknown
  try {
    for await (const part of answer.body) parts.push(part)
  } catch (error) {
    failure = error
  }
  return { ...answer, body: again(parts, failure) }
}

async function* again(parts: readonly Uint8Array[], failure: unknown): AsyncGenerator<Uint8Array> {
  yield* parts
  if (failure !== undefined) await Promise.reject(failure as Error)
}

function incomingOf({ url: text, method, headers = {} }: RequestOptions, length: number): IncomingRequest {
  const url = new URL(text)
  const { host = url.host, ...others } = headers
  const sent = length > 0 ? { ...others, 'content-length': String(length) } : others
  const target = `${url.pathname}${url.search}`
  return { method, scheme: 'http', authority: host, target, headers: headerListOf(sent), version: 'HTTP/1.1' }
}
