import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { uncaughtDuring } from '../../../test/support/uncaught.ts'
import type { ConfigMap } from '../../api/kinds/core/config-map.ts'
import type { Access } from '../../client/access.ts'
import { createPlatform, type Platform } from '../../platform.ts'
import { realWorld } from '../../world/real-world.ts'

let platform: Platform
let access: Access
const ours: Error[] = []

beforeAll(async () => {
  platform = await createPlatform({ world: realWorld(), nodes: [], onError: (_part, error) => ours.push(error) })
  access = await platform.listen({ port: 0 })
})

afterAll(() => platform[Symbol.asyncDispose]())

async function client({ isAdmin = true } = {}): Promise<TLSSocket> {
  const { ca, certificate: cert, key, url } = access
  const port = Number(new URL(url).port)
  const socket = connect({ host: '127.0.0.1', port, ca, ...(isAdmin && { cert, key }) })
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  return socket
}

/** All that the server sends until it closes. */
async function said(socket: TLSSocket): Promise<string> {
  let text = ''
  socket.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')))
  await once(socket, 'close')
  return text
}

describe('a request that makes no sense is refused, and ends nothing but itself', () => {
  test.each([
    '//:pretty',
    '//[pretty',
    'http:///pretty',
    'a:99999',
    '/api/v1/pods?%&pretty=%',
    '/%?pretty',
    '/api/v1/namespaces/%ff/pods?pretty',
  ])('%s', async (target) => {
    for (const isAdmin of [true, false]) {
      const socket = await client({ isAdmin })
      const uncaught = await uncaughtDuring(async () => {
        socket.write(
          `GET ${target} HTTP/1.1\r\nHost: x\r\nAccept: \xff/\xfe;q=x\r\nConnection: close\r\n\r\n`,
          'latin1',
        )
        expect(await said(socket)).toMatch(/^HTTP\/1\.1 4\d\d /)
      })
      expect(uncaught).toEqual([])
    }
    expect(ours).toEqual([])
  })
})

const WATCH = '/api/v1/namespaces/default/configmaps?watch=true'

async function put(name: string, data: Record<string, string>): Promise<void> {
  await platform.client.create<ConfigMap>({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default' },
    data,
  })
}

describe('a watch as a WebSocket', () => {
  const UPGRADE = [
    `GET ${WATCH} HTTP/1.1`,
    'Host: x',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==',
    '\r\n',
  ].join('\r\n')

  test.each([
    ['a frame that is not masked', [0x81, 0x01, 0x61]],
    ['a frame of no known kind', [0x8b, 0x80, 0, 0, 0, 0]],
    [
      'a message that is longer than is taken',
      [0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0],
    ],
    ['text that is no UTF-8', [0x81, 0x81, 0, 0, 0, 0, 0xff]],
  ])('whose client sends %s is ended', async (_what, frame) => {
    const socket = await client()
    const uncaught = await uncaughtDuring(async () => {
      socket.write(UPGRADE)
      await once(socket, 'data')
      const rest = said(socket)
      socket.write(Uint8Array.from(frame))
      await rest
    })
    expect(uncaught).toEqual([])
  })
})

test('a watch whose time is up while its client does not read says nothing more', async () => {
  const socket = await client()
  const uncaught = await uncaughtDuring(async () => {
    socket.write(`GET ${WATCH}&timeoutSeconds=1&allowWatchBookmarks=true HTTP/1.1\r\nHost: x\r\n\r\n`)
    await once(socket, 'data')
    socket.pause()
    // More than the sockets of both sides hold.
    for (let part = 0; part < 20; part++) await put(`large-${part}`, { text: 'x'.repeat(1_000_000) })
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    await put('late', {})
    await new Promise((resolve) => setTimeout(resolve, 100))
  })
  socket.destroy()
  expect(uncaught).toEqual([])
})

/** What of the calls that last is still counted as open. */
async function openCalls(): Promise<readonly string[]> {
  const socket = await client()
  socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  const lines = (await said(socket)).split('\n')
  return lines.filter((line) => line.startsWith('apiserver_longrunning_requests{') && !line.endsWith(' 0'))
}

test('a client that breaks off within its request is no failure of the server', async () => {
  const failures = ours.length
  const socket = await client()
  socket.write('POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{')
  await new Promise((resolve) => setTimeout(resolve, 50))
  socket.destroy()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(ours.slice(failures)).toEqual([])
})

describe('what a client began and left is over', () => {
  const future = `${WATCH}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=`

  test('while it waited for a state of the cluster that was still to come', async () => {
    const socket = await client()
    const next = platform.store.revision + 1
    socket.write(`GET ${future}${next} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await once(socket, 'data')
    socket.destroy()
    await new Promise((resolve) => setTimeout(resolve, 50))
    await put('next', {})
    await expect.poll(openCalls).toEqual([])
  })

  test('where one connection asked for several before the first had ended', async () => {
    const socket = await client()
    socket.write(`GET ${WATCH} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(3))
    await once(socket, 'data')
    socket.destroy()
    await expect.poll(openCalls).toEqual([])
  })

  test('where it asked for a WebSocket in a way that is refused', async () => {
    const socket = await client()
    const refused = said(socket)
    socket.write(`GET ${WATCH} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)
    expect(await refused).toMatch(/^HTTP\/1\.1 400 /)
    await expect.poll(openCalls).toEqual([])
  })

  test('where it asked for a protocol that is not spoken', async () => {
    const socket = await client()
    socket.write(`GET ${WATCH} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`)
    await once(socket, 'data')
    socket.end()
    await expect.poll(openCalls).toEqual([])
  })
})
