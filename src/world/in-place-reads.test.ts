import { once } from 'node:events'
import { expect, test } from 'vitest'
import { ownBytes } from './read-buffer.ts'
import { RealSockets } from './real-sockets.ts'

const host = '127.0.0.1'
const sockets = new RealSockets()

test('bytes that are read in place are overwritten, and those that are kept are not', async () => {
  const heard: { readonly inPlace: Buffer; readonly own: Buffer; readonly text: string }[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const listener = await sockets.listen({
    host,
    port: 0,
    onConnection(socket) {
      sockets.readInPlace(socket, (bytes) => {
        heard.push({ inPlace: bytes, own: ownBytes(bytes), text: bytes.toString() })
        socket.write('more')
      })
      socket.on('end', () => socket.end())
      socket.once('close', resolve)
      socket.resume()
    },
  })
  const client = sockets.connect({ host, port: listener.port })
  for (const text of ['first', 'other']) {
    client.write(text)
    await once(client, 'data')
  }
  client.end()
  await promise
  expect(heard.map(({ text }) => text)).toEqual(['first', 'other'])
  expect(heard.map(({ own }) => own.toString())).toEqual(['first', 'other'])
  expect(heard[0]?.inPlace.toString()).not.toBe('first')
  await listener.close()
})

test('what was put back is heard first, and a pause holds', async () => {
  const { promise, resolve } = Promise.withResolvers<string>()
  const listener = await sockets.listen({
    host,
    port: 0,
    onConnection(socket) {
      socket.once('data', (bytes: Buffer) => {
        socket.pause()
        socket.unshift(bytes)
        let heard = ''
        sockets.readInPlace(socket, (more) => (heard += more.toString()))
        socket.once('end', () => resolve(heard))
        socket.write('go on')
        socket.resume()
      })
      socket.resume()
    },
  })
  const client = sockets.connect({ host, port: listener.port })
  client.write('ask')
  await once(client, 'data')
  client.end(' and go')
  expect(await promise).toBe('ask and go')
  await listener.close()
})
