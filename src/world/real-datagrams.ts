import { isIPv6 } from 'node:net'
import type { DatagramOptions, Datagrams, DatagramSocket } from './datagrams.ts'

/** The host's UDP. */
export class RealDatagrams implements Datagrams {
  async bind({ host, port, onMessage, onError }: DatagramOptions): Promise<DatagramSocket> {
    // Loaded with the first: most clusters bind none.
    const { createSocket } = await import('node:dgram')
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind({ address: host, port, exclusive: true }, () => {
        socket.off('error', reject)
        resolve()
      })
    })
    socket.on('error', onError)
    socket.on('message', (bytes, { address, port: from }) => {
      // A forged datagram may say that it comes from there; nothing can be sent to it, and Node throws where one tries.
      if (from !== 0) onMessage(bytes, { host: address, port: from })
    })
    return {
      port: socket.address().port,
      send: (bytes, to) => {
        socket.send(bytes, to.port, to.host, (error) => {
          if (error !== null) onError(error)
        })
      },
      close: () => new Promise((resolve) => socket.close(() => resolve())),
    }
  }
}
