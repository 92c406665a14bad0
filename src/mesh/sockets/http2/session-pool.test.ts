import { once } from 'node:events'
import type { ServerHttp2Stream } from 'node:http2'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { frame, HEADERS, SETTINGS } from '../../../../test/support/http2-frames.ts'
import { ask, client, clock, host, proxy, sockets, UPSTREAM } from '../../../../test/support/http2-proxy.ts'
import { ConnectionLimit } from '../../balance/connection-limit.ts'
import { PendingLimit } from '../../balance/pending-limit.ts'

describe('a cluster’s limits', () => {
  /** Requests that the server holds, and whose answers are awaited. */
  function heldBy(count: number): { readonly held: ServerHttp2Stream[]; readonly answers: Promise<readonly string[]> } {
    const held: ServerHttp2Stream[] = []
    proxy.onStream = (stream) => held.push(stream)
    const session = client()
    const answers = Promise.all(Array.from({ length: count }, async () => (await ask(session, {})).body))
    return { held, answers }
  }

  function answer(streams: readonly ServerHttp2Stream[]): void {
    for (const stream of streams) {
      stream.respond({ ':status': 200 })
      stream.end('done')
    }
  }

  test('of streams on a connection lead to further connections, those of connections let requests wait', async () => {
    proxy.upstream = { ...UPSTREAM, streamsMax: 2, connections: new ConnectionLimit(2) }
    const { held, answers } = heldBy(7)
    await expect.poll(() => held.length).toBe(4)
    expect(proxy.pool.size).toBe(2)
    await clock.sleep(50)
    expect(held).toHaveLength(4)
    answer(held.splice(0))
    await expect.poll(() => held.length).toBe(3)
    answer(held)
    expect(await answers).toEqual(Array.from({ length: 7 }, () => 'done'))
    expect(proxy.pool.size).toBe(2)
  })

  test('that are reached leave room again where a connection has done its share', async () => {
    proxy.upstream = { ...UPSTREAM, requestsPerConnectionMax: 1, connections: new ConnectionLimit(1) }
    proxy.onStream = (stream) => {
      stream.respond({ ':status': 200 })
      stream.end('done')
    }
    const session = client()
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask(session, {})))
    expect(answers.map(({ body }) => body)).toEqual(Array.from({ length: 5 }, () => 'done'))
  })

  test('of requests that wait count those too for which a connection is being made', async () => {
    proxy.upstream = { ...UPSTREAM, pending: new PendingLimit(2) }
    const { held, answers } = heldBy(5)
    await expect.poll(() => held.length).toBe(2)
    answer(held)
    expect((await answers).toSorted()).toEqual(['done', 'done', 'overflow', 'overflow', 'overflow'])
    expect(proxy.upstream.pending?.count).toBe(0)
    proxy.onStream = (stream) => answer([stream])
    expect((await ask(client(), {})).body).toBe('done')
  })

  test('of requests that wait leave room again where the client has gone', async () => {
    const pending = new PendingLimit(1)
    proxy.upstream = { ...UPSTREAM, pending, streamsMax: 1, connections: new ConnectionLimit(1) }
    const { held, answers } = heldBy(1)
    await expect.poll(() => held.length).toBe(1)
    const gone = client()
    const left = ask(gone, {}).catch(() => undefined)
    await expect.poll(() => pending.count).toBe(1)
    gone.destroy()
    await expect.poll(() => pending.count).toBe(0)
    answer(held)
    expect(await answers).toEqual(['done'])
    await left
  })

  test('are kept where a server is not there: all who wait are told, and the next one is tried anew', async () => {
    proxy.upstream = { ...UPSTREAM, connections: new ConnectionLimit(1) }
    const { serverPort } = proxy
    proxy.serverPort = 1
    const session = client()
    const answers = await Promise.all(Array.from({ length: 3 }, () => ask(session, {})))
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503])
    proxy.serverPort = serverPort
    expect((await ask(client(), {}, 'x')).body).toBe('x')
  })
})

describe('a server of HTTP/2', () => {
  test('many of them share one connection to the server', async () => {
    const session = client()
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => ask(session, { ':path': `/${index}` }, `${index}`)),
    )
    expect(answers.map(({ body }) => body)).toEqual(answers.map((_, index) => `${index}`))
    expect(answers.map(({ headers }) => headers['x-path'])).toEqual(answers.map((_, index) => `/${index}`))
    expect(proxy.pool.size).toBe(1)
  })

  test('more than a server takes at once go over another connection', async () => {
    proxy.server.updateSettings({ maxConcurrentStreams: 2 })
    await ask(client(), {})
    const held: ServerHttp2Stream[] = []
    proxy.onStream = (stream) => held.push(stream)
    const session = client()
    const answers = Promise.all(Array.from({ length: 5 }, () => ask(session, {})))
    await expect.poll(() => held.length).toBe(5)
    expect(proxy.pool.size).toBeGreaterThanOrEqual(3)
    for (const stream of held) {
      stream.respond({ ':status': 200 })
      stream.end('done')
    }
    expect((await answers).map(({ body }) => body)).toEqual(Array.from({ length: 5 }, () => 'done'))
  })

  test('uses a connection no more often than it may', async () => {
    proxy.upstream = { ...UPSTREAM, requestsPerConnectionMax: 2 }
    let opened = 0
    proxy.server.on('session', () => opened++)
    for (let index = 0; index < 5; index++) expect((await ask(client(), {}, 'x')).body).toBe('x')
    expect(opened).toBe(3)
  })

  test.each([
    [7, 'refused-stream', true],
    [2, 'reset', false],
    [8, 'reset', false],
  ])('a server that resets with code %d is told as %s', async (code, how, beforeRequest) => {
    proxy.onStream = (stream) => stream.close(code)
    expect(await ask(client(), {})).toMatchObject({ status: 503, body: how })
    expect(proxy.told.events[0]).toMatchObject({ kind: 'failed', how, beforeRequest })
  })

  test('a server that closes its connection before the answer', async () => {
    proxy.onStream = (stream) => stream.session?.destroy()
    expect(await ask(client(), {})).toMatchObject({ status: 503, body: 'closed' })
  })

  test('a server that sends what is no HTTP/2', async () => {
    const odd = await sockets.listen({
      host,
      port: 0,
      onConnection: (socket) => socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    })
    proxy.serverPort = odd.port
    expect(await ask(client(), {})).toMatchObject({ status: 503, body: 'protocol' })
    await odd.close()
  })

  test.each(['099', '000', '101', '1000', 'abc'])('a server that answers with status %s', async (status) => {
    const odd = createServer((socket) => {
      socket.on('error', () => undefined).write(frame(SETTINGS, 0, ''))
      // `:status`, literally, by its index of the static table (RFC 7541, section 6.2.2).
      const field = `\x08${String.fromCharCode(status.length)}${status}`
      socket.once('data', () => socket.write(frame(HEADERS, 1, field)))
    })
    odd.listen(0, host)
    await once(odd, 'listening')
    proxy.serverPort = (odd.address() as AddressInfo).port
    expect(await ask(client(), {})).toMatchObject({ status: 503, body: 'protocol' })
    expect(proxy.told.events[0]).toMatchObject({ kind: 'failed', how: 'protocol', beforeRequest: false })
    odd.close()
  })

  test('nobody there', async () => {
    proxy.serverPort = 1
    expect(await ask(client(), {}, 'body')).toMatchObject({ status: 503, body: 'connect' })
    expect(proxy.told.events).toMatchObject([{ kind: 'failed', how: 'connect', beforeRequest: true }])
  })

  test('a server that breaks off in the middle of an answer: the client sees a reset', async () => {
    proxy.onStream = (stream) => {
      // Without it the library ends a stream that it is to reset.
      stream.respond({ ':status': 200 }, { waitForTrailers: true })
      stream.write('half')
      clock.schedule(20, () => stream.close(2))
    }
    expect(await ask(client(), {})).toMatchObject({ status: 200, body: 'half', rstCode: 2 })
    expect(proxy.told.ended).toMatchObject([{ how: 'upstream-gone', responseBytes: 4 }])
  })

  test('a server that hangs is found out by asking it, and one that answers is left alone', async () => {
    proxy.upstream = { ...UPSTREAM, keepalive: { intervalMs: 20, timeoutMs: 100 } }
    proxy.onStream = (stream) => clock.schedule(300, () => stream.close(0))
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
    proxy.serverPort = hanging.port
    proxy.pool.drain()
    expect(await ask(client(), {})).toMatchObject({ status: 503, body: 'closed' })
    await hanging.close()
  })

  test('a server that says goodbye gets no new requests, and what it has is answered', async () => {
    const held: ServerHttp2Stream[] = []
    proxy.onStream = (stream) => held.push(stream)
    const session = client()
    const first = ask(session, {})
    await expect.poll(() => held.length).toBe(1)
    held[0]?.session?.close()
    // What comes back to this was sent after the goodbye had been read.
    await new Promise<void>((resolve) => void held[0]?.session?.ping(() => resolve()))
    const second = ask(session, {})
    await expect.poll(() => held.length).toBe(2)
    expect(held[1]?.session).not.toBe(held[0]?.session)
    for (const stream of held) {
      stream.respond({ ':status': 200 })
      stream.end('done')
    }
    expect([(await first).body, (await second).body]).toEqual(['done', 'done'])
  })

  test('a server that does not read holds the client back', async () => {
    let reader: ServerHttp2Stream | undefined
    proxy.onStream = (stream) => {
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
    expect(proxy.told.ended).toMatchObject([{ how: 'complete', requestBytes: totalBytes }])
  })
})

describe('a client of HTTP/1.1 that wants to go on in another protocol', () => {
  /** What is told of a request for WebSocket, until it ends; what comes is echoed once. */
  async function websocket(): Promise<readonly string[]> {
    const heard: string[] = []
    const over = Promise.withResolvers<void>()
    const head = {
      method: 'GET',
      scheme: 'http',
      authority: 'chat',
      target: '/room',
      headers: ['upgrade', 'websocket', 'sec-websocket-version', '13'],
    }
    const endpoint = { address: '10.0.0.1', port: 80, workload: undefined }
    const stream = proxy.pool.open({ endpoint, head, upstream: UPSTREAM }, false, {
      onInformational: () => undefined,
      onAnswerHead(status, headers) {
        heard.push(`${status} ${headers.slice(-2).join(' ')}`)
        stream.sendData(Buffer.from('namaste'))
      },
      onAnswerData(bytes) {
        heard.push(bytes.toString())
        stream.sendEnd([])
      },
      onAnswerEnd: () => over.resolve(),
      onAnswerPause: () => undefined,
      onServerDrain: () => undefined,
      onFailed({ how }) {
        heard.push(how)
        over.resolve()
      },
    })
    await over.promise
    return heard
  }

  test('is let do so by a server that can', async () => {
    proxy.server.updateSettings({ enableConnectProtocol: true })
    let asked: Record<string, unknown> = {}
    proxy.onStream = (stream, headers) => {
      asked = headers
      stream.respond({ ':status': 200 })
      stream.pipe(stream)
    }
    expect(await websocket()).toEqual(['101 upgrade websocket', 'namaste'])
    expect(asked).toMatchObject({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/room' })
    expect(asked).not.toHaveProperty('upgrade')
  })

  test('is reset where the server cannot, as the server would', async () => {
    expect(await websocket()).toEqual(['reset'])
  })
})
