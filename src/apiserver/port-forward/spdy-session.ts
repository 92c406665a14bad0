import { Duplex } from 'node:stream'
import { emptyHeaderBlock, HeaderBlockReader } from './header-blocks.ts'
import {
  cancelFrame,
  type ControlFrame,
  dataFrame,
  endFrame,
  headerBlockIn,
  HEADERS,
  PING,
  pongFrame,
  readFrames,
  refusalFrame,
  replyFrame,
  RST_STREAM,
  streamIdIn,
  SYN_STREAM,
} from './spdy-frames.ts'

/** A client may have so many streams open at a time: two for each of its connections. */
const STREAMS_MAX = 2_000

/** A stream that the client opened, with what it said of it. */
export interface OpenedStream {
  readonly headers: ReadonlyMap<string, string>
  readonly stream: Duplex
}

/**
 * The server's side of a SPDY/3.1 connection, as far as Kubernetes' clients use it.
 *
 * Invariants:
 *  1. Frames are taken in their order, and a frame's headers before the next frame: compression spans all of them.
 *  2. Streams are opened by the client alone, and answered before anything else is said on them.
 *  3. A stream that is destroyed in the middle is reset, unless the client has done that, or is gone.
 *  4. What a stream has not read holds up the whole connection: clients know no windows (moby/spdystream connection.go).
 */
export class SpdySession {
  readonly #connection: Duplex
  readonly #accept: (opened: OpenedStream) => boolean
  readonly #streams = new Map<number, SpdyStream>()
  readonly #headers = new HeaderBlockReader()
  #hasReplied = false

  /** `accept` tells whether a stream makes sense. */
  constructor(connection: Duplex, accept: (opened: OpenedStream) => boolean) {
    this.#connection = connection
    this.#accept = accept
  }

  /** Resolves when the connection has ended, however. */
  async run(): Promise<void> {
    try {
      for await (const frame of readFrames(this.#connection)) {
        if (frame.kind === 'control') await this.#control(frame)
        else await this.#streams.get(frame.streamId)?.receive(frame.payload, frame.isLast)
      }
    } catch {
      // The client broke off, or speaks something else: nobody is left to be told, and its streams end below.
    } finally {
      for (const stream of this.#streams.values()) stream.forget()
      this.#headers.close()
      this.#connection.destroy()
    }
  }

  async #control(frame: ControlFrame): Promise<void> {
    const { type, payload } = frame
    if (type === SYN_STREAM) await this.#open(frame)
    else if (type === HEADERS) await this.#headers.read(headerBlockIn(frame))
    else if (type === RST_STREAM) this.#streams.get(streamIdIn(payload))?.forget()
    else if (type === PING) this.#connection.write(pongFrame(payload))
  }

  async #open(frame: ControlFrame): Promise<void> {
    const id = streamIdIn(frame.payload)
    const headers = await this.#headers.read(headerBlockIn(frame))
    const stream = new SpdyStream(id, this.#connection)
    const isAccepted = this.#streams.size < STREAMS_MAX && this.#reply(id) && this.#accept({ headers, stream })
    if (!isAccepted) {
      this.#connection.write(refusalFrame(id))
      return
    }
    this.#streams.set(id, stream)
    stream.once('close', () => this.#streams.delete(id))
    if (frame.isLast) await stream.receive(new Uint8Array(0), true)
  }

  #reply(id: number): true {
    this.#connection.write(replyFrame(id, emptyHeaderBlock({ isFirst: !this.#hasReplied })))
    this.#hasReplied = true
    return true
  }
}

class SpdyStream extends Duplex {
  readonly #id: number
  readonly #connection: Duplex
  #wanted: (() => void) | undefined
  #isForgotten = false

  constructor(id: number, connection: Duplex) {
    super({ allowHalfOpen: true })
    this.#id = id
    this.#connection = connection
  }

  /** Resolves once there is room for more. */
  async receive(payload: Uint8Array, isLast: boolean): Promise<void> {
    if (this.destroyed) return
    const hasRoom = payload.length === 0 || this.push(payload)
    if (isLast) this.push(null)
    else if (!hasRoom) await new Promise<void>((resolve) => (this.#wanted = resolve))
  }

  /** The client does not know of it any more. */
  forget(): void {
    this.#isForgotten = true
    this.destroy()
  }

  override _read(): void {
    this.#wanted?.()
    this.#wanted = undefined
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#say(dataFrame(this.#id, chunk), done)
  }

  override _final(done: () => void): void {
    this.#say(endFrame(this.#id), done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this._read()
    const isDone = this.readableEnded && this.writableFinished
    if (!isDone && !this.#isForgotten && this.#connection.writable) this.#connection.write(cancelFrame(this.#id))
    done(error)
  }

  /** A client that is gone is no error of this stream: it ends with its connection, at once. */
  #say(frame: Buffer, done: () => void): void {
    this.#connection.write(frame, (error) => {
      if (error === null || error === undefined) done()
      else this.forget()
    })
  }
}
