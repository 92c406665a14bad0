import { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { type DialPort, forward, type ForwardFailure } from './port-streams.ts'

/** Messages of this protocol begin with a byte that names their channel (k8s.io/apimachinery pkg/util/httpstream/wsstream). */
export const CHANNEL_PROTOCOL = 'v4.channel.k8s.io'

/**
 * Ports over the channels of a WebSocket: two for each port, one for its bytes and one for errors, and each begins with the
 * number of its port. There is one connection for each port, and the WebSocket ends with the last one.
 */
export async function serveChannels(
  socket: WebSocket,
  ports: readonly number[],
  { dial, failure }: { readonly dial: DialPort; readonly failure: ForwardFailure },
): Promise<void> {
  const channels = Array.from({ length: ports.length * 2 }, (_, index) => new Channel(index, socket))
  socket.on('message', (message: Buffer) => channels[message[0] ?? -1]?.receive(message.subarray(1)))
  socket.once('close', () => {
    for (const channel of channels) channel.destroy()
  })
  socket.once('error', () => socket.terminate())
  await Promise.all(
    ports.map(async (port, index) => {
      const [data, error] = channels.slice(index * 2, index * 2 + 2)
      if (data === undefined || error === undefined) return
      const number = Buffer.alloc(2)
      number.writeUInt16LE(port)
      data.write(number)
      error.write(number)
      error.resume()
      await forward({ data, error, port }, dial, failure)
    }),
  )
  socket.close(1000)
}

class Channel extends Duplex {
  readonly #index: number
  readonly #socket: WebSocket

  constructor(index: number, socket: WebSocket) {
    super({ allowHalfOpen: true })
    this.#index = index
    this.#socket = socket
  }

  /** No message tells that a channel's client is done: a channel ends with its WebSocket. */
  receive(payload: Buffer): void {
    if (this.destroyed) return
    if (!this.push(payload)) this.#socket.pause()
  }

  override _read(): void {
    this.#socket.resume()
  }

  /** A client that is gone is no error of this channel: it ends with its WebSocket, at once. */
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#socket.send(Buffer.concat([Uint8Array.of(this.#index), chunk]), (error) => {
      if (error === null || error === undefined) done()
      else this.destroy()
    })
  }
}
