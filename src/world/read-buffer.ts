const BUFFER_BYTES = 64 * 1024
/** What sockets that read in place read into, all of them. */
const memory = Buffer.allocUnsafeSlow(2 * BUFFER_BYTES)

export const PLAIN_READS: Buffer = memory.subarray(0, BUFFER_BYTES)
/** Apart from the others: what TLS takes out of one piece may be read while the piece is. */
export const TLS_READS: Buffer = memory.subarray(BUFFER_BYTES)

/** The same bytes for whoever keeps them longer than the call that brought them. */
export function ownBytes(bytes: Buffer): Buffer {
  return bytes.buffer === memory.buffer ? Buffer.from(bytes) : bytes
}
