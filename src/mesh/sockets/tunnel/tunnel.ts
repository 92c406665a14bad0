import type { GatheredWriter } from '../../../world/gathered-writer.ts'
import type { ByteSocket, Sockets } from '../../../world/sockets.ts'
import { type Carrier, CarriedConnection } from './carried-connection.ts'
import { CLOSE, CREDIT, DATA, END, frameHead, FrameParser, OPEN, RESET, RETIRE } from './frames.ts'

/** A server carries so many connections over one tunnel; others are reset. */
const CONNECTIONS_MAX = 16_384
/** From here on what waits to leave holds up all who write. */
const CONGESTION_BYTES = 256 * 1024
const CONNECTION_MAX = 0xff_ff_ff_ff

export interface TunnelOptions {
  readonly sockets: Pick<Sockets, 'readInPlace' | 'gatheredWriter'>
  /** Of the server's side: a client's connection, which has not been read from. Absent: this is the client's side. */
  onConnection?(connection: CarriedConnection): void
  /** It takes no new connections any more; those that are there go on. Told once, before `onClosed`. */
  onRetired?(): void
  /** The last connection that there was has gone; the tunnel stays. */
  onEmpty?(): void
  /** The tunnel is gone, and all connections with it. */
  onClosed?(): void
}

/**
 * One side of a connection between two proxies that carries many others: each has its own bytes, ends and credit, and all of
 * them share handshakes, records and system calls. Only the client's side begins connections.
 *
 * Invariants:
 *  1. What one connection's reader does not take holds up that connection alone.
 *  2. A side that breaks the rules of frames is cut off, with all that it carries.
 *  3. Numbers of connections are never used again: what comes for one that has gone is dropped.
 */
export class Tunnel implements Carrier {
  readonly #socket: ByteSocket
  readonly #options: TunnelOptions
  readonly #writer: GatheredWriter
  readonly #parser: FrameParser
  readonly #connections = new Map<number, CarriedConnection>()
  #last = 0
  #isRetired = false
  #isClosed = false

  constructor(socket: ByteSocket, options: TunnelOptions) {
    this.#socket = socket
    this.#options = options
    this.#writer = options.sockets.gatheredWriter(socket)
    this.#parser = new FrameParser({
      onFrame: (kind, connection, number) => this.#onFrame(kind, connection, number),
      onData: (connection, bytes) => this.#onData(connection, bytes),
    })
    socket.on('drain', () => this.#onRoom())
    socket.on('end', () => this.destroy())
    socket.on('error', () => this.destroy())
    socket.on('close', () => this.destroy())
    options.sockets.readInPlace(socket, (bytes) => this.#parser.read(bytes))
  }

  /** How many connections there are. */
  get size(): number {
    return this.#connections.size
  }

  /** Takes no new connections, and tells the other side so where this is the server's. */
  retire(): void {
    if (this.#isRetired) return
    this.#isRetired = true
    if (this.#options.onConnection !== undefined) this.#writer.write(frameHead(RETIRE, 0))
    this.#options.onRetired?.()
  }

  /** Begins a connection; undefined where none can be begun any more. */
  open(): CarriedConnection | undefined {
    if (this.#isRetired || this.#last === CONNECTION_MAX) return undefined
    const id = ++this.#last
    this.#writer.write(frameHead(OPEN, id))
    return this.#carry(id)
  }

  destroy(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#parser.stop()
    this.#writer.flush()
    this.#socket.destroy()
    this.#isRetired = true
    this.#options.onRetired?.()
    for (const connection of this.#connections.values()) connection.receiveReset()
    this.#options.onClosed?.()
  }

  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress
  }

  get remotePort(): number | undefined {
    return this.#socket.remotePort
  }

  get congestionBytes(): number {
    const { waitingBytes } = this.#writer
    return waitingBytes < CONGESTION_BYTES ? 0 : waitingBytes
  }

  sendText(connection: number, text: string): void {
    this.#writer.write(frameHead(DATA, connection, text.length) + text)
  }

  sendBytes(connection: number, bytes: Buffer, done: () => void): void {
    if (this.#isClosed) return
    this.#writer.write(frameHead(DATA, connection, bytes.length))
    this.#writer.flush()
    this.#socket.write(bytes, done)
  }

  sendEnd(connection: number): void {
    this.#writer.write(frameHead(END, connection))
  }

  sendCredit(connection: number, bytes: number): void {
    this.#writer.write(frameHead(CREDIT, connection, bytes))
  }

  sendGone(connection: number, isReset: boolean): void {
    this.#writer.write(frameHead(isReset ? RESET : CLOSE, connection))
  }

  onGone(connection: number): void {
    this.#connections.delete(connection)
    if (this.#connections.size === 0 && !this.#isClosed) this.#options.onEmpty?.()
  }

  #carry(id: number): CarriedConnection {
    const connection = new CarriedConnection(id, this)
    this.#connections.set(id, connection)
    return connection
  }

  #onFrame(kind: number, id: number, number: number): void {
    const connection = this.#connections.get(id)
    switch (kind) {
      case OPEN:
        return this.#onOpen(id)
      case END:
        return connection?.receiveEnd()
      case CLOSE:
        return connection?.receiveClose()
      case RESET:
        return connection?.receiveReset()
      case CREDIT:
        return connection?.receiveCredit(number)
      case RETIRE:
        return this.retire()
      default:
        return this.destroy()
    }
  }

  /** Those that come after the server said that it takes no more had not heard of it. */
  #onOpen(id: number): void {
    const { onConnection } = this.#options
    if (onConnection === undefined || id <= this.#last) return this.destroy()
    this.#last = id
    if (this.#connections.size >= CONNECTIONS_MAX) this.sendGone(id, true)
    else onConnection(this.#carry(id))
  }

  #onData(id: number, bytes: Buffer): void {
    if (this.#connections.get(id)?.receive(bytes) === false) this.destroy()
  }

  #onRoom(): void {
    for (const connection of this.#connections.values()) connection.onRoom()
  }
}
