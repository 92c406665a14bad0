import { ownBytes } from '../../../world/read-buffer.ts'
import type { ByteSocket } from '../../../world/sockets.ts'

/** What waits to leave a socket at most before the other side is held back. */
export const WAITING_BYTES_MAX = 64 * 1_024

/** Up to this length, copying bytes into one write with what goes before them costs less than a second write. */
const JOINED_BYTES_MAX = 12 * 1_024

/** Writes text (Latin-1) and bytes in one go. Whether more may follow at once; if not, `drain` tells when. */
export function writeParts(socket: ByteSocket, before: string, bytes: Buffer, after: string): boolean {
  if (before === '' && after === '') socket.write(ownBytes(bytes))
  else if (bytes.length <= JOINED_BYTES_MAX) socket.write(before + bytes.toString('latin1') + after, 'latin1')
  else {
    socket.cork()
    if (before !== '') socket.write(before, 'latin1')
    socket.write(ownBytes(bytes))
    if (after !== '') socket.write(after, 'latin1')
    socket.uncork()
  }
  return mayWriteMore(socket)
}

export function writeText(socket: ByteSocket, text: string): boolean {
  socket.write(text, 'latin1')
  return mayWriteMore(socket)
}

/** What `write` returns says how much was handed in; what counts is how much of it has not left. */
function mayWriteMore(socket: ByteSocket): boolean {
  return socket.writableLength < WAITING_BYTES_MAX
}

/** `1f\r\n`: what a chunk begins with; after it comes another line's end. */
export function chunkStart(bytes: Buffer): string {
  return `${bytes.length.toString(16)}\r\n`
}
