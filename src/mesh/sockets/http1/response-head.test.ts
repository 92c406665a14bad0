import { describe, expect, test } from 'vitest'
import { readResponses } from '../../../../test/support/http1-reading.ts'

function reading(text: string, method?: string): ReturnType<typeof readResponses> {
  return readResponses([Buffer.from(text, 'latin1')], method)
}

describe('how an answer ends', () => {
  test.each([
    ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', 'GET', 'counted', true],
    ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 'GET', 'none', true],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 'GET', 'chunked', true],
    ['HTTP/1.1 200 OK\r\n\r\n', 'GET', 'until-close', false],
    ['HTTP/1.1 200\r\nContent-Length: 5\r\nConnection: close\r\n\r\n', 'GET', 'counted', false],
    ['HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n', 'GET', 'counted', false],
    ['HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n', 'GET', 'counted', true],
    ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', 'HEAD', 'none', true],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 'HEAD', 'none', true],
    ['HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n', 'GET', 'none', true],
    ['HTTP/1.1 204 No Content\r\n\r\n', 'GET', 'none', true],
    ['HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n', 'GET', 'until-close', false],
  ])('%j to %s: %s, and the connection stays: %s', (text, method, framing, keepsAlive) => {
    const { messages, begun } = reading(text, method)
    expect(messages[0]?.head ?? begun).toMatchObject({ framing, keepsAlive })
  })
})

describe('what no server should send is refused', () => {
  test.each([
    ['no status line', 'hello\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['a status below 100', 'HTTP/1.1 099 Odd\r\n\r\n'],
    ['another version', 'HTTP/2 200 OK\r\n\r\n'],
    ['both lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n'],
    ['an encoding nobody asked for', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
    ['chunks where there is no body', 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['another protocol, not named', 'HTTP/1.1 101 Go\r\n\r\n'],
    ['an LF alone', 'HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n'],
  ])('%s', (_what, text) => {
    const { messages, refused } = reading(text)
    expect(messages).toEqual([])
    expect(refused).toBeDefined()
  })
})
