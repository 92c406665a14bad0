import { afterEach } from 'vitest'
import type {
  Admission,
  IncomingConnection,
  TlsPlan,
  UpstreamOptions,
  UpstreamTls,
} from '../../src/mesh/exchange/steps.ts'
import { Identities } from '../../src/mesh/identity/identities.ts'
import { newMeshAuthority } from '../../src/mesh/identity/mesh-authority.ts'
import { plainConnector } from '../../src/mesh/sockets/connector.ts'
import { ConnectionPool } from '../../src/mesh/sockets/http1/connection-pool.ts'
import { SessionPool } from '../../src/mesh/sockets/http2/session-pool.ts'
import {
  type ListenerPlan,
  openListener,
  type OpenListener,
  upstreamsByProtocol,
} from '../../src/mesh/sockets/listener-set.ts'
import { TimerWheel } from '../../src/mesh/sockets/timer-wheel.ts'
import type { Upstreams } from '../../src/mesh/sockets/streams.ts'
import { MeshTls } from '../../src/mesh/sockets/tls/mesh-tls.ts'
import { realWorld } from '../../src/world/real-world.ts'
import { forwardingExchange, PLAINTEXT } from './forwarding-exchange.ts'
import { answering, type Backend, startBackend } from './http1-proxy.ts'

const world = realWorld({ seed: 'listener' })
export const { sockets } = world
const { clock } = world
export const wheel = new TimerWheel(clock)
const trust = { trustDomain: 'cluster.local' }
const authority = newMeshAuthority({ organization: 'cluster.local' }, world)
const identities = new Identities({ authority, trust }, world)
export const tls = new MeshTls({ sockets, clock, identities, secrets: () => undefined })
export const CART = { namespace: 'shop', serviceAccount: 'cart' }
export const WEB = { namespace: 'shop', serviceAccount: 'web' }
export const MUTUAL: TlsPlan = {
  kind: 'terminate',
  certificate: 'default',
  clientCertificate: 'required',
  alpn: ['istio-http/1.1', 'istio-h2', 'h2', 'istio'],
}
export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
export const GET = 'GET / HTTP/1.1\r\nHost: shop\r\n\r\n'

/** What is closed after each test, the last one first. */
export const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close()
})

interface Opened extends OpenListener {
  readonly admitted: readonly IncomingConnection[]
}

/** A listener before a server, which admits everybody in one way. */
export async function listen(
  backend: Backend,
  options: Partial<ListenerPlan> & { admits?: Admission['kind']; plan?: TlsPlan } = {},
): Promise<Opened> {
  const { admits = 'http', plan = { kind: 'refuse' }, ...fields } = options
  const admitted: IncomingConnection[] = []
  const locate = ({ address, port }: { address: string; port: number }) => ({ host: address, port })
  const connector = plainConnector(sockets, locate)
  const http1 = new ConnectionPool({ sockets, wheel, connector })
  const http2 = new SessionPool({ wheel, connector, sockets })
  const { endpoint } = backend
  const listener = await openListener(
    {
      host: '127.0.0.1',
      port: 0,
      direction: 'inbound',
      destination: { address: '10.0.0.1', port: 80 },
      clusterAddress: (host) => `cluster ${host}`,
      isGateway: false,
      readsProxyHeader: false,
      firstBytesTimeoutMs: 0,
      tlsPlan: () => plan,
      admit(connection) {
        admitted.push(connection)
        if (admits === 'refuse') return { kind: 'refuse', reason: 'no-filter-chain' }
        if (admits === 'http') {
          const forwarding = { endpoint, upstream: PLAINTEXT }
          return { kind: 'http', exchange: (request) => forwardingExchange(request, forwarding) }
        }
        const exchange = {
          start: () => ({ kind: 'connect', endpoint, upstream: PLAINTEXT, timeoutMs: 60_000 }) as const,
          on: (happened: { kind: string }) =>
            happened.kind === 'connected'
              ? ({ kind: 'pipe', idleTimeoutMs: 0 } as const)
              : ({ kind: 'close' } as const),
          ended: () => undefined,
        }
        return { kind: 'tcp', exchange: () => exchange }
      },
      upstreams: upstreamsByProtocol({ http1, http2 }),
      connector,
      ...fields,
      // A pod may get another's address.
      get owner() {
        return options.owner ?? CART
      },
    },
    { sockets, clock, wheel, tls, limits: { headTimeoutMs: 0, idleTimeoutMs: 0 } },
  )
  open.push({ close: () => listener.close(0) }, { close: () => http1.drain() })
  return Object.defineProperties({ admitted } as unknown as Opened, Object.getOwnPropertyDescriptors(listener))
}

/** A server that always answers the same. */
export async function serving(answer = OK): Promise<Backend> {
  const backend = await startBackend(answering(answer))
  open.push({ close: () => backend[Symbol.asyncDispose]() })
  return backend
}

export const MESH_TLS: UpstreamTls = {
  sni: 'outbound_.80_._.cart',
  alpn: ['istio-http/1.1', 'istio'],
  subjectAltNames: [],
  skipsVerification: false,
}
/** How a proxy of the mesh speaks to another. */
export const MESH_UPSTREAM: UpstreamOptions = { ...PLAINTEXT, transport: 'mtls', tls: MESH_TLS }

/** Sends a request by a proxy's own means; resolves with the answer's status, or what went wrong. */
export function askThrough(upstreams: Upstreams, upstream: UpstreamOptions): Promise<number | string> {
  const head = { method: 'GET', scheme: 'http', authority: 'shop', target: '/', headers: [] }
  const target = { endpoint: { address: '10.0.0.1', port: 80, workload: undefined }, head, upstream }
  return new Promise((resolve) => {
    upstreams.open(target, false, {
      onInformational: () => undefined,
      onAnswerHead: resolve,
      onAnswerData: () => undefined,
      onAnswerEnd: () => undefined,
      onAnswerPause: () => undefined,
      onServerDrain: () => undefined,
      onFailed: ({ how, reason }) => resolve(`${how}: ${reason}`),
    })
  })
}
