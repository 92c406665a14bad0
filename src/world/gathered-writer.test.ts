import { once } from 'node:events'
import { expect, test } from 'vitest'
import { RealSockets } from './real-sockets.ts'

const host = '127.0.0.1'
const sockets = new RealSockets()

test('what is written in a turn leaves in one piece at its end, and what is flushed at once', async () => {
  const pieces: string[] = []
  const listener = await sockets.listen({
    host,
    port: 0,
    onConnection(socket) {
      socket.on('data', (bytes: Buffer) => pieces.push(bytes.toString()))
      socket.on('end', () => socket.end())
      socket.resume()
    },
  })
  const client = sockets.connect({ host, port: listener.port })
  await once(client, 'connect')
  const writer = sockets.gatheredWriter(client)
  writer.write('chai ')
  writer.write('garam')
  expect(client.bytesWritten).toBe(0)
  expect(writer.waitingBytes).toBe(10)
  await new Promise(setImmediate)
  expect(client.bytesWritten).toBe(10)
  writer.write(', ')
  writer.flush()
  client.end('please')
  await once(client, 'close')
  expect(pieces.join('')).toBe('chai garam, please')
  await listener.close()
})

test('what waits for a socket that is gone is dropped', async () => {
  const listener = await sockets.listen({ host, port: 0, onConnection: (socket) => socket.resume() })
  const client = sockets.connect({ host, port: listener.port })
  await once(client, 'connect')
  const writer = sockets.gatheredWriter(client)
  writer.write('too late')
  client.destroy()
  await once(client, 'close')
  expect(client.bytesWritten).toBe(0)
  await listener.close()
})
