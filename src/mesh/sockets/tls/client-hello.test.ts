import { once } from 'node:events'
import { createServer } from 'node:net'
import { connect } from 'node:tls'
import { assert as check, constantFrom, integer, property, uint8Array } from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { HELLO_BYTES_MAX, readClientHello } from './client-hello.ts'

/** What Node's own TLS sends first. */
async function helloOf(options: { servername?: string; alpn?: string[] }): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const accepted = once(server, 'connection')
  const { servername, alpn } = options
  const client = connect({
    port,
    host: '127.0.0.1',
    ...(servername !== undefined && { servername }),
    ...(alpn !== undefined && { ALPNProtocols: alpn }),
  })
  client.on('error', () => undefined)
  const [socket] = (await accepted) as [NodeJS.Socket]
  const [hello] = (await once(socket, 'data')) as [Buffer]
  client.destroy()
  server.close()
  return hello
}

/** The same message in records of `size` bytes. */
function fragmented(hello: Uint8Array, size: number): Buffer {
  const message = hello.subarray(5)
  const records: Uint8Array[] = []
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size)
    records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 0xff]), part)
  }
  return Buffer.concat(records)
}

describe('a client’s first message', () => {
  let hello: Buffer
  const read = { kind: 'hello', hello: { serverName: 'outbound_.80_._.cart.shop', alpn: ['istio-http/1.1', 'istio'] } }

  beforeAll(async () => {
    hello = await helloOf({ servername: 'OUTBOUND_.80_._.cart.shop', alpn: ['istio-http/1.1', 'istio'] })
  })

  test('names the server and the protocols', () => {
    expect(readClientHello(hello)).toEqual(read)
  })

  test('may name nothing', async () => {
    expect(readClientHello(await helloOf({}))).toEqual({ kind: 'hello', hello: { alpn: [] } })
  })

  test('is incomplete wherever it is cut, and says truly how many bytes it wants at least', () => {
    for (let length = 0; length < hello.length; length++) {
      const reading = readClientHello(hello.subarray(0, length))
      expect(reading.kind).toBe('incomplete')
      if (reading.kind === 'incomplete') {
        expect(reading.bytesNeeded).toBeGreaterThan(length)
        expect(reading.bytesNeeded).toBeLessThanOrEqual(hello.length)
      }
    }
  })

  test('may be spread over records of any size, and bytes after it do not matter', () => {
    for (const size of [1, 2, 3, 5, 64, 200]) expect(readClientHello(fragmented(hello, size))).toEqual(read)
    expect(readClientHello(Buffer.concat([hello, Buffer.from('more')]))).toEqual(read)
  })

  test('longer than is bearable is none', () => {
    const long = Buffer.from([22, 3, 1, 0x3f, 0xff, 1, 0, 0x40, 0])
    expect(readClientHello(long)).toEqual({ kind: 'invalid' })
    expect(readClientHello(Buffer.from([22, 3, 1, 0x40, 0]))).toEqual({ kind: 'invalid' })
    // Many small records do not get round the bound.
    const endless = fragmented(
      Buffer.concat([Buffer.alloc(5), Buffer.from([1, 0, 0x3f, 0]), Buffer.alloc(20_000)]),
      100,
    )
    const reading = readClientHello(endless.subarray(0, HELLO_BYTES_MAX + 100))
    expect(reading.kind).toBe('invalid')
  })

  test.each([
    ['plain HTTP', Buffer.from('GET / HTTP/1.1\r\n')],
    ['another record', Buffer.from([23, 3, 1, 0, 1, 0])],
    ['another message', Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0])],
    ['an empty record', Buffer.from([22, 3, 1, 0, 0])],
  ])('%s is none', (_, bytes) => {
    expect(readClientHello(bytes)).toEqual({ kind: 'invalid' })
  })

  test('with any byte changed is read as something, never beyond its end', () => {
    check(
      property(integer({ min: 0, max: 199 }), integer({ min: 0, max: 255 }), (at, value) => {
        const changed = Buffer.from(hello)
        changed[at] = value
        expect(['hello', 'invalid', 'incomplete']).toContain(readClientHello(changed).kind)
      }),
    )
  })

  test('of random bytes behind a valid start is read as something', () => {
    check(
      property(uint8Array({ maxLength: 300 }), constantFrom(1, 2), (bytes, type) => {
        const length = bytes.length + 4
        const start = Buffer.from([
          22,
          3,
          1,
          length >> 8,
          length & 0xff,
          type,
          0,
          bytes.length >> 8,
          bytes.length & 0xff,
        ])
        expect(readClientHello(Buffer.concat([start, bytes])).kind).not.toBe('incomplete')
      }),
    )
  })
})
