import type { IncomingMessage, ServerResponse } from 'node:http'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { TLSSocket } from 'node:tls'
import { afterAll, describe, expect, test } from 'vitest'
import { clientCredential, newClusterIdentity, servingCredential } from '../apiserver/pki/cluster-identity.ts'
import type { Listener, ListenOptions, RequestOptions, ResponseStream } from './network.ts'
import { RealNetwork } from './real-network.ts'
import { realWorld } from './real-world.ts'

const world = realWorld({ seed: 'network' })
const identity = newClusterIdentity(world)
const serving = servingCredential(identity, world)
const client = clientCredential(identity, { commonName: 'asha', organizations: ['dev'] }, world)
const ca = identity.authority.certificate
const network = new RealNetwork()
const listeners: Listener[] = []
afterAll(() => Promise.all(listeners.map((listener) => listener.close())))

async function serve(
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
  tls?: { key: string; cert: string; ca: string },
): Promise<number> {
  const host = '127.0.0.1'
  const listener = await network.listen({ host, port: 0, onRequest, ...(tls === undefined ? {} : { tls }) })
  listeners.push(listener)
  return listener.port
}

async function read({ body }: ResponseStream): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

function request(url: string, options: Partial<RequestOptions> = {}): Promise<ResponseStream> {
  return network.request({ url, method: 'GET', ...options })
}

test('an answer whose status is none is no answer', async () => {
  const server = createServer((socket) => socket.end('HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n')).listen(
    0,
    '127.0.0.1',
  )
  await once(server, 'listening')
  const asked = request(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  await expect(asked).rejects.toMatchObject({
    how: 'protocol',
    message: 'net/http: HTTP/1.x transport connection broken: malformed HTTP status code "099"',
  })
  server.close()
})

describe('over TLS', () => {
  const who = (incoming: IncomingMessage, response: ServerResponse): void => {
    const socket = incoming.socket as TLSSocket
    response.end(socket.authorized ? socket.getPeerCertificate().subject.CN : 'nobody')
  }
  const port = serve(who, { key: serving.key, cert: serving.certificate, ca })

  test('a client is known by a certificate of our authority', async () => {
    const tls = { ca, cert: client.certificate, key: client.key }
    expect(await read(await request(`https://127.0.0.1:${await port}/`, { tls }))).toBe('asha')
    expect(await read(await request(`https://localhost:${await port}/`, { tls: { ca } }))).toBe('nobody')
  })

  test('a client with a certificate of another authority is let in as nobody', async () => {
    const other = newClusterIdentity(world)
    const stranger = clientCredential(other, { commonName: 'asha', organizations: ['system:masters'] }, world)
    const tls = { ca, cert: stranger.certificate, key: stranger.key }
    expect(await read(await request(`https://127.0.0.1:${await port}/`, { tls }))).toBe('nobody')
  })

  test('a server is trusted by its authority and by its name', async () => {
    await expect(request(`https://127.0.0.1:${await port}/`)).rejects.toThrow(/certificate/)
    const other = newClusterIdentity(world).authority.certificate
    await expect(request(`https://127.0.0.1:${await port}/`, { tls: { ca: other } })).rejects.toThrow(/certificate/)
    expect((await request(`https://127.0.0.1:${await port}/`, { tls: { insecure: true } })).status).toBe(200)
  })
})

describe('a request', () => {
  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('by %s takes its body along', async (method) => {
    const port = await serve((incoming, response) =>
      incoming.pipe(response.setHeader('X-Method', incoming.method ?? '')),
    )
    const reply = await request(`http://127.0.0.1:${port}/`, { method, body: 'ताज़ा' })
    expect([reply.headers['x-method'], await read(reply)]).toEqual([method, 'ताज़ा'])
  })

  test('that is refused rejects', async () => {
    const port = await serve(() => undefined)
    await listeners.at(-1)?.close()
    await expect(request(`http://127.0.0.1:${port}/`)).rejects.toThrow(/ECONNREFUSED/)
  })

  test('whose answer is cut off ends with an error, not as if it were whole', async () => {
    const port = await serve((_incoming, response) => {
      response.write('half')
      setTimeout(() => response.destroy(), 10)
    })
    const reply = await request(`http://127.0.0.1:${port}/`)
    await expect(read(reply)).rejects.toThrow(/aborted/)
  })

  test('that is given up ends, before its answer or within it', async () => {
    const port = await serve(({ url }, response) => {
      if (url === '/begun') response.write('half')
    })
    const before = new AbortController()
    const asked = request(`http://127.0.0.1:${port}/`, { signal: before.signal })
    before.abort()
    await expect(asked).rejects.toThrow(/abort/)
    const within = new AbortController()
    const reply = await request(`http://127.0.0.1:${port}/begun`, { signal: within.signal })
    within.abort()
    await expect(read(reply)).rejects.toThrow(/abort/)
  })
})

describe('a listener', () => {
  test('closes at once, whoever still listens', async () => {
    const port = await serve((_incoming, response) => void response.write('half'))
    const reply = await request(`http://127.0.0.1:${port}/`)
    await listeners.at(-1)?.close()
    await expect(read(reply)).rejects.toThrow(/aborted/)
  })

  test('rejects where the port is taken', async () => {
    const port = await serve(() => undefined)
    await expect(network.listen({ host: '127.0.0.1', port, onRequest: () => undefined })).rejects.toThrow(/EADDRINUSE/)
  })
})

interface Upgrading {
  /** The client's side, which has asked to go on in another protocol. */
  readonly client: Socket
  /** The server's side of it. */
  readonly socket: Duplex
  readonly listener: Listener
}

async function upgrading(onUpgrade: NonNullable<ListenOptions['onUpgrade']> = () => undefined): Promise<Upgrading> {
  const { promise, resolve } = Promise.withResolvers<Duplex>()
  const listener = await network.listen({
    host: '127.0.0.1',
    port: 0,
    onRequest: (_request, response) => response.end(),
    onUpgrade(request, response, connection) {
      onUpgrade(request, response, connection)
      resolve(connection.socket)
    },
  })
  listeners.push(listener)
  const client = connect({ host: '127.0.0.1', port: listener.port })
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: chai\r\n\r\n')
  return { client, socket: await promise, listener }
}

test('a client that breaks off while it waits for another protocol is nobody’s error', async () => {
  const { client, socket } = await upgrading()
  const closed = new Promise((resolve) => socket.once('close', resolve))
  client.resetAndDestroy()
  expect(await closed).toBe(true)
  expect((socket.errored as NodeJS.ErrnoException).code).toBe('ECONNRESET')
})

test('a server that changes to another protocol without being asked gives no answer', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chai\r\n\r\nchai')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const answer = network.request({ url: `http://127.0.0.1:${port}/`, method: 'GET' })
  await expect(answer).rejects.toThrow('closed without an answer')
  server.close()
})

test('a client that was refused another protocol and speaks it all the same is let go', async () => {
  const { client, socket } = await upgrading((_request, response, connection) => {
    connection.socket.once('readable', () => response.writeHead(426).end('no chai here'))
  })
  client.write('chai')
  expect(await text(client)).toContain('no chai here')
  client.end()
  await expect.poll(() => socket.closed).toBe(true)
})

test('a listener that closes ends what goes on in another protocol, too', async () => {
  const { client, listener } = await upgrading((_request, _response, { socket }) =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'),
  )
  await once(client, 'data')
  const ended = once(client, 'end')
  await listener.close()
  await ended
})
