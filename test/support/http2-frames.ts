/** Types of frames (RFC 9113, section 6). */
export const HEADERS = 1
export const SETTINGS = 4
export const PUSH_PROMISE = 5

/** RFC 9113, section 4.1; headers are whole with it. */
export function frame(type: number, stream: number, payload: string): Buffer {
  const bytes = Buffer.alloc(9 + payload.length)
  bytes.writeUIntBE(payload.length, 0, 3)
  bytes.writeUInt8(type, 3)
  bytes.writeUInt8(type === HEADERS ? 4 : 0, 4)
  bytes.writeUInt32BE(stream, 5)
  bytes.write(payload, 9, 'latin1')
  return bytes
}
