import { assert as check, integer, ipV4, ipV6, oneof, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseRange } from '../../proxy/ip-range.ts'
import { proxyHeader, readProxyHeader } from './proxy-protocol.ts'

const from = { address: '192.0.2.7', port: 51_000 }
const to = { address: '10.0.0.1', port: 80 }

describe('a PROXY header', () => {
  test('of version 1 is a line', () => {
    expect(proxyHeader('V1', { source: from, destination: to }).toString()).toBe(
      'PROXY TCP4 192.0.2.7 10.0.0.1 51000 80\r\n',
    )
  })

  test('of version 2 is as the specification writes it', () => {
    expect(proxyHeader('V2', { source: from, destination: to }).toString('hex')).toBe(
      '0d0a0d0a000d0a515549540a' + '2111000c' + 'c0000207' + '0a000001' + 'c738' + '0050',
    )
  })

  test('is read as it was written, and wherever it is cut it is not complete', () => {
    const port = integer({ min: 0, max: 65_535 })
    const address = (addresses: typeof ipV4) => record({ address: addresses(), port })
    const pair = (addresses: typeof ipV4) => record({ source: address(addresses), destination: address(addresses) })
    check(
      property(oneof(pair(ipV4), pair(ipV6)), (addresses) => {
        for (const version of ['V1', 'V2'] as const) {
          const header = proxyHeader(version, addresses)
          const reading = readProxyHeader(Buffer.concat([header, Buffer.from('GET /')]))
          expect(reading).toMatchObject({ kind: 'header', length: header.length })
          if (reading.kind !== 'header') return
          for (const side of ['source', 'destination'] as const) {
            expect(reading.addresses?.[side].port).toBe(addresses[side].port)
            expect(parseRange(reading.addresses?.[side].address ?? '')).toEqual(parseRange(addresses[side].address))
          }
          for (let length = 0; length < header.length; length++) {
            expect(readProxyHeader(header.subarray(0, length)).kind).toBe('incomplete')
          }
        }
      }),
      { numRuns: 200 },
    )
  })

  test('of both families at once tells nothing', () => {
    const mixed = { source: { address: '::1', port: 1 }, destination: to }
    for (const version of ['V1', 'V2'] as const) {
      const header = proxyHeader(version, mixed)
      expect(readProxyHeader(header)).toEqual({ kind: 'header', length: header.length })
    }
  })

  test.each([
    ['PROXY UNKNOWN\r\n', { kind: 'header', length: 15 }],
    ['PROXY UNKNOWN ffff:: ffff:: 1 1\r\nx', { kind: 'header', length: 33 }],
    ['GET / HTTP/1.1\r\n', { kind: 'none' }],
    ['PROXY TCP4 1.2.3.4 1.2.3.4 99999 1\r\n', { kind: 'invalid' }],
    ['PROXY TCP4 ::1 1.2.3.4 1 1\r\n', { kind: 'invalid' }],
    ['PROXY TCP4 1.2.3.4/8 1.2.3.4 1 1\r\n', { kind: 'invalid' }],
    ['PROXY UDP4 1.2.3.4 1.2.3.4 1 1\r\n', { kind: 'invalid' }],
    [`PROXY TCP4 ${'1'.repeat(120)}`, { kind: 'invalid' }],
  ])('%j', (text, reading) => {
    expect(readProxyHeader(Buffer.from(text))).toEqual(reading)
  })

  test.each([
    ['a health check of the proxy itself', '20000000', { kind: 'header', length: 16 }],
    ['a Unix socket', '213100d8', { kind: 'incomplete' }],
    ['another version', '31110000', { kind: 'invalid' }],
    ['too few addresses', '21110004c0000207', { kind: 'invalid' }],
    ['more than is bearable', '2111ffff', { kind: 'invalid' }],
  ])('of version 2: %s', (_, hex, reading) => {
    expect(readProxyHeader(Buffer.from(`0d0a0d0a000d0a515549540a${hex}`, 'hex'))).toEqual(reading)
  })

  test('of version 2 may have more behind the addresses', () => {
    const header = Buffer.from('0d0a0d0a000d0a515549540a' + '21110010' + 'c00002070a000001c7380050' + '03000100', 'hex')
    expect(readProxyHeader(header)).toEqual({
      kind: 'header',
      length: 32,
      addresses: { source: from, destination: to },
    })
  })
})
