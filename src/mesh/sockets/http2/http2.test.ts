import { once } from 'node:events'
import { connect, createServer, type ClientHttp2Session, type Http2Server, type ServerHttp2Stream } from 'node:http2'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { realWorld } from '../../../world/real-world.ts'
import type { SocketListener } from '../../../world/sockets.ts'
import type {
  Ended,
  Endpoint,
  Happened,
  HttpExchange,
  IncomingRequest,
  Step,
  UpstreamOptions,
} from '../../exchange/steps.ts'
import { plainConnector } from '../connector.ts'
import { TimerWheel } from '../timer-wheel.ts'
import { Http2ClientConnection } from './client-connection.ts'
import { SessionPool } from './session-pool.ts'

const { clock, sockets } = realWorld({ seed: 'http2' })
const wheel = new TimerWheel(clock)
const host = '127.0.0.1'

const UPSTREAM: UpstreamOptions = {
  cluster: 'outbound|80||cart.shop.svc.cluster.local',
  transport: 'plaintext',
  protocol: 'http2',
  connectTimeoutMs: 1_000,
  requestsPerConnectionMax: 0,
  idleTimeoutMs: 0,
}
const ENDPOINT: Endpoint = { address: '10.0.0.1', port: 80, workload: undefined }

interface Told {
  readonly events: Happened[]
  readonly ended: Ended[]
}

/** What a test wants of its proxy besides passing everything on. */
let timeoutMs = 0
let upstream: UpstreamOptions = UPSTREAM
let onHappened: ((happened: Happened) => Step | undefined) | undefined
let told: Told
let server: Http2Server
let onStream: (stream: ServerHttp2Stream, headers: Record<string, unknown>) => void
let listener: SocketListener
let pool: SessionPool
let serverPort = 0
let connections: Set<Http2ClientConnection>
let clients: ClientHttp2Session[]

function exchangeOf(request: IncomingRequest): HttpExchange {
  const { method, scheme, authority, target, headers } = request
  const attempt: Step = {
    kind: 'attempt',
    endpoint: ENDPOINT,
    head: { method, scheme, authority, target, headers },
    timeoutMs,
    upstream,
    mayRepeat: false,
    mirrors: [],
  }
  return {
    start: () => (target === '/direct' ? answer(404, 'not here') : attempt),
    on(happened) {
      told.events.push(happened)
      const wanted = onHappened?.(happened)
      if (wanted !== undefined) return wanted
      if (happened.kind === 'answered')
        return { kind: 'relay', status: happened.status, headers: happened.headers, timeoutMs: 0 }
      return happened.kind === 'client-gone'
        ? { kind: 'close' }
        : answer(503, happened.kind === 'failed' ? happened.how : '')
    },
    ended: (ended) => void told.ended.push(ended),
  }
}

function answer(status: number, body: string): Step {
  return { kind: 'respond', status, headers: ['content-type', 'text/plain'], body, closes: false }
}

beforeEach(async () => {
  timeoutMs = 0
  upstream = UPSTREAM
  onHappened = undefined
  told = { events: [], ended: [] }
  clients = []
  connections = new Set()
  onStream = (stream, headers) => {
    stream.respond({ ':status': 200, 'x-path': headers[':path'] as string })
    stream.pipe(stream)
  }
  server = createServer()
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined)
    onStream(stream, headers)
  })
  server.listen(0, host)
  await once(server, 'listening')
  serverPort = (server.address() as { port: number }).port
  pool = new SessionPool({ connector: plainConnector(sockets, () => ({ host, port: serverPort })), wheel, sockets })
  const context = {
    clock,
    wheel,
    sockets,
    upstreams: pool,
    limits: { idleTimeoutMs: 0 },
    onClosed: (connection: Http2ClientConnection) => connections.delete(connection),
  }
  listener = await sockets.listen({
    host,
    port: 0,
    onConnection(socket) {
      socket.on('error', () => undefined)
      const connection = new Http2ClientConnection(socket, { scheme: 'http', exchange: exchangeOf }, context)
      connections.add(connection)
      connection.start()
    },
  })
})

afterEach(async () => {
  for (const client of clients) client.destroy()
  for (const connection of connections) connection.destroy()
  pool.drain()
  await listener.close()
  server.close()
})

function client(): ClientHttp2Session {
  const session = connect(`http://${host}:${listener.port}`)
  session.on('error', () => undefined)
  clients.push(session)
  return session
}

interface Answer {
  readonly status: number
  readonly headers: Record<string, unknown>
  readonly body: string
  readonly trailers: Record<string, unknown> | undefined
  readonly rstCode: number
}

async function ask(session: ClientHttp2Session, headers: Record<string, string>, body?: string): Promise<Answer> {
  const stream = session.request({ ':path': '/', ...headers }, { endStream: body === undefined })
  let heard = ''
  let head: Record<string, unknown> = {}
  let trailers: Record<string, unknown> | undefined
  stream.on('response', (given) => (head = given))
  stream.on('trailers', (given) => (trailers = given))
  stream.on('data', (bytes: Buffer) => (heard += bytes.toString()))
  stream.on('error', () => undefined)
  if (body !== undefined) stream.end(body)
  await new Promise((resolve) => stream.once('close', resolve))
  return { status: Number(head[':status']), headers: head, body: heard, trailers, rstCode: stream.rstCode ?? 0 }
}

describe('a request in HTTP/2', () => {
  test('passes with all it has, and its answer too', async () => {
    let seen: Record<string, unknown> = {}
    onStream = (stream, headers) => {
      seen = headers
      stream.respond({ ':status': 201, 'set-cookie': ['a=1', 'b=2'] })
      stream.end('made')
    }
    const { status, headers, body } = await ask(
      client(),
      { ':method': 'POST', ':path': '/cart?id=1', ':authority': 'cart.shop', 'x-user': 'asha', te: 'trailers' },
      'tea',
    )
    expect({ status, body, cookies: headers['set-cookie'] }).toEqual({
      status: 201,
      body: 'made',
      cookies: ['a=1', 'b=2'],
    })
    expect(seen).toMatchObject({
      ':method': 'POST',
      ':path': '/cart?id=1',
      ':authority': 'cart.shop',
      'x-user': 'asha',
      te: 'trailers',
    })
    expect(told.ended).toEqual([{ how: 'complete', requestBytes: 3, responseBytes: 4 }])
  })

  test('is answered by the proxy itself', async () => {
    expect(await ask(client(), { ':path': '/direct' })).toMatchObject({ status: 404, body: 'not here' })
    expect(await ask(client(), { ':path': '/direct' }, 'a body that nobody reads')).toMatchObject({ status: 404 })
  })

  test('streams both ways at once, message by message', async () => {
    const stream = client().request({ ':method': 'POST', ':path': '/chat' })
    await once(stream, 'response')
    for (const message of ['namaste', 'how are you', 'bye']) {
      stream.write(message)
      const [echo] = (await once(stream, 'data')) as [Buffer]
      expect(echo.toString()).toBe(message)
    }
    stream.end()
    await once(stream, 'close')
    expect(told.ended[0]).toMatchObject({ how: 'complete', requestBytes: 21, responseBytes: 21 })
  })

  test('carries trailers both ways, and an answer of gRPC that is all trailers', async () => {
    let asked: Record<string, unknown> | undefined
    onStream = (stream, headers) => {
      if (headers[':path'] === '/whole') {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '5' }, { endStream: true })
        return
      }
      stream.on('trailers', (given) => (asked = given))
      stream.resume()
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': 'fine' }))
      stream.on('end', () => stream.end('message'))
    }
    const session = client()
    const stream = session.request({ ':method': 'POST', ':path': '/' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ checksum: '7' }))
    let trailers: Record<string, unknown> = {}
    stream.on('trailers', (given) => (trailers = given))
    stream.end('question')
    stream.resume()
    await once(stream, 'close')
    expect(trailers).toMatchObject({ 'grpc-status': '0', 'grpc-message': 'fine' })
    expect(asked).toMatchObject({ checksum: '7' })
    expect(told.ended[0]?.trailers).toEqual(['grpc-status', '0', 'grpc-message', 'fine'])
    expect(await ask(session, { ':path': '/whole' })).toMatchObject({ status: 200, headers: { 'grpc-status': '5' } })
    expect(told.events.at(-1)).toMatchObject({ kind: 'answered', isWhole: true })
  })

  test('of HEAD, and answers without a body, are whole', async () => {
    onStream = (stream, headers) => {
      const status = headers[':method'] === 'HEAD' ? 200 : 204
      stream.respond({ ':status': status, ...(status === 200 && { 'content-length': '5' }) }, { endStream: true })
    }
    expect(await ask(client(), { ':method': 'HEAD' })).toMatchObject({
      status: 200,
      headers: { 'content-length': '5' },
    })
    expect(await ask(client(), { ':method': 'DELETE' })).toMatchObject({ status: 204, body: '' })
  })

  test('hears 100 Continue before the answer', async () => {
    onStream = (stream) => {
      stream.additionalHeaders({ ':status': 103, link: '</a.css>' })
      stream.respond({ ':status': 200 })
      stream.end('late')
    }
    const stream = client().request({ ':path': '/' })
    const [early] = (await once(stream, 'headers')) as [Record<string, unknown>]
    expect(early).toMatchObject({ ':status': 103, link: '</a.css>' })
    stream.resume()
    await once(stream, 'close')
  })

  test('many of them share one connection to the server', async () => {
    const session = client()
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => ask(session, { ':path': `/${index}` }, `${index}`)),
    )
    expect(answers.map(({ body }) => body)).toEqual(answers.map((_, index) => `${index}`))
    expect(answers.map(({ headers }) => headers['x-path'])).toEqual(answers.map((_, index) => `/${index}`))
    expect(pool.size).toBe(1)
  })

  test('more than a server takes at once go over another connection', async () => {
    server.updateSettings({ maxConcurrentStreams: 2 })
    await ask(client(), {})
    const held: ServerHttp2Stream[] = []
    onStream = (stream) => held.push(stream)
    const session = client()
    const answers = Promise.all(Array.from({ length: 5 }, () => ask(session, {})))
    await expect.poll(() => held.length).toBe(5)
    expect(pool.size).toBeGreaterThanOrEqual(3)
    for (const stream of held) {
      stream.respond({ ':status': 200 })
      stream.end('done')
    }
    expect((await answers).map(({ body }) => body)).toEqual(Array.from({ length: 5 }, () => 'done'))
  })

  test('uses a connection no more often than it may', async () => {
    upstream = { ...UPSTREAM, requestsPerConnectionMax: 2 }
    let opened = 0
    server.on('session', () => opened++)
    for (let index = 0; index < 5; index++) expect((await ask(client(), {}, 'x')).body).toBe('x')
    expect(opened).toBe(3)
  })
})

describe('what goes wrong', () => {
  test.each([
    [7, 'refused-stream', true],
    [2, 'reset', false],
    [8, 'reset', false],
  ])('a server that resets with code %d is told as %s', async (code, how, beforeRequest) => {
    onStream = (stream) => stream.close(code)
    expect(await ask(client(), {})).toMatchObject({ status: 503, body: how })
    expect(told.events[0]).toMatchObject({ kind: 'failed', how, beforeRequest })
  })

  test('a server that closes its connection before the answer', async () => {
    onStream = (stream) => stream.session?.destroy()
    expect(await ask(client(), {})).toMatchObject({ status: 503, body: 'closed' })
  })

  test('a server that sends what is no HTTP/2', async () => {
    const odd = await sockets.listen({
      host,
      port: 0,
      onConnection: (socket) => socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    })
    serverPort = odd.port
    expect(await ask(client(), {})).toMatchObject({
      status: 503,
      body: expect.stringMatching('closed|protocol|reset') as string,
    })
    await odd.close()
  })

  test('nobody there', async () => {
    serverPort = 1
    expect(await ask(client(), {}, 'body')).toMatchObject({ status: 503, body: 'connect' })
    expect(told.events).toMatchObject([{ kind: 'failed', how: 'connect', beforeRequest: true }])
  })

  test('a server that breaks off in the middle of an answer: the client sees a reset', async () => {
    onStream = (stream) => {
      // Without it the library ends a stream that it is to reset.
      stream.respond({ ':status': 200 }, { waitForTrailers: true })
      stream.write('half')
      clock.schedule(20, () => stream.close(2))
    }
    expect(await ask(client(), {})).toMatchObject({ status: 200, body: 'half', rstCode: 2 })
    expect(told.ended).toMatchObject([{ how: 'upstream-gone', responseBytes: 4 }])
  })

  test('a client that goes away takes its request to the server with it', async () => {
    const gone = Promise.withResolvers<number>()
    onStream = (stream) => stream.on('close', () => gone.resolve(stream.rstCode ?? 0))
    const stream = client().request({ ':path': '/' })
    stream.on('error', () => undefined)
    await clock.sleep(30)
    stream.close(8)
    expect(await gone.promise).toBe(8)
    expect(told.events).toEqual([{ kind: 'client-gone' }])
    expect(told.ended).toMatchObject([{ how: 'client-gone' }])
  })

  test('a server that hangs is found out by asking it, and one that answers is left alone', async () => {
    upstream = { ...UPSTREAM, keepalive: { intervalMs: 20, timeoutMs: 100 } }
    onStream = (stream) => clock.schedule(300, () => stream.close(0))
    const slow = await ask(client(), {})
    expect(slow.body).not.toBe('closed')
    // Settings of an empty frame, and then silence: no answer to any ping.
    const hanging = await sockets.listen({
      host,
      port: 0,
      onConnection(socket) {
        socket.on('error', () => undefined)
        socket.write(Buffer.from('000000040000000000', 'hex'))
        socket.resume()
      },
    })
    serverPort = hanging.port
    pool.drain()
    expect(await ask(client(), {})).toMatchObject({ status: 503, body: 'closed' })
    await hanging.close()
  })

  test('an answer that takes too long', async () => {
    timeoutMs = 50
    onStream = () => undefined
    expect(await ask(client(), {})).toMatchObject({ status: 503, body: 'timeout' })
  })

  test('tunnels, extended ones too, are not offered', async () => {
    const session = client()
    await once(session, 'remoteSettings')
    expect(session.remoteSettings.enableConnectProtocol).toBe(false)
    expect(
      await ask(session, { ':method': 'CONNECT', ':authority': 'a:80', ':path': undefined as unknown as string }),
    ).toMatchObject({ status: 403 })
  })

  test('a header that is too long for HTTP/2 is refused, and the connection goes on', async () => {
    const session = client()
    const { status, rstCode } = await ask(session, { 'x-long': 'a'.repeat(70_000) })
    expect(status >= 400 || rstCode !== 0 || Number.isNaN(status)).toBe(true)
    expect(told.events).toEqual([])
  })

  test('a flood of streams that are opened and reset closes the connection', async () => {
    onStream = () => undefined
    const session = client()
    await once(session, 'remoteSettings')
    const closed = Promise.race([once(session, 'goaway'), once(session, 'close')])
    for (let index = 0; index < 3_000 && !session.destroyed; index++) {
      const stream = session.request({ ':path': '/' })
      stream.on('error', () => undefined)
      stream.close(8)
      if (index % 100 === 0) await clock.sleep(1)
    }
    await closed
    expect(told.ended.length).toBeLessThan(1_500)
  })
})

describe('draining and back-pressure', () => {
  test('a connection that drains says so, lets its streams finish and takes no others', async () => {
    const held = Promise.withResolvers<ServerHttp2Stream>()
    onStream = (stream) => held.resolve(stream)
    const session = client()
    const goaway = once(session, 'goaway')
    const answered = ask(session, {})
    const stream = await held.promise
    for (const connection of connections) connection.drain()
    await goaway
    stream.respond({ ':status': 200 })
    stream.end('in time')
    expect(await answered).toMatchObject({ status: 200, body: 'in time' })
    await expect.poll(() => connections.size).toBe(0)
  })

  test('a server that says goodbye gets no new requests, and what it has is answered', async () => {
    const held: ServerHttp2Stream[] = []
    onStream = (stream) => held.push(stream)
    const session = client()
    const first = ask(session, {})
    await expect.poll(() => held.length).toBe(1)
    held[0]?.session?.close()
    await clock.sleep(30)
    const second = ask(session, {})
    await expect.poll(() => held.length).toBe(2)
    expect(held[1]?.session).not.toBe(held[0]?.session)
    for (const stream of held) {
      stream.respond({ ':status': 200 })
      stream.end('done')
    }
    expect([(await first).body, (await second).body]).toEqual(['done', 'done'])
  })

  test('a client that does not read holds the server back, and memory stays small', async () => {
    const totalBytes = 32 * 2 ** 20
    let written = 0
    onStream = (stream) => {
      stream.respond({ ':status': 200 })
      const chunk = Buffer.alloc(2 ** 16)
      const pump = (): void => {
        while (written < totalBytes) {
          written += chunk.length
          if (!stream.write(chunk)) return
        }
        stream.end()
      }
      stream.on('drain', pump)
      pump()
    }
    const stream = client().request({ ':path': '/' })
    await once(stream, 'response')
    await clock.sleep(300)
    expect(written).toBeLessThan(4 * 2 ** 20)
    let heardBytes = 0
    stream.on('data', (bytes: Buffer) => (heardBytes += bytes.length))
    await once(stream, 'close')
    expect(heardBytes).toBe(totalBytes)
  })

  test('a server that does not read holds the client back', async () => {
    let reader: ServerHttp2Stream | undefined
    onStream = (stream) => {
      reader = stream
      stream.respond({ ':status': 200 })
    }
    const totalBytes = 32 * 2 ** 20
    const stream = client().request({ ':method': 'POST', ':path': '/' })
    stream.resume()
    let written = 0
    const chunk = Buffer.alloc(2 ** 16)
    const pump = (): void => {
      while (written < totalBytes) {
        written += chunk.length
        if (!stream.write(chunk)) return
      }
      stream.end()
    }
    stream.on('drain', pump)
    pump()
    await once(stream, 'response')
    await clock.sleep(300)
    expect(written).toBeLessThan(4 * 2 ** 20)
    let readBytes = 0
    reader?.on('data', (bytes: Buffer) => (readBytes += bytes.length))
    reader?.on('end', () => reader?.end('thanks'))
    await once(stream, 'close')
    expect(readBytes).toBe(totalBytes)
    expect(told.ended).toMatchObject([{ how: 'complete', requestBytes: totalBytes }])
  })
})
