import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { uncaughtDuring } from '../../test/support/uncaught.ts'
import type { Listener } from './network.ts'
import { realWorld } from './real-world.ts'
import { serveWeb } from './serve-web.ts'
import { textResponse } from './web.ts'

const { network } = realWorld({ seed: 'web' })
let listener: Listener
let failures: Error[] = []

beforeAll(async () => {
  const handler = async ({ body }: { body(): Promise<Uint8Array> }) => {
    return textResponse(200, `heard ${(await body()).length}`)
  }
  listener = await serveWeb(network, handler, {
    host: '127.0.0.1',
    port: 0,
    bodyBytesMax: 10,
    onError: (error) => failures.push(error),
  })
})

beforeEach(() => (failures = []))

afterAll(() => listener.close())

async function client(sent: string): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: listener.port })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(sent, 'latin1')
  return socket
}

test.each([
  ['GET /% HTTP/1.1\r\nContent-Length: 3\r\n', 200],
  ['GET //: HTTP/1.1\r\n', 400],
  ['GET http://[/ HTTP/1.1\r\n', 400],
  ['POST / HTTP/1.1\r\nContent-Length: 3\r\n', 200],
  ['no request\r\n', 400],
])('%j is answered with %i, and is no failure of the handler', async (lines, status) => {
  const socket = await client(`${lines}Host: \xff\r\nConnection: close\r\n\r\nabc`)
  expect(await text(socket)).toContain(`HTTP/1.1 ${status} `)
  expect(failures).toEqual([])
})

test.each([
  ['before its request', ''],
  ['in the head', 'POST / HT'],
  ['in the body', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc'],
  ['before its answer', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc'],
])('a client that breaks off %s is no failure of the handler', async (_when, sent) => {
  const uncaught = await uncaughtDuring(async () => {
    const socket = await client(sent)
    await new Promise((resolve) => setTimeout(resolve, 20))
    socket.resetAndDestroy()
    await new Promise((resolve) => setTimeout(resolve, 20))
  })
  expect({ uncaught, failures }).toEqual({ uncaught: [], failures: [] })
})
