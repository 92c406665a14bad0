import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { PLAINTEXT } from '../../../../test/support/forwarding-exchange.ts'
import { answering, startBackend, startProxy, TestClient, until } from '../../../../test/support/http1-proxy.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const get = (target: string, ...headers: readonly string[]): string =>
  `GET ${target} HTTP/1.1\r\nHost: shop\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n`

/** Tells the target of each request, and which connection it came on. */
function echoing(socket: Socket, number: number): void {
  let heard = ''
  socket.on('data', (bytes: Buffer) => {
    heard += bytes.toString('latin1')
    for (let end = heard.indexOf('\r\n\r\n'); end >= 0; end = heard.indexOf('\r\n\r\n')) {
      const body = `${heard.split(' ')[1] ?? ''}@${number}`
      heard = heard.slice(end + 4)
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    }
  })
}

/** Gathers all that it hears. */
function listening(heard: string[]): (socket: Socket) => void {
  return (socket) => void socket.on('data', (bytes: Buffer) => heard.push(bytes.toString('latin1')))
}

describe('an answer', () => {
  test('passes with its headers, and the connection goes on', async () => {
    await using backend = await startBackend(
      answering('HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nX-A: 1\r\nKeep-Alive: 5\r\n\r\nok'),
    )
    await using proxy = await startProxy(backend)
    await using client = new TestClient(proxy.port)
    for (let time = 0; time < 3; time++) {
      client.write(get('/'))
      expect(await client.read('ok')).toBe('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-a: 1\r\n\r\nok')
    }
    expect(backend.sockets).toHaveLength(1)
    expect(proxy.ended).toHaveLength(3)
    expect(proxy.ended[0]).toMatchObject({ how: 'complete', requestBytes: 0, responseBytes: 2 })
  })

  test('that ends with its connection is passed on in chunks', async () => {
    await using backend = await startBackend((socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\nfirst '))
    })
    await using proxy = await startProxy(backend)
    await using client = new TestClient(proxy.port)
    client.write(get('/'))
    const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'
    expect(await client.read('first \r\n')).toBe(`${head}6\r\nfirst \r\n`)
    backend.sockets[0]?.end('second')
    expect(await client.read('0\r\n\r\n')).toBe('6\r\nsecond\r\n0\r\n\r\n')
    client.write(get('/again'))
    await client.read('first \r\n')
    expect(backend.sockets).toHaveLength(2)
  })

  test('to HTTP/1.0 has no chunks: it ends with the connection', async () => {
    await using backend = await startBackend(
      answering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'),
    )
    await using proxy = await startProxy(backend)
    await using client = new TestClient(proxy.port)
    client.write('GET / HTTP/1.0\r\nHost: shop\r\nConnection: keep-alive\r\n\r\n')
    expect(await client.readToEnd()).toBe('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nok')
  })

  test('brings its trailers', async () => {
    await using backend = await startBackend(
      answering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n'),
    )
    await using proxy = await startProxy(backend)
    await using client = new TestClient(proxy.port)
    client.write(get('/'))
    expect(await client.read('7\r\n\r\n')).toContain('2\r\nok\r\n0\r\nx-sum: 7\r\n\r\n')
    expect(proxy.ended[0]?.trailers).toEqual(['x-sum', '7'])
  })

  test.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 700\r\n\r\n'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 700\r\n\r\n'],
    ['DELETE', 'HTTP/1.1 204 No Content\r\n\r\n'],
  ])('to %s that has no body is whole with its head: %j', async (method, head) => {
    await using backend = await startBackend(answering(head))
    await using proxy = await startProxy(backend)
    await using client = new TestClient(proxy.port)
    client.write(`${method} / HTTP/1.1\r\nHost: shop\r\n\r\n`)
    expect(await client.read('\r\n\r\n')).toBe(head.toLowerCase().replace(/^.*\r\n/, head.split('\n')[0] + '\n'))
    client.write(`${method} / HTTP/1.1\r\nHost: shop\r\n\r\n`)
    await client.read('\r\n\r\n')
    expect(backend.sockets).toHaveLength(1)
  })

  test('of more than any buffer passes whole, however slowly the client reads, and is not gathered meanwhile', async () => {
    const size = 40 * 1_024 * 1_024
    let written = 0
    await using backend = await startBackend((socket) => {
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`)
        const piece = Buffer.alloc(64 * 1_024, 'x')
        const more = (): void => {
          while (written < size) {
            written += piece.length
            if (!socket.write(piece)) return void socket.once('drain', more)
          }
        }
        more()
      })
    })
    await using proxy = await startProxy(backend)
    await using client = new TestClient(proxy.port)
    client.socket.removeAllListeners('data')
    client.socket.pause()
    client.write(get('/'))
    await until(() => written > 0)
    await new Promise((resolve) => setTimeout(resolve, 150))
    // What the kernels of three sockets hold, and not more.
    expect(written).toBeLessThan(size / 2)
    let read = 0
    client.socket.on('data', (bytes: Buffer) => (read += bytes.length))
    client.socket.resume()
    await until(() => read >= size)
    expect(proxy.ended[0]).toMatchObject({ how: 'complete', responseBytes: size })
  })
})

describe('a request', () => {
  test('goes out with its own host and headers, without those of the connection', async () => {
    const heard: string[] = []
    await using backend = await startBackend(listening(heard))
    await using proxy = await startProxy(backend)
    await using client = new TestClient(proxy.port)
    client.write(get('/a?b', 'Connection: keep-alive', 'Keep-Alive: 5', 'Proxy-Connection: x', 'Accept: */*'))
    await until(() => heard.length > 0)
    expect(heard.join('')).toBe('GET /a?b HTTP/1.1\r\nhost: shop\r\naccept: */*\r\n\r\n')
  })

  test.each([
    ['counted', 'Content-Length: 10\r\n\r\n', ['01234', '56789'], 'content-length: 10\r\n\r\n0123456789'],
    [
      'chunked',
      'Transfer-Encoding: chunked\r\n\r\n',
      ['5\r\n01', '234\r\n5\r\n56789\r\n', '0\r\nX-T: 1\r\n\r\n'],
      'transfer-encoding: chunked\r\n\r\n2\r\n01\r\n3\r\n234\r\n5\r\n56789\r\n0\r\nx-t: 1\r\n\r\n',
    ],
  ])('has its body passed on as it comes: %s', async (_what, framing, parts, expected) => {
    const heard: string[] = []
    await using backend = await startBackend(listening(heard))
    await using proxy = await startProxy(backend)
    await using client = new TestClient(proxy.port)
    client.write(`POST / HTTP/1.1\r\nHost: shop\r\n${framing}`)
    for (const part of parts) {
      const before = heard.join('').length
      client.write(part)
      await until(() => heard.join('').length > before)
    }
    await until(() => heard.join('').length === `POST / HTTP/1.1\r\nhost: shop\r\n${expected}`.length)
    expect(heard.join('')).toBe(`POST / HTTP/1.1\r\nhost: shop\r\n${expected}`)
  })

  test('that waits for 100 Continue gets it from the server', async () => {
    await using backend = await startBackend((socket) => {
      socket.on('data', (bytes: Buffer) => {
        const text = bytes.toString()
        if (text.includes('expect: 100-continue')) socket.write('HTTP/1.1 100 Continue\r\n\r\n')
        if (text.endsWith('body')) socket.write(OK)
      })
    })
    await using proxy = await startProxy(backend)
    await using client = new TestClient(proxy.port)
    client.write('PUT / HTTP/1.1\r\nHost: shop\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n')
    expect(await client.read('\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    client.write('body')
    expect(await client.read('ok')).toContain('200 OK')
  })

  test('of many at once is answered in its turn, on one connection', async () => {
    await using backend = await startBackend(echoing)
    await using proxy = await startProxy(backend)
    await using client = new TestClient(proxy.port)
    const targets = Array.from({ length: 2_000 }, (_, index) => `/${index}`)
    client.write(targets.map((target) => get(target)).join(''))
    await client.read('/1999@1')
    expect(proxy.ended.map(({ target }) => target)).toEqual(targets)
  })

  test('that is larger than any buffer passes while the server is slow, and is not gathered meanwhile', async () => {
    const size = 40 * 1_024 * 1_024
    let read = 0
    let backendSocket: Socket | undefined
    await using backend = await startBackend((socket) => {
      backendSocket = socket
      socket.pause()
      socket.on('data', (bytes: Buffer) => {
        read += bytes.length
        if (read > size) socket.write(OK)
      })
      socket.pause()
    })
    await using proxy = await startProxy(backend)
    await using client = new TestClient(proxy.port)
    client.write(`POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: ${size}\r\n\r\n`)
    client.socket.write(Buffer.alloc(size))
    await until(() => backendSocket !== undefined)
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(client.socket.writableLength).toBeGreaterThan(size / 2)
    backendSocket?.resume()
    await client.read('ok')
    expect(proxy.ended[0]).toMatchObject({ requestBytes: size })
  })

  test('that is refused is the last one of its connection', async () => {
    await using backend = await startBackend(echoing)
    await using proxy = await startProxy(backend)
    await using client = new TestClient(proxy.port)
    client.write(`${get('/first')}POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n${get('/smuggled')}`)
    expect(await client.readToEnd()).toBe(
      'HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n/first@1' +
        'HTTP/1.1 400 Bad Request\r\ncontent-length: 11\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\nBad Request',
    )
    expect(proxy.refused).toEqual([expect.objectContaining({ status: 400, details: 'http1.codec_error' })])
    expect(proxy.ended).toHaveLength(1)
  })
})

describe('an upgrade to WebSocket', () => {
  const asks = get('/chat', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: abc')

  test('opens a tunnel, both ways, until one side ends it', async () => {
    await using backend = await startBackend((socket) => {
      socket.once('data', (bytes: Buffer) => {
        expect(bytes.toString()).toContain('connection: upgrade\r\nupgrade: websocket\r\n')
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello')
        socket.on('data', (more: Buffer) => socket.write(`echo ${more.toString()}`))
        socket.on('end', () => socket.end('bye'))
      })
    })
    await using proxy = await startProxy(backend)
    await using client = new TestClient(proxy.port)
    client.write(asks)
    expect(await client.read('hello')).toBe(
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nhello',
    )
    client.write('\x01\x02')
    expect(await client.read('echo \x01\x02')).toBe('echo \x01\x02')
    client.socket.end()
    expect(await client.readToEnd()).toBe('bye')
    await until(() => proxy.ended.length === 1)
    expect(proxy.ended[0]).toMatchObject({ how: 'complete', requestBytes: 2, responseBytes: 15 })
  })

  test('that the server does not take is a request like any other', async () => {
    await using backend = await startBackend(answering(OK))
    await using proxy = await startProxy(backend)
    await using client = new TestClient(proxy.port)
    client.write(asks)
    expect(await client.read('ok')).toContain('200 OK')
    client.write(get('/'))
    expect(await client.read('ok')).toContain('200 OK')
  })

  test('to what is not known is forbidden, as CONNECT is', async () => {
    await using backend = await startBackend(answering(OK))
    await using proxy = await startProxy(backend)
    for (const text of [get('/', 'Connection: Upgrade', 'Upgrade: foo'), 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n']) {
      await using client = new TestClient(proxy.port)
      client.write(text)
      expect(await client.readToEnd()).toContain('403 Forbidden')
    }
  })
})

describe('connections to servers', () => {
  test('carry no more requests than they may', async () => {
    await using backend = await startBackend(echoing)
    await using proxy = await startProxy({ ...backend, upstream: { ...PLAINTEXT, requestsPerConnectionMax: 2 } })
    await using client = new TestClient(proxy.port)
    for (const expected of ['/0@1', '/1@1', '/2@2', '/3@2', '/4@3']) {
      client.write(get(expected.slice(0, 2)))
      await client.read(expected)
    }
  })

  test('are closed when nobody has used them for long', async () => {
    let [usedMs, closedMs] = [0, 0]
    await using backend = await startBackend((socket, number) => {
      socket.on('data', () => (usedMs = performance.now()))
      socket.on('end', () => (closedMs ||= performance.now()))
      socket.on('close', () => (closedMs ||= performance.now()))
      echoing(socket, number)
    })
    await using proxy = await startProxy({ ...backend, upstream: { ...PLAINTEXT, idleTimeoutMs: 30 } })
    await using client = new TestClient(proxy.port)
    client.write(get('/a'))
    await client.read('/a@1')
    await until(() => closedMs > 0)
    // Clocks of whole milliseconds may be one apart.
    expect(closedMs - usedMs).toBeGreaterThanOrEqual(29)
    await until(() => proxy.pool.size === 0)
    client.write(get('/b'))
    await client.read('/b@2')
  })

  test('that the server has closed are not used again', async () => {
    await using backend = await startBackend(echoing)
    await using proxy = await startProxy(backend)
    await using client = new TestClient(proxy.port)
    client.write(get('/a'))
    await client.read('/a@1')
    backend.sockets[0]?.end()
    await until(() => proxy.pool.size === 0)
    client.write(get('/b'))
    await client.read('/b@2')
  })

  test('on which something comes that nobody asked for are closed, and it goes to no client', async () => {
    await using backend = await startBackend((socket, number) => {
      if (number > 1) return echoing(socket, number)
      socket.once('data', () => socket.write(`${OK}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`))
    })
    await using proxy = await startProxy(backend)
    await using client = new TestClient(proxy.port)
    client.write(get('/a'))
    await client.read('ok')
    client.write(get('/b'))
    expect(await client.read('/b@2')).not.toContain('poison')
  })
})

describe('draining', () => {
  test('lets the request under way finish, says so to its client, and closes', async () => {
    let answer: (() => void) | undefined
    await using backend = await startBackend((socket) => {
      socket.on('data', () => (answer = () => socket.write(OK)))
    })
    await using proxy = await startProxy(backend)
    await using busy = new TestClient(proxy.port)
    await using idle = new TestClient(proxy.port)
    busy.write(get('/'))
    await until(() => answer !== undefined && proxy.connections.size === 2)
    for (const connection of proxy.connections) connection.drain()
    expect(await idle.readToEnd()).toBe('')
    answer?.()
    expect(await busy.readToEnd()).toBe('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok')
    await until(() => proxy.connections.size === 0)
  })
})
