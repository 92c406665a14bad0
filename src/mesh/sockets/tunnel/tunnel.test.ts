import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { RealSockets } from '../../../world/real-sockets.ts'
import { SeededRandom } from '../../../world/random.ts'
import type { HostSocket, SocketListener } from '../../../world/sockets.ts'
import { type CarriedConnection, WINDOW_BYTES } from './carried-connection.ts'
import { frameHead, DATA, OPEN } from './frames.ts'
import { Tunnel, type TunnelOptions } from './tunnel.ts'

const sockets = new RealSockets()
/** How long a test waits for what must come: the system may be slower than any number of turns of ours. */
const PATIENCE_MS = 60_000
const listeners: SocketListener[] = []
const sides: { destroy(): void }[] = []

afterEach(async () => {
  for (const side of sides.splice(0)) side.destroy()
  for (const listener of listeners.splice(0)) await listener.close()
})

interface Pair {
  readonly client: Tunnel
  readonly server: Tunnel
  /** What the client has begun, as the server has it, in order. */
  readonly arrived: CarriedConnection[]
  readonly wires: { readonly client: HostSocket; readonly server: HostSocket }
}

async function pairOf(options: Partial<TunnelOptions> = {}, clientOptions: Partial<TunnelOptions> = {}): Promise<Pair> {
  const arrived: CarriedConnection[] = []
  const wires = await connected()
  const onConnection = (connection: CarriedConnection): void => {
    connection.on('error', () => undefined)
    arrived.push(connection)
  }
  const server = new Tunnel(wires.server, { sockets, onConnection, ...options })
  const client = new Tunnel(wires.client, { sockets, ...clientOptions })
  wires.server.resume()
  sides.push(server, client)
  return { client, server, arrived, wires }
}

async function connected(): Promise<Pair['wires']> {
  const { promise, resolve } = Promise.withResolvers<HostSocket>()
  const listener = await sockets.listen({ host: '127.0.0.1', port: 0, onConnection: resolve })
  listeners.push(listener)
  const client = sockets.connect({ host: '127.0.0.1', port: listener.port })
  return { client, server: await promise }
}

function begin({ client }: Pair): CarriedConnection {
  const connection = client.open()
  if (connection === undefined) throw new Error('the tunnel takes no more')
  connection.on('error', () => undefined)
  return connection
}

async function until<T>(find: () => T | undefined | false): Promise<T> {
  const deadlineMs = performance.now() + PATIENCE_MS
  while (performance.now() < deadlineMs) {
    const found = find()
    if (found !== undefined && found !== false) return found
    await nextTurn()
  }
  throw new Error('it does not come')
}

const arrival = (pair: Pair, index = 0): Promise<CarriedConnection> => until(() => pair.arrived[index])

/** What is read of a connection, in place as proxies read. */
function heardBy(connection: CarriedConnection): { text: string; hasEnded: boolean } {
  const heard = { text: '', hasEnded: false }
  sockets.readInPlace(connection, (bytes) => (heard.text += bytes.toString('latin1')))
  connection.on('end', () => (heard.hasEnded = true))
  return heard
}

describe('a connection in a tunnel', () => {
  test('carries bytes both ways, and its ends one by one', async () => {
    const pair = await pairOf()
    const near = begin(pair)
    const atNear = heardBy(near)
    sockets.gatheredWriter(near).write('chai?')
    near.end()
    const far = await arrival(pair)
    const atFar = heardBy(far)
    await until(() => atFar.hasEnded)
    expect(atFar.text).toBe('chai?')
    expect([near.destroyed, far.destroyed]).toEqual([false, false])
    far.end('garam chai')
    await once(near, 'close')
    expect(atNear).toEqual({ text: 'garam chai', hasEnded: true })
    await until(() => pair.client.size + pair.server.size === 0)
  })

  test('that is destroyed ends at the other side, and who writes on is told', async () => {
    const pair = await pairOf()
    const near = begin(pair)
    const far = await arrival(pair)
    const heard = heardBy(far)
    sockets.gatheredWriter(near).write('half a sent')
    near.destroy()
    await until(() => heard.hasEnded)
    expect(heard.text).toBe('half a sent')
    far.write('are you there?')
    const [error] = (await once(far, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNRESET')
  })

  test('that is reset breaks at the other side', async () => {
    const pair = await pairOf()
    const near = begin(pair)
    const far = await arrival(pair)
    far.resetAndDestroy()
    const [error] = (await once(near, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNRESET')
    expect(near.destroyed).toBe(true)
  })

  test('that nobody reads holds up its writer, and nobody else', async () => {
    const pair = await pairOf()
    const [idle, busy] = [begin(pair), begin(pair)]
    const [unread, read] = [await arrival(pair), await arrival(pair, 1)]
    const heard = heardBy(read)
    const writer = sockets.gatheredWriter(idle)
    writer.write('x'.repeat(WINDOW_BYTES + 100_000))
    sockets.gatheredWriter(busy).write('y'.repeat(3 * WINDOW_BYTES))
    await until(() => heard.text.length === 3 * WINDOW_BYTES)
    expect(unread.readableLength).toBe(WINDOW_BYTES)
    expect(writer.waitingBytes).toBe(100_000)
    const drained = once(idle, 'drain')
    const late = heardBy(unread)
    await drained
    expect(writer.waitingBytes).toBe(0)
    await until(() => late.text.length === WINDOW_BYTES + 100_000)
  })

  test('keeps what was put back, and what came while it was paused', async () => {
    const pair = await pairOf()
    const near = begin(pair)
    const writer = sockets.gatheredWriter(near)
    writer.write('GET / ')
    const far = await arrival(pair)
    const [first] = (await once(far, 'data')) as [Buffer]
    far.pause()
    far.unshift(first)
    writer.write('HTTP/1.1')
    await nextTurn()
    const heard = heardBy(far)
    far.resume()
    await until(() => heard.text.length === 14)
    expect(heard.text).toBe('GET / HTTP/1.1')
  })
})

test('whatever is done with connections of a tunnel, each has its own bytes, in their order, and no others', async () => {
  const pair = await pairOf()
  const dice = new SeededRandom('tunnel')
  const below = (limit: number): number => dice.below(limit)
  interface Side {
    readonly connection: CarriedConnection
    readonly heard: ReturnType<typeof heardBy>
    written: string
    isOver: boolean
  }
  const sideOf = (connection: CarriedConnection): Side => ({
    connection,
    heard: heardBy(connection),
    written: '',
    isOver: false,
  })
  const joined: { readonly near: Side; readonly far: Side; isWhole: boolean }[] = []
  for (let index = 0; index < 40; index++) {
    const near = sideOf(begin(pair))
    joined.push({ near, far: sideOf(await arrival(pair, index)), isWhole: true })
  }
  for (let step = 0; step < 6_000; step++) {
    const index = below(joined.length)
    const one = joined[index]
    if (one === undefined) throw new Error('no connection')
    const side = below(2) === 0 ? one.near : one.far
    const { connection } = side
    const text = `${index}.${step};`.padEnd(below(20) === 0 ? 1 + below(90_000) : 10 + below(300), String(index % 10))
    const what = below(100)
    if (what < 40 && !side.isOver) {
      side.written += text
      sockets.gatheredWriter(connection).write(text)
    } else if (what < 60 && !side.isOver) {
      side.written += text
      connection.write(Buffer.from(text, 'latin1'))
    } else if (what < 75) connection.pause()
    else if (what < 97) connection.resume()
    else if (what === 97 && below(4) === 0 && !side.isOver) {
      side.isOver = true
      connection.end()
    } else if (what === 98 && below(10) === 0) {
      one.isWhole = false
      one.near.isOver = one.far.isOver = true
      if (below(2) === 0) connection.destroy()
      else connection.resetAndDestroy()
    } else await nextTurn()
  }
  for (const { near, far } of joined) {
    for (const { connection } of [near, far]) {
      connection.end()
      connection.resume()
    }
  }
  await until(() => pair.client.size + pair.server.size === 0)
  expect(joined.filter(({ isWhole }) => isWhole).length).toBeGreaterThan(10)
  for (const { near, far, isWhole } of joined) {
    if (isWhole) {
      expect(near.heard.text === far.written && far.heard.text === near.written).toBe(true)
    } else {
      expect(far.written.startsWith(near.heard.text) && near.written.startsWith(far.heard.text)).toBe(true)
    }
  }
})

describe('a tunnel', () => {
  test('that is retired takes no more, and lets go on what is there', async () => {
    const told: string[] = []
    const pair = await pairOf({}, { onRetired: () => told.push('retired'), onEmpty: () => told.push('empty') })
    const near = begin(pair)
    const far = await arrival(pair)
    const heard = heardBy(near)
    pair.server.retire()
    await until(() => told.length > 0)
    expect(pair.client.open()).toBeUndefined()
    far.end('last words')
    near.end()
    far.resume()
    await until(() => told.length > 1)
    expect([heard.text, told]).toEqual(['last words', ['retired', 'empty']])
  })

  test('that breaks takes all with it', async () => {
    const pair = await pairOf()
    const near = [begin(pair), begin(pair)]
    await arrival(pair, 1)
    const errors = near.map((connection) => once(connection, 'error'))
    pair.wires.server.destroy()
    expect(await Promise.all(errors)).toMatchObject([[{ code: 'ECONNRESET' }], [{ code: 'ECONNRESET' }]])
    expect([pair.client.size, pair.client.open()]).toEqual([0, undefined])
  })

  test.each([
    ['more bytes than there is credit for', frameHead(OPEN, 1) + frameHead(DATA, 1, 300_000) + 'x'.repeat(300_000)],
    ['a connection twice', frameHead(OPEN, 1) + frameHead(OPEN, 1)],
    ['a kind of frame that there is not', frameHead(99, 1)],
  ])('is cut off by %s', async (_what, bytes) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { wires } = await pairOf({ onClosed: resolve })
    wires.client.write(bytes, 'latin1')
    await promise
    expect(wires.server.destroyed).toBe(true)
  })

  test('drops what comes for a connection that has gone', async () => {
    const pair = await pairOf()
    const near = begin(pair)
    const far = await arrival(pair)
    const writer = sockets.gatheredWriter(near)
    far.destroy()
    writer.write('too late')
    await once(near.resume(), 'end')
    expect(pair.wires.client.destroyed).toBe(false)
    expect(pair.server.size).toBe(0)
  })

  test('whose server begins a connection is cut off', async () => {
    const { wires, client } = await pairOf()
    wires.server.write(frameHead(OPEN, 1), 'latin1')
    await once(wires.client, 'close')
    expect(client.open()).toBeUndefined()
  })
})
