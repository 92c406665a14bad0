import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net'
import { ownBytes, PLAIN_READS } from './read-buffer.ts'
import type { ByteSocket } from './sockets.ts'

/*
 * Node reads every piece that comes on a socket into memory of its own, of 64 KiB, and cuts it to size afterwards: with
 * thousands of busy connections that costs more memory than anything else, and more time than parsing. Sockets that are made
 * here read into one buffer that all share, for a piece is dealt with before the next one is read. Who does not ask for
 * that is handed copies, as by any other socket.
 */

type OnBytes = (bytes: Buffer) => void

/** Who is told of bytes in place, on the socket itself: a table of ten thousand sockets would cost the collector more. */
const READER = Symbol('reader')

interface Reader {
  onBytes: OnBytes | undefined
}

/** Makes a socket that can read in place, into `buffer`: `make` hands the options on to Node, as `onread`. */
export function readingInPlace<S extends Socket>(buffer: Buffer, make: (onread: OnReadOpts) => S): S {
  const reader: Reader = { onBytes: undefined }
  const socket = make({
    buffer,
    callback(length: number): boolean {
      const bytes = buffer.subarray(0, length)
      if (reader.onBytes === undefined) return socket.push(ownBytes(bytes))
      reader.onBytes(bytes)
      return true
    },
  })
  return Object.assign(socket, { [READER]: reader })
}

/** The same for a connection that a server has taken and has not read from: stands in its place. */
export function acceptedInPlace(accepted: Socket): Socket {
  const holder = accepted as unknown as { _handle: object | null }
  const handle = holder._handle
  // It was cut off before anybody saw it.
  if (handle === null) return accepted
  holder._handle = null
  return readingInPlace(
    PLAIN_READS,
    (onread) => new Socket({ handle, onread, allowHalfOpen: true, pauseOnCreate: true } as SocketConstructorOpts),
  )
}

/** See `Sockets.readInPlace`. */
export function readInPlace(socket: ByteSocket, onBytes: OnBytes): void {
  const reader = (socket as { readonly [READER]?: Reader })[READER]
  if (reader !== undefined) reader.onBytes = onBytes
  // What was put back, or came while nobody had asked, comes this way.
  socket.on('data', onBytes)
}
