import { RealSockets } from '../../src/world/real-sockets.ts'
import type { ByteSocket, SocketListener, SocketListenOptions } from '../../src/world/sockets.ts'

/** What went over one connection, from who opened it and back. */
export class Tapped {
  /** Where it was listened at, and from where it came. */
  readonly to: string
  readonly from: string
  sent: Buffer[] = []
  received: Buffer[] = []

  constructor({ localAddress, localPort, remoteAddress = '' }: ByteSocket) {
    this.to = `${localAddress}:${localPort}`
    this.from = remoteAddress
  }
}

/** Sockets of which all that is listened at is overheard: each connection passes somebody who writes down its bytes. */
export class TappedSockets extends RealSockets {
  readonly #all: Tapped[] = []

  /** Connections on which there was anything since `forget`. */
  get heard(): readonly Tapped[] {
    return this.#all.filter(({ sent }) => sent.length > 0)
  }

  forget(): void {
    for (const tapped of this.#all) [tapped.sent, tapped.received] = [[], []]
  }

  override async listen({ host, port, onConnection }: SocketListenOptions): Promise<SocketListener> {
    const behind = await super.listen({ host: '127.0.0.1', port: 0, onConnection })
    try {
      const listener = await super.listen({ host, port, onConnection: (socket) => this.#tap(socket, behind.port) })
      return { ...listener, close: async () => void (await Promise.all([listener.close(), behind.close()])) }
    } catch (error) {
      await behind.close()
      throw error
    }
  }

  #tap(client: ByteSocket, port: number): void {
    const tapped = new Tapped(client)
    this.#all.push(tapped)
    const server = this.connect({ host: '127.0.0.1', port, localAddress: tapped.from })
    client.on('data', (bytes: Buffer) => void tapped.sent.push(bytes)).on('error', () => server.destroy())
    server.on('data', (bytes: Buffer) => void tapped.received.push(bytes)).on('error', () => client.resetAndDestroy())
    client.on('close', () => server.destroy())
    server.on('close', () => client.destroy())
    client.pipe(server).pipe(client)
  }
}

/** The types of the records that TLS is made of; undefined where bytes are something else. */
export function tlsRecords(parts: readonly Buffer[]): readonly number[] | undefined {
  const bytes = Buffer.concat(parts)
  const types: number[] = []
  let at = 0
  while (at < bytes.length) {
    const type = bytes[at] ?? 0
    if (type < 20 || type > 23 || bytes[at + 1] !== 3 || at + 5 > bytes.length) return undefined
    types.push(type)
    at += 5 + bytes.readUInt16BE(at + 3)
  }
  return types
}
