import { afterAll, expect, test } from 'vitest'
import { realWorld } from '../../../world/real-world.ts'
import { awaitProxyHeader } from './await-proxy-header.ts'
import { proxyHeader } from './proxy-protocol.ts'

const { clock, sockets } = realWorld({ seed: 'proxy-header' })
const host = '127.0.0.1'
const told: unknown[] = []
const listener = await sockets.listen({
  host,
  port: 0,
  onConnection(socket) {
    awaitProxyHeader(socket, {
      clock,
      onKnown(addresses) {
        told.push(addresses)
        socket.on('data', (bytes: Buffer) => socket.write(bytes))
        socket.on('end', () => socket.end())
        socket.resume()
      },
      onGone: () => told.push('gone'),
    })
  },
})
afterAll(() => listener.close())

/** Sends in pieces, and hears what comes back. */
async function echoOf(pieces: readonly Buffer[]): Promise<string> {
  told.length = 0
  const client = sockets.connect({ host, port: listener.port })
  client.on('error', () => undefined)
  for (const piece of pieces) {
    client.write(piece)
    await clock.sleep(5)
  }
  client.end()
  let heard = ''
  for await (const bytes of client) heard += String(bytes)
  return heard
}

test('a PROXY header is taken off, wherever it is cut, and what follows is left', async () => {
  const source = { address: '2001:db8::7', port: 51_000 }
  const destination = { address: '2001:db8::1', port: 443 }
  for (const version of ['V1', 'V2'] as const) {
    const all = Buffer.concat([proxyHeader(version, { source, destination }), Buffer.from('hello')])
    for (const at of [0, 1, 12, 20, all.length - 3]) {
      expect(await echoOf([all.subarray(0, at), all.subarray(at)].filter(({ length }) => length > 0))).toBe('hello')
      expect(told).toEqual([{ source, destination }])
    }
  }
})

test('a connection without one is closed, and so is one that ends in it', async () => {
  expect(await echoOf([Buffer.from('GET / HTTP/1.1\r\n')]).catch(() => '')).toBe('')
  expect(told).toEqual(['gone'])
  expect(await echoOf([Buffer.from('PROXY TCP4 1.2')])).toBe('')
  expect(told).toEqual(['gone'])
})
