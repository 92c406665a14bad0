import { describe, expect, test } from 'vitest'
import { readRequests } from '../../../../test/support/http1-reading.ts'

function reading(text: string): ReturnType<typeof readRequests> {
  return readRequests([Buffer.from(text, 'latin1')])
}

describe('a request', () => {
  test('is its method, target, host and headers, names in lower case and values without the space around them', () => {
    const [message] = reading(
      'GET /cart?id=1 HTTP/1.1\r\nHOST: shop:8080\r\nX-User-Region:  mumbai \r\nAccept:\r\n\r\n',
    ).messages
    expect(message?.head).toEqual({
      request: {
        method: 'GET',
        scheme: 'http',
        authority: 'shop:8080',
        target: '/cart?id=1',
        headers: ['x-user-region', 'mumbai', 'accept', ''],
        version: 'HTTP/1.1',
      },
      framing: 'none',
      bodyBytes: 0,
      keepsAlive: true,
      asksToUpgrade: false,
    })
  })

  test('may name its place by a whole URL, which counts more than the Host header', () => {
    const [message] = reading('GET http://other:81?x HTTP/1.1\r\nHost: shop\r\n\r\n').messages
    expect(message?.head.request).toMatchObject({ authority: 'other:81', target: '/?x' })
  })

  test.each([
    ['HTTP/1.1', '', true],
    ['HTTP/1.1', 'Connection: close', false],
    ['HTTP/1.1', 'Connection: te, Close', false],
    ['HTTP/1.0', '', false],
    ['HTTP/1.0', 'Connection: Keep-Alive', true],
  ])('%s with "%s": another may follow: %s', (version, header, keepsAlive) => {
    const lines = ['Host: shop', ...(header === '' ? [] : [header])].map((line) => `${line}\r\n`).join('')
    expect(reading(`GET / ${version}\r\n${lines}\r\n`).messages[0]?.head.keepsAlive).toBe(keepsAlive)
  })

  test('offers HTTP/2 in vain, and WebSocket not', () => {
    const upgrade = (to: string): string => `GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${to}\r\n\r\n`
    expect(reading(upgrade('h2c')).messages[0]?.head).toMatchObject({ asksToUpgrade: false, request: { headers: [] } })
    const webSocket = { asksToUpgrade: true, request: { headers: ['upgrade', 'websocket'] } }
    expect(reading(upgrade('WebSocket')).messages[0]?.head).toMatchObject(webSocket)
  })

  test('has trailers after a chunked body, and its extensions are dropped', () => {
    const chunks = '3;a="b;\\"c";d\r\nabc\r\n0\r\nX-Sum: 7\r\n\r\n'
    const [message] = reading(`POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`).messages
    expect(message).toMatchObject({ body: 'abc', trailers: ['x-sum', '7'] })
  })
})

const POST = 'POST / HTTP/1.1\r\nHost: x\r\n'
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`
const NEXT = 'GET /admin HTTP/1.1\r\nHost: x\r\n\r\n'

/** Each has been used to make two readers see two different requests. */
describe('what might be read in two ways is refused', () => {
  test.each([
    ['both lengths', `${POST}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG`, 400],
    ['two lengths', `${POST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`, 400],
    ['the same length twice', `${POST}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`, 400],
    ['a list of lengths', `${POST}Content-Length: 5, 5\r\n\r\nhello`, 400],
    ['a sign before a length', `${POST}Content-Length: +5\r\n\r\nhello`, 400],
    ['a length in hexadecimal', `${POST}Content-Length: 0x5\r\n\r\nhello`, 400],
    ['an empty length', `${POST}Content-Length:\r\n\r\n`, 400],
    ['a length that no number holds', `${POST}Content-Length: 18446744073709551621\r\n\r\nhello`, 400],
    ['space before the colon', `${POST}Content-Length : 5\r\n\r\nhello`, 400],
    ['a folded header', `${POST}X: a\r\n Content-Length: 5\r\n\r\nhello`, 400],
    ['a header that folds a length', `${POST}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`, 400],
    ['a line that ends in LF', `${POST}X: a\nContent-Length: 5\r\n\r\nhello`, 400],
    ['a head that ends in LF', `${POST}X: a\r\n\nGET / HTTP/1.1\r\n\r\n`, 400],
    ['a CR alone', `${POST}X: a\rContent-Length: 5\r\n\r\nhello`, 400],
    ['a NUL', `${POST}X: a\0b\r\n\r\n`, 400],
    ['a vertical tab before an encoding', `${POST}Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n`, 400],
    ['an encoding that is like chunked', `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, 501],
    ['chunked that is not last', `${POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`, 501],
    ['chunked twice', `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 501],
    ['chunked in HTTP/1.0', 'POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
    ['two hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['a host with a path', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', 400],
    ['a host with its user', 'GET http://user@shop/ HTTP/1.1\r\nHost: shop\r\n\r\n', 400],
    ['no version', 'GET /\r\n\r\n', 400],
    ['a version of two digits', 'GET / HTTP/1.10\r\nHost: x\r\n\r\n', 400],
    ['HTTP/2.0 in a line', 'GET / HTTP/2.0\r\nHost: x\r\n\r\n', 400],
    ['a space in the target', 'GET /a b HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a target that is no path', 'GET admin HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a method nobody knows', 'GETGET / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a tab after the method', 'GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a chunk with a sign', `${CHUNKED}+5\r\nhello\r\n0\r\n\r\n`, 400],
    ['a chunk with a prefix', `${CHUNKED}0x5\r\nhello\r\n0\r\n\r\n`, 400],
    ['a chunk whose size ends in LF', `${CHUNKED}5\nhello\r\n0\r\n\r\n`, 400],
    ['a chunk whose size ends in a space', `${CHUNKED}5 \r\nhello\r\n0\r\n\r\n`, 400],
    ['a chunk larger than a number', `${CHUNKED}10000000000000000000000005\r\nhello\r\n0\r\n\r\n`, 400],
    ['a chunk longer than it says', `${CHUNKED}5\r\nhello!\r\n0\r\n\r\n`, 400],
    ['an LF in an extension', `${CHUNKED}5;\n\r\nhello\r\n0\r\n\r\n`, 400],
    ['a CR in an extension', `${CHUNKED}5;a=b\rc\r\nhello\r\n0\r\n\r\n`, 400],
    ['a length among the trailers', `${CHUNKED}0\r\nContent-Length: 5\r\n\r\n`, 400],
    ['endless extensions', `${CHUNKED}5;${'a'.repeat(17_000)}\r\nhello\r\n0\r\n\r\n`, 400],
    ['a head of more than 60 KiB', `${POST}X: ${'a'.repeat(62_000)}\r\n\r\n`, 431],
    ['more than 100 headers', `${POST}${'X: 1\r\n'.repeat(101)}\r\n`, 431],
  ])('%s', (_what, text, status) => {
    const { messages, refused } = reading(text + NEXT)
    expect(refused).toBe(status)
    expect(messages).toEqual([])
  })

  test('what is long, and no more than that, is taken', () => {
    expect(reading(`${POST}X: ${'a'.repeat(61_000)}\r\n\r\n`).messages).toHaveLength(1)
    expect(reading(`${POST}${'X: 1\r\n'.repeat(99)}\r\n`).messages).toHaveLength(1)
  })
})
