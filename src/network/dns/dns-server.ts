import type { Clock, Timer } from '../../world/clock.ts'
import type { Datagrams, DatagramSocket } from '../../world/datagrams.ts'
import type { ByteSocket, SocketListener, Sockets } from '../../world/sockets.ts'
import type { ClusterZone } from './cluster-zone.ts'
import { respond } from './respond.ts'

/** A client that says nothing for so long is let go (RFC 7766, section 6.2.3, leaves the number to the server). */
const TCP_IDLE_MS = 10_000
/** Who comes when so many are there is turned away. */
const TCP_CONNECTIONS_MAX = 256
/** The length that stands before each message over TCP. */
const LENGTH_BYTES = 2
/** What waits for a client that asks and does not read. */
const UNSENT_BYTES_MAX = 1_048_576
/** How often a port is tried that is free for the one protocol and not for the other. */
const PORT_TRIES_MAX = 16

export interface DnsServerOptions {
  readonly zone: Pick<ClusterZone, 'answer'>
  readonly clock: Clock
  readonly sockets: Pick<Sockets, 'listen'>
  readonly datagrams: Datagrams
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  onError(error: Error): void
}

/** A DNS server over UDP and TCP at one port. */
export class DnsServer implements AsyncDisposable {
  readonly #options: DnsServerOptions
  readonly #connections = new Set<DnsConnection>()
  #udp: DatagramSocket | undefined
  #tcp: SocketListener | undefined

  constructor(options: DnsServerOptions) {
    this.#options = options
  }

  /** Resolves to the port. Rejects when it cannot be had. */
  async listen(): Promise<number> {
    for (let tries = 1; ; tries++) {
      const tcp = await this.#listenTcp()
      try {
        this.#udp = await this.#bindUdp(tcp.port)
        this.#tcp = tcp
        return tcp.port
      } catch (error) {
        await tcp.close()
        if (this.#options.port !== 0 || tries === PORT_TRIES_MAX) throw error
      }
    }
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.end()
    await Promise.all([this.#udp?.close(), this.#tcp?.close()])
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #listenTcp(): Promise<SocketListener> {
    const { sockets, host, port } = this.#options
    return sockets.listen({ host, port, onConnection: (socket) => this.#connected(socket) })
  }

  #bindUdp(port: number): Promise<DatagramSocket> {
    const { datagrams, host, zone, onError } = this.#options
    return datagrams.bind({
      host,
      port,
      onMessage: (bytes, from) => {
        const answer = respond(bytes, zone, 'udp')
        if (answer !== undefined) this.#udp?.send(answer, from)
      },
      onError,
    })
  }

  #connected(socket: ByteSocket): void {
    if (this.#connections.size >= TCP_CONNECTIONS_MAX) {
      socket.destroy()
      return
    }
    const connection = new DnsConnection(socket, this.#options, () => this.#connections.delete(connection))
    this.#connections.add(connection)
  }
}

/** One client over TCP: its queries are answered in the order in which they come. */
class DnsConnection {
  readonly #socket: ByteSocket
  readonly #options: DnsServerOptions
  #pending: Uint8Array = new Uint8Array(0)
  #idle: Timer

  constructor(socket: ByteSocket, options: DnsServerOptions, ended: () => void) {
    this.#socket = socket
    this.#options = options
    this.#idle = options.clock.schedule(TCP_IDLE_MS, () => this.end())
    socket.on('data', (bytes: Uint8Array) => this.#received(bytes))
    socket.on('end', () => socket.end())
    // What broke off needs no answer; `close` follows.
    socket.on('error', () => undefined)
    socket.once('close', () => {
      this.#idle.cancel()
      ended()
    })
    socket.resume()
  }

  end(): void {
    this.#socket.destroy()
  }

  #received(bytes: Uint8Array): void {
    this.#idle.cancel()
    this.#idle = this.#options.clock.schedule(TCP_IDLE_MS, () => this.end())
    let pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes])
    while (pending.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + ((pending[0] ?? 0) << 8) + (pending[1] ?? 0)
      if (pending.length < end) break
      const answer = respond(pending.subarray(LENGTH_BYTES, end), this.#options.zone, 'tcp')
      // Whoever sends no query there is not spoken to further.
      if (answer === undefined || !this.#send(answer)) {
        this.end()
        return
      }
      pending = pending.subarray(end)
    }
    this.#pending = pending
  }

  /** False when the client does not take what it asked for: then it asks for more than it reads. */
  #send(answer: Uint8Array): boolean {
    const length = Uint8Array.of(answer.length >> 8, answer.length & 0xff)
    return this.#socket.write(Buffer.concat([length, answer])) || this.#socket.writableLength < UNSENT_BYTES_MAX
  }
}
