import { describe, expect, test } from 'vitest'
import { until } from '../../../../test/support/http1-proxy.ts'
import {
  askThrough,
  CART,
  listen,
  MESH_UPSTREAM,
  MUTUAL,
  open,
  serving,
  sockets,
  tls,
  WEB,
  wheel,
} from '../../../../test/support/mesh-listener.ts'
import { VirtualClock } from '../../../world/virtual-clock.ts'
import type { TlsPlan, UpstreamOptions } from '../../exchange/steps.ts'
import type { Connector } from '../connector.ts'
import { ConnectionPool } from '../http1/connection-pool.ts'
import { TimerWheel } from '../timer-wheel.ts'
import { meshConnector } from '../tls/tls-connector.ts'
import { tunnellingConnector } from './tunnelling-connector.ts'

interface Client {
  /** The answer's status, or what went wrong. */
  ask(upstream?: UpstreamOptions): Promise<number | string>
  /** Handshakes up to now, and what has been agreed on in each. */
  readonly handshakes: (string | undefined)[]
  readonly pool: ConnectionPool
  /** Of tunnels alone. */
  readonly clock: VirtualClock
  credential: object
}

/** A proxy that speaks to the one who listens at a port. */
function clientOf({ port }: { port: number }, mayTunnel = true): Client {
  const handshakes: (string | undefined)[] = []
  const connector = meshConnector(tls, { owner: WEB, locate: () => ({ host: '127.0.0.1', port }) })
  const counting: Connector = {
    connect: (endpoint, upstream, waiting) =>
      connector.connect(endpoint, upstream, {
        ...waiting,
        onConnected(socket, protocol) {
          handshakes.push(protocol)
          waiting.onConnected(socket, protocol)
        },
      }),
  }
  const clock = new VirtualClock(0)
  const client: { credential: object } = { credential: {} }
  const tunnels = tunnellingConnector({
    sockets,
    wheel: new TimerWheel(clock),
    connector: counting,
    credentialOf: () => client.credential,
  })
  const pool = new ConnectionPool({ sockets, wheel, connector: mayTunnel ? tunnels : counting })
  open.push({
    close() {
      pool.drain()
      tunnels.drain()
    },
  })
  const ask = (upstream = MESH_UPSTREAM): Promise<number | string> => askThrough(pool, upstream)
  return Object.assign(client, { ask, handshakes, pool, clock })
}

const asked = (client: Client, times: number): Promise<(number | string)[]> =>
  Promise.all(Array.from({ length: times }, () => client.ask()))

const TUNNEL = 'dabba-tunnel+istio-http/1.1'

describe('connections between proxies of the mesh', () => {
  test('share one tunnel, and are each admitted with what the handshake showed', async () => {
    const listener = await listen(await serving(), { plan: MUTUAL })
    const client = clientOf(listener)
    expect(await asked(client, 20)).toEqual(Array(20).fill(200))
    expect(client.handshakes).toEqual([TUNNEL])
    expect(listener.admitted).toHaveLength(20)
    for (const connection of listener.admitted) {
      expect(connection).toMatchObject({
        tls: 'mtls',
        alpn: 'istio-http/1.1',
        sni: 'outbound_.80_._.cart',
        source: { address: 'cluster 127.0.0.1' },
        peerPrincipal: 'cluster.local/ns/shop/sa/web',
      })
    }
    expect(client.pool.size).toBe(20)
  })

  test('stand by themselves where the caller asks for no tunnel, or the other side knows of none', async () => {
    const listener = await listen(await serving(), { plan: MUTUAL })
    expect(await clientOf(listener, false).ask()).toBe(200)
    // As gateways have it whose certificate is not the mesh's own.
    const client = clientOf(await listen(await serving(), { plan: { ...MUTUAL, alpn: ['http/1.1'] } as TlsPlan }))
    expect(await asked(client, 5)).toEqual(Array(5).fill(200))
    expect(client.handshakes).toEqual(Array(5).fill(undefined))
  })

  test('take another tunnel once there are other credentials; those that are there stay', async () => {
    const listener = await listen(await serving(), { plan: MUTUAL })
    const client = clientOf(listener)
    await asked(client, 2)
    client.credential = {}
    await asked(client, 2)
    expect(client.handshakes).toHaveLength(1)
    await asked(client, 4)
    expect(client.handshakes).toEqual([TUNNEL, TUNNEL])
    expect(client.pool.size).toBe(4)
  })

  test('take another tunnel after ten minutes, and an idle one is closed after one', async () => {
    const listener = await listen(await serving(), { plan: MUTUAL })
    const client = clientOf(listener)
    await asked(client, 1)
    await client.clock.advance(601_000)
    await asked(client, 2)
    expect(client.handshakes).toHaveLength(2)
    client.pool.drain()
    // The second one is still there, with its socket, and carries nothing.
    await until(() => listener.size === 2)
    await client.clock.advance(61_000)
    await until(() => listener.size === 0)
  })

  test('fail together when there is nobody', async () => {
    const { port } = await listen(await serving(), { plan: MUTUAL })
    await Promise.all(open.splice(0).map((one) => one.close()))
    const client = clientOf({ port })
    expect(new Set(await asked(client, 3))).toEqual(new Set(['connect: Connection refused']))
  })
})

describe('the proxy at a tunnel’s other end', () => {
  test('judges each connection by the configuration of its own time', async () => {
    let plan: TlsPlan = MUTUAL
    const listener = await listen(await serving(), { tlsPlan: () => plan })
    const client = clientOf(listener)
    await asked(client, 1)
    plan = { ...MUTUAL, alpn: ['istio-http/1.1'] } as TlsPlan
    // Nothing is lost: what comes in the tunnel is still welcome, and the next one is made by what counts now.
    expect(await asked(client, 3)).toEqual([200, 200, 200])
    expect(await asked(client, 6)).toEqual(Array(6).fill(200))
    expect(client.handshakes).toHaveLength(2)
    plan = { kind: 'refuse' }
    expect(await asked(client, 12)).toContain('closed: undefined')
  })

  test('takes no more once another workload has its address', async () => {
    let owner = CART
    const listener = await listen(await serving(), {
      plan: MUTUAL,
      get owner() {
        return owner
      },
    })
    const client = clientOf(listener)
    await asked(client, 1)
    owner = { ...CART, serviceAccount: 'till' }
    expect(await asked(client, 2)).toEqual([200, 'closed: undefined'])
    expect(await asked(client, 2)).toEqual([200, 200])
    expect(client.handshakes).toHaveLength(2)
  })

  test('lets what is under way finish when it closes, and takes nothing new', async () => {
    const listener = await listen(await serving(), { plan: MUTUAL })
    const client = clientOf(listener)
    await asked(client, 3)
    await listener.close(5_000)
    expect(await client.ask()).toMatch(/^connect/)
  })
})
