import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { PLAINTEXT } from '../../../../test/support/forwarding-exchange.ts'
import { startBackend, until } from '../../../../test/support/http1-proxy.ts'
import type { Clock } from '../../../world/clock.ts'
import { realWorld } from '../../../world/real-world.ts'
import { VirtualClock } from '../../../world/virtual-clock.ts'
import type { UpstreamOptions } from '../../exchange/steps.ts'
import { ConnectionLimit } from '../../balance/connection-limit.ts'
import { PendingLimit } from '../../balance/pending-limit.ts'
import { plainConnector } from '../connector.ts'
import type { AnswerReader } from '../streams.ts'
import { TimerWheel } from '../timer-wheel.ts'
import { ConnectionPool } from './connection-pool.ts'

const { clock, sockets } = realWorld({ seed: 'pool' })
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

function newPool(time: Clock = clock): ConnectionPool {
  const connector = plainConnector(sockets, ({ address, port }) => ({ host: address, port }))
  return new ConnectionPool({ sockets, connector, wheel: new TimerWheel(time) })
}

/** Answers each request a little later, one at a time on each connection. */
function slowBackend(delayMs: number): ReturnType<typeof startBackend> {
  return startBackend((socket) => {
    socket.on('data', () => clock.schedule(delayMs, () => socket.write(OK)))
  })
}

/** The statuses and failures that so many requests at once come to. */
async function askAtOnce(
  count: number,
  {
    pool,
    upstream,
    endpoints,
  }: { pool: ConnectionPool; upstream: UpstreamOptions; endpoints: readonly { address: string; port: number }[] },
): Promise<readonly string[]> {
  const told: string[] = []
  const reader = (): AnswerReader => ({
    onInformational: () => undefined,
    onAnswerHead: (status) => void told.push(String(status)),
    onAnswerData: () => undefined,
    onAnswerEnd: () => undefined,
    onAnswerPause: () => undefined,
    onServerDrain: () => undefined,
    onFailed: ({ how }) => void told.push(how),
  })
  const kept = endpoints.map((endpoint) => ({ ...endpoint, workload: undefined }))
  for (let index = 0; index < count; index++) {
    const endpoint = kept[index % kept.length]
    if (endpoint === undefined) throw new Error('there is no endpoint')
    const head = { method: 'GET', scheme: 'http', authority: 'cart', target: `/${index}`, headers: [] }
    pool.open({ endpoint, head, upstream }, false, reader()).flush()
  }
  await until(() => told.length === count)
  return told
}

test('a burst of requests makes no more connections at once than it may, and all are answered', async () => {
  await using backend = await slowBackend(2)
  const pool = newPool()
  const told = await askAtOnce(300, { pool, upstream: PLAINTEXT, endpoints: [backend.endpoint] })
  expect(new Set(told)).toEqual(new Set(['200']))
  expect(backend.sockets.length).toBeLessThan(300)
  pool.drain()
})

test('a cluster that limits its connections has its requests wait, whichever endpoint they are for', async () => {
  await using first = await slowBackend(5)
  await using second = await slowBackend(5)
  const pool = newPool()
  const upstream = { ...PLAINTEXT, connections: new ConnectionLimit(3) }
  const told = await askAtOnce(30, { pool, upstream, endpoints: [first.endpoint, second.endpoint] })
  expect(new Set(told)).toEqual(new Set(['200']))
  expect(first.sockets.length + second.sockets.length).toBe(3)
  pool.drain()
})

test('a request may wait for the only connection longer than a connection may take to come about', async () => {
  const time = new VirtualClock(0)
  const come = Promise.withResolvers<Socket>()
  await using backend = await startBackend((socket) => {
    socket.once('data', () => {
      come.resolve(socket)
      socket.on('data', () => socket.write(OK))
    })
  })
  const pool = newPool(time)
  const upstream = { ...PLAINTEXT, connections: new ConnectionLimit(1), connectTimeoutMs: 40 }
  const told = askAtOnce(4, { pool, upstream, endpoints: [backend.endpoint] })
  const first = await come.promise
  await time.advance(1_000)
  first.write(OK)
  expect(await told).toEqual(['200', '200', '200', '200'])
  pool.drain()
})

test('of requests that wait for a connection there are no more than the cluster allows', async () => {
  await using backend = await slowBackend(5)
  const pool = newPool()
  const pending = new PendingLimit(3)
  const told = await askAtOnce(10, { pool, upstream: { ...PLAINTEXT, pending }, endpoints: [backend.endpoint] })
  expect(told.toSorted()).toEqual(['200', '200', '200', ...Array.from({ length: 7 }, () => 'overflow')])
  expect(pending.count).toBe(0)
  pool.drain()
})

test('pools of one cluster share its limit of connections', async () => {
  await using first = await slowBackend(5)
  const pools = [newPool(), newPool()]
  const upstream = { ...PLAINTEXT, connections: new ConnectionLimit(3) }
  const asked = pools.map((pool) => askAtOnce(20, { pool, upstream, endpoints: [first.endpoint] }))
  expect(new Set((await Promise.all(asked)).flat())).toEqual(new Set(['200']))
  // The one that had none got one all the same.
  expect(first.sockets.length).toBe(4)
  for (const pool of pools) pool.drain()
})

test('an endpoint without any connection gets one, whatever the limit says', async () => {
  await using first = await slowBackend(5)
  await using second = await slowBackend(5)
  const pool = newPool()
  const upstream = { ...PLAINTEXT, connections: new ConnectionLimit(1) }
  const told = await askAtOnce(10, { pool, upstream, endpoints: [first.endpoint, second.endpoint] })
  expect(new Set(told)).toEqual(new Set(['200']))
  expect([first.sockets.length, second.sockets.length]).toEqual([1, 1])
  pool.drain()
})

test('requests that wait when a server cannot be reached are all told so', async () => {
  const pool = newPool()
  const told = await askAtOnce(100, { pool, upstream: PLAINTEXT, endpoints: [{ address: '127.0.0.1', port: 1 }] })
  expect(new Set(told)).toEqual(new Set(['connect']))
  expect(pool.size).toBe(0)
})
