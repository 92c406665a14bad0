import { once } from 'node:events'
import type { ServerHttp2Stream } from 'node:http2'
import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { frame, HEADERS, PUSH_PROMISE, SETTINGS } from '../../../../test/support/http2-frames.ts'
import { ask, client, clock, host, proxy, proxyPort } from '../../../../test/support/http2-proxy.ts'

describe('a client of HTTP/2', () => {
  test('passes with all it has, and its answer too', async () => {
    let seen: Record<string, unknown> = {}
    proxy.onStream = (stream, headers) => {
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
    expect(proxy.told.ended).toEqual([{ how: 'complete', requestBytes: 3, responseBytes: 4 }])
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
    expect(proxy.told.ended[0]).toMatchObject({ how: 'complete', requestBytes: 21, responseBytes: 21 })
  })

  test('carries trailers both ways, and an answer of gRPC that is all trailers', async () => {
    let asked: Record<string, unknown> | undefined
    proxy.onStream = (stream, headers) => {
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
    expect(proxy.told.ended[0]?.trailers).toEqual(['grpc-status', '0', 'grpc-message', 'fine'])
    expect(await ask(session, { ':path': '/whole' })).toMatchObject({ status: 200, headers: { 'grpc-status': '5' } })
    expect(proxy.told.events.at(-1)).toMatchObject({ kind: 'answered', isWhole: true })
  })

  test('of HEAD, and answers without a body, are whole', async () => {
    proxy.onStream = (stream, headers) => {
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
    proxy.onStream = (stream) => {
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

  test('a client that goes away takes its request to the server with it', async () => {
    const come = Promise.withResolvers<void>()
    const gone = Promise.withResolvers<number>()
    proxy.onStream = (stream) => {
      come.resolve()
      stream.on('close', () => gone.resolve(stream.rstCode ?? 0))
    }
    const stream = client().request({ ':path': '/' })
    stream.on('error', () => undefined)
    await come.promise
    stream.close(8)
    expect(await gone.promise).toBe(8)
    expect(proxy.told.events).toEqual([{ kind: 'client-gone' }])
    expect(proxy.told.ended).toMatchObject([{ how: 'client-gone' }])
  })

  test('a request whose body is not as long as it says is told of with Envoy’s word, and the server is left alone', async () => {
    proxy.onStream = (stream) => stream.resume()
    const { rstCode, status } = await ask(client(), { ':method': 'POST', 'content-length': '9' }, 'short')
    expect([rstCode, status]).toEqual([1, Number.NaN])
    await expect.poll(() => proxy.told.ended.length).toBe(1)
    const details = 'http2.violation.of.messaging.rule'
    expect(proxy.told.events.at(-1)).toEqual({ kind: 'malformed', details, isHeard: false })
    expect(proxy.told.ended[0]).toMatchObject({ how: 'malformed' })
    expect((await ask(client(), { ':path': '/direct' })).status).toBe(404)
  })

  test('a frame that must not be ends all requests of the connection, each told of with what was wrong', async () => {
    const come = Promise.withResolvers<void>()
    proxy.onStream = (stream) => {
      stream.resume()
      come.resolve()
    }
    const socket = connect(proxyPort(), host)
    socket.on('error', () => undefined)
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    socket.write(frame(SETTINGS, 0, ''))
    socket.write(frame(HEADERS, 1, '\x83\x86\x84\x01\x01a'))
    await come.promise
    socket.write(frame(PUSH_PROMISE, 1, '\0\0\0\0'))
    await expect.poll(() => proxy.told.ended.length).toBe(1)
    expect(proxy.told.events.at(-1)).toEqual({
      kind: 'malformed',
      details: 'codec_error:Protocol_error',
      isHeard: false,
    })
    socket.destroy()
  })

  test('an answer that takes too long', async () => {
    proxy.timeoutMs = 50
    proxy.onStream = () => undefined
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
    expect(proxy.told.events).toEqual([])
  })

  test('a flood of streams that are opened and reset closes the connection', async () => {
    proxy.onStream = () => undefined
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
    expect(proxy.told.ended.length).toBeLessThan(1_500)
  })

  test('a connection that drains says so, lets its streams finish and takes no others', async () => {
    const held = Promise.withResolvers<ServerHttp2Stream>()
    proxy.onStream = (stream) => held.resolve(stream)
    const session = client()
    const goaway = once(session, 'goaway')
    const answered = ask(session, {})
    const stream = await held.promise
    for (const connection of proxy.connections) connection.drain()
    await goaway
    stream.respond({ ':status': 200 })
    stream.end('in time')
    expect(await answered).toMatchObject({ status: 200, body: 'in time' })
    await expect.poll(() => proxy.connections.size).toBe(0)
  })

  test('a client that does not read holds the server back, and memory stays small', async () => {
    const totalBytes = 32 * 2 ** 20
    let written = 0
    proxy.onStream = (stream) => {
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
})
