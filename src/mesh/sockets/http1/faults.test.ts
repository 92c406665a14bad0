import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { FREE_SEAT, PLAINTEXT } from '../../../../test/support/forwarding-exchange.ts'
import { answering, startBackend, startProxy, TestClient, until } from '../../../../test/support/http1-proxy.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const GET = 'GET / HTTP/1.1\r\nHost: shop\r\n\r\n'
/** Longer than a request's body that is kept to be sent again. */
const LARGE_BYTES = 3 * 1_024 * 1_024

function nothing(): void {}

function afterFirstBytes(act: (socket: Socket, number: number) => void): (socket: Socket, number: number) => void {
  return (socket, number) => void socket.once('data', () => act(socket, number))
}

describe('a server that fails before its answer is told to the exchange', () => {
  test.each([
    ['closes', 'closed', (socket: Socket) => socket.end()],
    ['resets', 'closed', (socket: Socket) => socket.resetAndDestroy()],
    ['sends garbage', 'protocol', (socket: Socket) => socket.write('\x00\x01garbage\r\n\r\n')],
    ['sends half a head and closes', 'closed', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nX: ')],
    [
      'sends a head without end',
      'protocol',
      (socket: Socket) => socket.write(`HTTP/1.1 200 OK\r\nX: ${'a'.repeat(70_000)}`),
    ],
    [
      'sends two lengths',
      'protocol',
      (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'),
    ],
  ])('it %s: %s', async (_what, how, act) => {
    await using backend = await startBackend(afterFirstBytes(act))
    await using proxy = await startProxy(backend)
    await using client = new TestClient(proxy.port)
    client.write(GET)
    expect(await client.read(how)).toContain('503 Service Unavailable')
    expect(proxy.ended[0]?.happened).toEqual([expect.objectContaining({ kind: 'failed', how, beforeRequest: false })])
    expect(proxy.pool.size).toBe(0)
  })

  test('it is not there', async () => {
    const backend = await startBackend(nothing)
    await backend[Symbol.asyncDispose]()
    await using proxy = await startProxy(backend)
    await using client = new TestClient(proxy.port)
    client.write(GET)
    await client.read('connect')
    expect(proxy.ended[0]?.happened[0]).toMatchObject({ how: 'connect', beforeRequest: true })
  })

  test('it does not take the connection in time', async () => {
    // An address of documentation (RFC 5737): nobody answers there, or the system says at once that there is no way.
    const endpoint = { address: '192.0.2.1', port: 9, workload: undefined }
    await using proxy = await startProxy({ endpoint, upstream: { ...PLAINTEXT, connectTimeoutMs: 50 } })
    await using client = new TestClient(proxy.port)
    client.write(GET)
    await client.read('connect')
    expect(proxy.ended[0]?.happened[0]).toMatchObject({ kind: 'failed', beforeRequest: true })
  })

  test('it hangs', async () => {
    await using backend = await startBackend(nothing)
    await using proxy = await startProxy({ ...backend, timeoutMs: 50 })
    await using client = new TestClient(proxy.port)
    client.write(GET)
    expect(await client.read('timeout')).toContain('504 Gateway Timeout')
    await until(() => proxy.pool.size === 0)
    client.write(GET)
    await client.read('timeout')
  })

  test('it trickles its head', async () => {
    await using backend = await startBackend((socket) => {
      let sent = 0
      const timer = setInterval(() => socket.write(sent++ === 0 ? 'HTTP/1.1 200 OK\r\nX: ' : 'a'), 10)
      socket.on('close', () => clearInterval(timer))
    })
    await using proxy = await startProxy({ ...backend, timeoutMs: 100 })
    await using client = new TestClient(proxy.port)
    client.write(GET)
    await client.read('timeout')
  })
})

describe('a server that fails within its answer: the client sees that it is cut off', () => {
  test.each([
    [
      'closes too early',
      'upstream-gone',
      (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'),
    ],
    [
      'ends within a chunk',
      'upstream-gone',
      (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf'),
    ],
    [
      'sends a broken chunk',
      'protocol',
      (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzzz'),
    ],
  ])('it %s', async (_what, how, act) => {
    await using backend = await startBackend(afterFirstBytes(act))
    await using proxy = await startProxy(backend)
    await using client = new TestClient(proxy.port)
    client.write(GET)
    const answer = await client.readToEnd()
    expect(answer).toContain('half')
    expect(answer).not.toContain('0\r\n\r\n')
    expect(proxy.ended[0]).toMatchObject({ how, responseBytes: 4 })
  })

  test('it never ends', async () => {
    await using backend = await startBackend((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      const timer = setInterval(() => socket.write('1\r\nx\r\n'), 10)
      socket.on('close', () => clearInterval(timer))
    })
    await using proxy = await startProxy({ ...backend, timeoutMs: 100 })
    await using client = new TestClient(proxy.port)
    client.write(GET)
    await client.readToEnd()
    expect(proxy.ended[0]).toMatchObject({ how: 'timeout' })
    await until(() => proxy.pool.size === 0)
  })
})

describe('a client that goes away', () => {
  test('while the server works: its request is dropped there too', async () => {
    let isGone = false
    await using backend = await startBackend(
      (socket) =>
        void socket
          .on('close', () => (isGone = true))
          .on('end', () => socket.end())
          .resume(),
    )
    await using proxy = await startProxy(backend)
    const client = new TestClient(proxy.port)
    client.write(GET)
    await until(() => backend.sockets.length === 1)
    client.socket.destroy()
    await until(() => isGone)
    expect(proxy.ended[0]).toMatchObject({ how: 'client-gone' })
    expect(proxy.connections.size).toBe(0)
  })

  test('within the answer', async () => {
    await using backend = await startBackend(
      afterFirstBytes((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')),
    )
    await using proxy = await startProxy(backend)
    const client = new TestClient(proxy.port)
    client.write(GET)
    await client.read('half')
    client.socket.destroy()
    await until(() => proxy.ended.length === 1)
    expect(proxy.ended[0]).toMatchObject({ how: 'client-gone', responseBytes: 4 })
    expect(proxy.pool.size).toBe(0)
  })

  test('within its body', async () => {
    await using backend = await startBackend((socket) => void socket.resume())
    await using proxy = await startProxy(backend)
    const client = new TestClient(proxy.port)
    client.write('POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 9\r\n\r\nhalf')
    await until(() => backend.sockets.length === 1)
    client.socket.destroy()
    await until(() => proxy.ended.length === 1)
    expect(proxy.ended[0]).toMatchObject({ how: 'client-gone', requestBytes: 4 })
    expect(proxy.pool.size).toBe(0)
  })

  test('during an injected delay', async () => {
    await using backend = await startBackend(answering(OK))
    await using proxy = await startProxy({ ...backend, delayMs: 60_000 })
    const client = new TestClient(proxy.port)
    client.write(GET)
    await until(() => proxy.connections.size === 1)
    client.socket.destroy()
    await until(() => proxy.ended.length === 1)
    expect(backend.sockets).toHaveLength(0)
  })
})

describe('a client that does not speak properly', () => {
  test('is told that its head took too long', async () => {
    await using backend = await startBackend(answering(OK))
    await using proxy = await startProxy(backend, { headTimeoutMs: 50 })
    await using client = new TestClient(proxy.port)
    client.write('GET / HTTP/1.1\r\nHost')
    expect(await client.readToEnd()).toContain('408 Request Timeout')
  })

  test('is left when it says nothing for long', async () => {
    await using backend = await startBackend(answering(OK))
    await using proxy = await startProxy(backend, { idleTimeoutMs: 50 })
    await using client = new TestClient(proxy.port)
    client.write(GET)
    expect(await client.readToEnd()).toBe('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
  })

  const BROKEN = 'POST / HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzzz'

  test('sends a broken body: it is told so, and the server’s connection is given up', async () => {
    await using backend = await startBackend((socket) => void socket.resume())
    await using proxy = await startProxy(backend)
    await using client = new TestClient(proxy.port)
    client.write(BROKEN)
    const answer = await client.readToEnd()
    expect(answer).toContain('HTTP/1.1 400 Bad Request')
    expect(answer).toContain('connection: close')
    const malformed = { kind: 'malformed', details: 'http1.codec_error', isHeard: true }
    expect(proxy.ended[0]).toMatchObject({ how: 'complete', happened: [malformed] })
    expect(proxy.pool.size).toBe(0)
  })

  test('sends a broken body while its answer is on the way: both end', async () => {
    await using backend = await startBackend(
      afterFirstBytes((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')),
    )
    await using proxy = await startProxy(backend)
    await using client = new TestClient(proxy.port)
    client.write(BROKEN.slice(0, -3))
    await client.read('half')
    client.write('zzz')
    await client.readToEnd()
    expect(proxy.ended[0]).toMatchObject({ how: 'malformed', violation: 'http1.codec_error' })
    expect(proxy.pool.size).toBe(0)
  })

  test('sends a broken body: those who get a copy are left alone too', async () => {
    await using backend = await startBackend((socket) => void socket.resume())
    await using shadow = await startBackend((socket) => void socket.resume())
    const { endpoint } = shadow
    const head = { method: 'POST', scheme: 'http', authority: 'shop-shadow', target: '/', headers: [] }
    const mirrors = [{ endpoint, head, upstream: PLAINTEXT, timeoutMs: 0, seat: FREE_SEAT }]
    await using proxy = await startProxy({ ...backend, mirrors })
    await using client = new TestClient(proxy.port)
    client.write(BROKEN.slice(0, -3))
    await until(() => shadow.sockets.length === 1 && proxy.pool.size === 2)
    client.write('zzz')
    await client.readToEnd()
    await until(() => proxy.pool.size === 0)
  })
})

describe('an answer that comes before the request is whole', () => {
  test('is passed on, and neither connection is used again', async () => {
    await using backend = await startBackend(
      afterFirstBytes((socket) => socket.write('HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno')),
    )
    await using proxy = await startProxy(backend)
    await using client = new TestClient(proxy.port)
    client.write('POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 900\r\n\r\nhalf')
    expect(await client.readToEnd()).toContain('413 Payload Too Large')
    expect(proxy.pool.size).toBe(0)
  })
})

describe('another attempt', () => {
  /** Fails the first request when its body has come, and answers the second with the body's length. */
  function failingOnce(bodyBytes: number): (socket: Socket, number: number) => void {
    return (socket, number) => {
      let read = 0
      socket.on('data', (bytes: Buffer) => {
        const head = read === 0 ? bytes.indexOf('\r\n\r\n') + 4 : 0
        read += bytes.length - head
        if (read < bodyBytes) return
        if (number === 1) socket.resetAndDestroy()
        else socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${String(read).length}\r\n\r\n${read}`)
      })
    }
  }

  test('sends the body again that was kept', async () => {
    await using backend = await startBackend(failingOnce(100_000))
    await using proxy = await startProxy({ ...backend, retries: 1 })
    await using client = new TestClient(proxy.port)
    client.write('POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 100000\r\n\r\n')
    for (let part = 0; part < 10; part++) client.write('x'.repeat(10_000))
    expect(await client.read('100000\r\n\r\n100000'.slice(8))).toContain('200 OK')
    expect(proxy.ended[0]).toMatchObject({ how: 'complete', requestBytes: 100_000 })
  })

  test('is not made when the body was too long to be kept', async () => {
    await using backend = await startBackend(failingOnce(LARGE_BYTES))
    await using proxy = await startProxy({ ...backend, retries: 1 })
    await using client = new TestClient(proxy.port)
    client.write(`POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: ${LARGE_BYTES}\r\n\r\n`)
    client.socket.write(Buffer.alloc(LARGE_BYTES))
    expect(await client.read('closed')).toContain('503')
    expect(proxy.ended[0]?.happened).toEqual([expect.objectContaining({ how: 'closed', canRepeat: false })])
  })

  test('drops the answer that it replaces', async () => {
    await using backend = await startBackend((socket, number) =>
      answering(number === 1 ? 'HTTP/1.1 503 No\r\nContent-Length: 6\r\n\r\nfailed' : OK)(socket),
    )
    await using proxy = await startProxy({ ...backend, retries: 1 })
    await using client = new TestClient(proxy.port)
    client.write(GET)
    expect(await client.read('ok')).toBe('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
    expect(proxy.ended[0]).toMatchObject({ responseBytes: 2 })
  })
})

describe('a mirror', () => {
  test('gets a copy, and what becomes of it is nobody’s concern', async () => {
    const heard: string[] = []
    await using backend = await startBackend(answering(OK))
    await using mirror = await startBackend((socket) => {
      socket.on('data', (bytes: Buffer) => {
        heard.push(bytes.toString())
        if (heard.join('').endsWith('body')) socket.resetAndDestroy()
      })
    })
    const head = {
      method: 'POST',
      scheme: 'http',
      authority: 'shop-shadow',
      target: '/',
      headers: ['content-length', '4'],
    }
    const mirrors = [{ endpoint: mirror.endpoint, head, upstream: PLAINTEXT, timeoutMs: 1_000, seat: FREE_SEAT }]
    await using proxy = await startProxy({ ...backend, mirrors })
    await using client = new TestClient(proxy.port)
    client.write('POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 4\r\n\r\nbody')
    expect(await client.read('ok')).toContain('200 OK')
    await until(() => heard.join('').endsWith('body'))
    expect(heard.join('')).toBe('POST / HTTP/1.1\r\nhost: shop-shadow\r\ncontent-length: 4\r\n\r\nbody')
    client.write(GET)
    await client.read('ok')
  })
})
