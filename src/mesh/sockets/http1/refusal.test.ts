import { describe, expect, test } from 'vitest'
import { answering, startBackend, startProxy, TestClient, until } from '../../../../test/support/http1-proxy.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

describe('a head that is refused is told of, with Envoy’s word for why', () => {
  test.each([
    ['bytes', '\x00\x01\x02\r\n\r\n', 400, 'http1.codec_error'],
    ['a method of its own', 'TEA / HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'http1.codec_error'],
    ['101 headers', `GET / HTTP/1.1\r\n${'x: 1\r\n'.repeat(101)}\r\n`, 431, 'http1.too_many_headers'],
    ['61 KiB', `GET / HTTP/1.1\r\nx: ${'1'.repeat(62_464)}\r\n\r\n`, 431, 'http1.headers_too_large'],
    [
      'a coding that nobody knows',
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n',
      501,
      'http1.invalid_transfer_encoding',
    ],
  ])('%s', async (_what, head, status, details) => {
    await using backend = await startBackend(answering(OK))
    await using proxy = await startProxy(backend)
    await using client = new TestClient(proxy.port)
    client.write(head)
    const [, body = ''] = (await client.readToEnd()).split('\r\n\r\n')
    expect(proxy.refused).toEqual([{ status, details, responseBytes: body.length, tookMs: 0 }])
  })

  test('an upgrade to a protocol that is not passed on, with its request', async () => {
    await using backend = await startBackend(answering(OK))
    await using proxy = await startProxy(backend)
    await using client = new TestClient(proxy.port)
    client.write('GET /chat HTTP/1.1\r\nHost: shop\r\nConnection: upgrade\r\nUpgrade: irc\r\n\r\n')
    await client.readToEnd()
    const request = expect.objectContaining({ method: 'GET', target: '/chat', authority: 'shop' }) as unknown
    expect(proxy.refused).toEqual([{ status: 403, details: 'upgrade_failed', responseBytes: 0, tookMs: 0, request }])
  })

  test('one that does not come to its end in time', async () => {
    await using backend = await startBackend(answering(OK))
    await using proxy = await startProxy(backend, { headTimeoutMs: 30 })
    await using client = new TestClient(proxy.port)
    client.write('GET / HTTP/1.1\r\nHost:')
    await client.readToEnd()
    expect(proxy.refused).toMatchObject([{ status: 408, details: 'request_header_timeout', tookMs: 30 }])
  })

  test('one whose client goes away in the middle of it, and none of a client that said nothing', async () => {
    await using backend = await startBackend(answering(OK))
    await using proxy = await startProxy(backend)
    await using silent = new TestClient(proxy.port)
    silent.socket.end()
    await using client = new TestClient(proxy.port)
    client.write('GET / HTTP/1.1\r\nHost:')
    client.socket.end()
    await until(() => proxy.refused.length > 0)
    expect(proxy.refused).toEqual([{ status: 0, details: 'downstream_remote_disconnect', responseBytes: 0, tookMs: 0 }])
  })
})
