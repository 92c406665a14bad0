/*
 * Frames of SPDY/3.1, of which port forwarding knows streams, their ends and pings.
 *
 *     data     [ 0 | stream 31 ] [ flags 8 | length 24 ] payload
 *     control  [ 1 | version 15 | type 16 ] [ flags 8 | length 24 ] payload
 */

export const SYN_STREAM = 1
const SYN_REPLY = 2
export const RST_STREAM = 3
export const PING = 6
export const HEADERS = 8

/** Flag of data and of SYN_STREAM: the sender has no more for this stream. */
const FLAG_FIN = 1
const CONTROL_BIT = 0x80
const VERSION = 3
const HEAD_BYTES = 8
/** Why a stream is refused: a request that the other side does not understand. */
const PROTOCOL_ERROR = 1
/** …or ended: it is not wanted any more. */
const CANCEL = 5

export type Frame = DataFrame | ControlFrame

export interface DataFrame {
  readonly kind: 'data'
  readonly streamId: number
  readonly isLast: boolean
  readonly payload: Buffer
}

export interface ControlFrame {
  readonly kind: 'control'
  readonly type: number
  readonly isLast: boolean
  readonly payload: Buffer
}

/** Frames of a connection's bytes, until it ends. */
export async function* readFrames(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let rest = Buffer.alloc(0)
  for await (const chunk of bytes) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk])
    for (let end = frameEnd(rest); end !== undefined; end = frameEnd(rest)) {
      yield frameIn(rest.subarray(0, end))
      rest = rest.subarray(end)
    }
  }
}

function frameEnd(bytes: Buffer): number | undefined {
  if (bytes.length < HEAD_BYTES) return undefined
  const end = HEAD_BYTES + bytes.readUIntBE(5, 3)
  return bytes.length < end ? undefined : end
}

function frameIn(bytes: Buffer): Frame {
  const [first = 0, , , , flags = 0] = bytes
  const isLast = (flags & FLAG_FIN) !== 0
  const payload = bytes.subarray(HEAD_BYTES)
  if ((first & CONTROL_BIT) === 0) return { kind: 'data', streamId: bytes.readUInt32BE(0), isLast, payload }
  return { kind: 'control', type: bytes.readUInt16BE(2), isLast, payload }
}

/** The stream that a control frame is about: the first number of its payload. */
export function streamIdIn(payload: Buffer): number {
  return payload.readUInt32BE(0) & 0x7fff_ffff
}

/** The headers of a SYN_STREAM or HEADERS frame, still compressed. */
export function headerBlockIn({ type, payload }: ControlFrame): Buffer {
  return payload.subarray(type === SYN_STREAM ? 10 : 4)
}

export function dataFrame(streamId: number, payload: Uint8Array): Buffer {
  return Buffer.concat([head(streamId, 0, payload.length), payload])
}

/** The end of what this side has to say on a stream. */
export function endFrame(streamId: number): Buffer {
  return head(streamId, FLAG_FIN, 0)
}

export function replyFrame(streamId: number, headerBlock: Uint8Array): Buffer {
  return controlFrame(SYN_REPLY, Buffer.concat([uint32(streamId), headerBlock]))
}

export function refusalFrame(streamId: number): Buffer {
  return resetFrame(streamId, PROTOCOL_ERROR)
}

/** Ends a stream in the middle (moby/spdystream stream.go `Reset`). */
export function cancelFrame(streamId: number): Buffer {
  return resetFrame(streamId, CANCEL)
}

/** A ping goes back as it came. */
export function pongFrame(payload: Uint8Array): Buffer {
  return controlFrame(PING, payload)
}

function resetFrame(streamId: number, status: number): Buffer {
  return controlFrame(RST_STREAM, Buffer.concat([uint32(streamId), uint32(status)]))
}

function controlFrame(type: number, payload: Uint8Array): Buffer {
  return Buffer.concat([head((CONTROL_BIT << 24) | (VERSION << 16) | type, 0, payload.length), payload])
}

function head(word: number, flags: number, length: number): Buffer {
  const bytes = Buffer.alloc(HEAD_BYTES)
  bytes.writeUInt32BE(word >>> 0, 0)
  bytes.writeUInt8(flags, 4)
  bytes.writeUIntBE(length, 5, 3)
  return bytes
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value, 0)
  return bytes
}
