import type { GatheredWriter } from '../../../world/gathered-writer.ts'
import { ownBytes } from '../../../world/read-buffer.ts'
import type { ByteSocket, Sockets } from '../../../world/sockets.ts'

/** What waits to leave a connection at most before the other side is held back. */
export const WAITING_BYTES_MAX = 64 * 1_024

/** Up to this length, copying bytes into one write with what goes before them costs less than a second write. */
const JOINED_BYTES_MAX = 12 * 1_024

/** What leaves a connection: small pieces with all others of the event loop's turn, long ones at once. */
export class Outlet {
  readonly socket: ByteSocket
  readonly #writer: GatheredWriter

  constructor(socket: ByteSocket, sockets: Pick<Sockets, 'gatheredWriter'>) {
    this.socket = socket
    this.#writer = sockets.gatheredWriter(socket)
  }

  /** Whether more may follow at once; if not, the socket's `drain` tells when. */
  get isWritable(): boolean {
    return this.#writer.waitingBytes < WAITING_BYTES_MAX
  }

  /** Writes text (Latin-1) and bytes in one go. Returns whether more may follow at once. */
  writeParts(before: string, bytes: Buffer, after: string): boolean {
    const writer = this.#writer
    if (bytes.length <= JOINED_BYTES_MAX) writer.write(before + bytes.toString('latin1') + after)
    else {
      writer.write(before)
      writer.flush()
      this.socket.write(ownBytes(bytes))
      writer.write(after)
    }
    return this.isWritable
  }

  writeText(text: string): boolean {
    this.#writer.write(text)
    return this.isWritable
  }

  /** What has been written still leaves. */
  end(): void {
    this.#writer.flush()
    this.socket.end()
  }

  /** What the system takes at once of what has been written still leaves. */
  destroy(): void {
    this.#writer.flush()
    this.socket.destroy()
  }
}

/** `1f\r\n`: what a chunk begins with; after it comes another line's end. */
export function chunkStart(bytes: Buffer): string {
  return `${bytes.length.toString(16)}\r\n`
}
