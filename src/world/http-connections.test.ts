import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { HttpConnections } from './http-connections.ts'

// Long enough for a request to come whole on a busy machine.
const HEAD_MS = 1_000

/** Connections that are answered in HTTP, as those are that listeners of the cluster accept. */
async function answering(): Promise<{ dial(): Socket } & AsyncDisposable> {
  const connections = new HttpConnections({ headMs: HEAD_MS })
  const server = createServer((socket) => connections.take(socket, (_request, response) => response.end('here')))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    dial: () => connect(port, '127.0.0.1'),
    async [Symbol.asyncDispose]() {
      connections.close()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test.each([
  ['begins a request and does not go on', 'GET / HT'],
  ['has had an answer, begins another request and does not go on', 'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /'],
  ['says nothing', ''],
])('a client that %s loses its connection', async (_what, sent) => {
  await using server = await answering()
  const socket = server.dial()
  socket.write(sent)
  const heard = await text(socket)
  expect(heard.includes('here')).toBe(sent.includes('\r\n\r\n'))
  expect(heard).toMatch(/HTTP\/1\.1 408 Request Timeout\r\nConnection: close\r\n\r\n$/)
})

test('a client whose request is whole may take its time before the next', async () => {
  await using server = await answering()
  const socket = server.dial()
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await once(socket, 'data')
  await new Promise((resolve) => setTimeout(resolve, HEAD_MS * 2))
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  expect(await text(socket)).toContain('200 OK')
})
