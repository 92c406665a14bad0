import { once } from 'node:events'
import { afterAll, describe, expect, test } from 'vitest'
import { clientCredential, newClusterIdentity, servingCredential } from '../apiserver/pki/cluster-identity.ts'
import { RealSockets } from './real-sockets.ts'
import { realWorld } from './real-world.ts'
import type { HostSocket, SocketListener } from './sockets.ts'

const host = '127.0.0.1'
const sockets = new RealSockets()
const listeners: SocketListener[] = []
afterAll(() => Promise.all(listeners.map((listener) => listener.close())))

async function serve(onConnection: (socket: HostSocket) => void): Promise<number> {
  const listener = await sockets.listen({ host, port: 0, onConnection })
  listeners.push(listener)
  return listener.port
}

test('bytes go both ways, and either side may end first', async () => {
  const port = await serve((socket) => {
    socket.on('data', (bytes: Buffer) => socket.write(bytes))
    socket.on('end', () => socket.end('bye'))
    socket.resume()
  })
  const client = sockets.connect({ host, port })
  let heard = ''
  client.on('data', (bytes: Buffer) => (heard += bytes.toString()))
  client.end('namaste ')
  await once(client, 'close')
  expect(heard).toBe('namaste bye')
})

test('an address that is taken is refused to the second', async () => {
  const port = await serve(() => undefined)
  await expect(sockets.listen({ host, port, onConnection: () => undefined })).rejects.toThrow('EADDRINUSE')
})

test('a closed listener takes no new connection and keeps those that are there', async () => {
  const listener = await sockets.listen({ host, port: 0, onConnection: (socket) => socket.pipe(socket) })
  const client = sockets.connect({ host, port: listener.port })
  await once(client, 'connect')
  client.write('before')
  await once(client, 'data')
  await listener.close()
  const late = sockets.connect({ host, port: listener.port })
  await expect(once(late, 'connect')).rejects.toThrow('ECONNREFUSED')
  client.write('after')
  const [heard] = (await once(client, 'data')) as [Buffer]
  expect(heard.toString()).toBe('after')
  client.destroy()
})

describe('TLS', () => {
  const world = realWorld({ seed: 'sockets' })
  const identity = newClusterIdentity(world)
  const authorities = [identity.authority.certificate]
  const server = sockets.tlsContext({ ...servingCredential(identity, world), authorities })
  const asha = clientCredential(identity, { commonName: 'asha', organizations: ['dev'] }, world)
  const client = sockets.tlsContext({ ...asha, authorities })

  test('a client is not authorized by a certificate of a stranger, nor without any', async () => {
    const stranger = newClusterIdentity(world)
    const foreign = clientCredential(stranger, { commonName: 'asha', organizations: ['dev'] }, world)
    const port = await serve((socket) => {
      const secure = sockets.acceptTls(socket, { context: server, asksForCertificate: true })
      secure.once('secure', () => secure.end(String(secure.authorized)))
      socket.resume()
    })
    for (const context of [sockets.tlsContext({ ...foreign, authorities }), sockets.tlsContext({ authorities })]) {
      const secure = sockets.connectTls({ host, port, context })
      const [heard] = (await once(secure, 'data')) as [Buffer]
      expect(heard.toString()).toBe('false')
      secure.destroy()
    }
  })

  test('a server looks at the first bytes, puts them back, and goes on in TLS', async () => {
    const port = await serve((socket) => {
      socket.once('data', (hello: Buffer) => {
        socket.pause()
        socket.unshift(hello)
        const secure = sockets.acceptTls(socket, { context: server, asksForCertificate: true, alpn: ['istio'] })
        secure.once('secure', () => {
          const { subject } = secure.getPeerCertificate()
          secure.end(`${hello[0]} ${String(subject.CN)} ${String(secure.alpnProtocol)} ${secure.authorized}`)
        })
      })
      socket.resume()
    })
    const secure = sockets.connectTls({ host, port, context: client, serverName: 'cart.shop', alpn: ['istio', 'h2'] })
    let heard = ''
    secure.on('data', (bytes: Buffer) => (heard += bytes.toString()))
    await once(secure, 'end')
    secure.destroy()
    expect(heard).toBe('22 asha istio true')
  })
})
