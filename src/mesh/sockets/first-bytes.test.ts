import { describe, expect, test } from 'vitest'
import { readFirstBytes } from './first-bytes.ts'

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

describe('what a connection speaks', () => {
  test.each([
    ['GET / HTTP/1.1\r\n', { kind: 'plain', alpn: 'http/1.1' }],
    ['POST /cart?id=1 HTTP/1.0\r\nHost: a', { kind: 'plain', alpn: 'http/1.0' }],
    ['M-SEARCH * HTTP/1.1\r\n', { kind: 'plain', alpn: 'http/1.1' }],
    [PREFACE, { kind: 'plain', alpn: 'h2c' }],
    [`${PREFACE}\0\0\0`, { kind: 'plain', alpn: 'h2c' }],
    ['PRI * HTTP/2.0\r\n\r\nXX\r\n', { kind: 'plain' }],
    ['GET /a b HTTP/1.1\r\n', { kind: 'plain' }],
    ['GET / HTTP/3.0\r\n', { kind: 'plain' }],
    ['EHLO mail.example\r\n', { kind: 'plain' }],
    ['\0\0\0\x05hello', { kind: 'plain' }],
    ['{"jsonrpc": 1', { kind: 'plain' }],
    [' GET / HTTP/1.1\r\n', { kind: 'plain' }],
    ['a'.repeat(33), { kind: 'plain' }],
    [`GET /${'a'.repeat(16 * 1024)}`, { kind: 'plain' }],
    ['\x16\x03\x01\0\0', { kind: 'plain' }],
  ])('%j', (text, first) => {
    expect(readFirstBytes(Buffer.from(text, 'latin1'))).toEqual(first)
  })

  test.each(['GET / HTTP/1.1\r\n', PREFACE])('of %j is known at its end and not before', (text) => {
    for (let length = 0; length < text.length; length++) {
      expect(readFirstBytes(Buffer.from(text.slice(0, length), 'latin1')).kind).toBe('unknown')
    }
    expect(readFirstBytes(Buffer.from(text, 'latin1')).kind).toBe('plain')
  })
})
