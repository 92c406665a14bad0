/*
 * What goes over a tunnel: frames, each for one of the connections that it carries.
 *
 *     [ kind 8 | number 24 | connection 32 ]  and as many bytes as `number` says, where the kind is DATA
 *
 *     OPEN    client to server: the connection begins
 *     DATA    bytes of it
 *     END     no more bytes come; the other direction goes on
 *     CLOSE   no more bytes come, and none are taken
 *     RESET   the same, of a connection that broke
 *     CREDIT  so many more bytes may be sent
 *     RETIRE  server to client: no more connections are taken (connection 0)
 */
export const OPEN = 1
export const DATA = 2
export const END = 3
export const CLOSE = 4
export const RESET = 5
export const CREDIT = 6
export const RETIRE = 7

export const HEAD_BYTES = 8
/** What `number` can hold. */
export const NUMBER_MAX = 0xff_ffff

/** A frame's head as Latin-1, which is how text leaves a socket; the bytes of DATA follow. */
export function frameHead(kind: number, connection: number, number = 0): string {
  return String.fromCharCode(
    kind,
    number >>> 16,
    (number >>> 8) & 0xff,
    number & 0xff,
    connection >>> 24,
    (connection >>> 16) & 0xff,
    (connection >>> 8) & 0xff,
    connection & 0xff,
  )
}

/** What is told of a tunnel's bytes. */
export interface FrameReader {
  /** Any frame but DATA. */
  onFrame(kind: number, connection: number, number: number): void
  /** Part of what a DATA frame brings; valid during the call alone. */
  onData(connection: number, bytes: Buffer): void
}

/** Cuts a tunnel's bytes into frames, as they come: what DATA brings is handed on at once, in parts if need be. */
export class FrameParser {
  readonly #reader: FrameReader
  /** What has come of a head that is cut in two. */
  readonly #head = Buffer.alloc(HEAD_BYTES)
  #headBytes = 0
  #connection = 0
  /** Bytes of DATA that are still to come. */
  #left = 0
  #isStopped = false

  constructor(reader: FrameReader) {
    this.#reader = reader
  }

  /** Nothing more is told, not even of bytes that are being read. */
  stop(): void {
    this.#isStopped = true
  }

  read(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length && !this.#isStopped) {
      if (this.#left > 0) at = this.#readData(bytes, at)
      else if (this.#headBytes === 0 && bytes.length - at >= HEAD_BYTES) {
        this.#begin(bytes, at)
        at += HEAD_BYTES
      } else at = this.#readPartOfHead(bytes, at)
    }
  }

  #readData(bytes: Buffer, at: number): number {
    const end = Math.min(at + this.#left, bytes.length)
    this.#left -= end - at
    this.#reader.onData(this.#connection, bytes.subarray(at, end))
    return end
  }

  #readPartOfHead(bytes: Buffer, at: number): number {
    const taken = bytes.copy(this.#head, this.#headBytes, at, at + HEAD_BYTES - this.#headBytes)
    this.#headBytes += taken
    if (this.#headBytes === HEAD_BYTES) {
      this.#headBytes = 0
      this.#begin(this.#head, 0)
    }
    return at + taken
  }

  #begin(bytes: Buffer, at: number): void {
    const word = bytes.readUInt32BE(at)
    const kind = word >>> 24
    const number = word & NUMBER_MAX
    this.#connection = bytes.readUInt32BE(at + 4)
    if (kind === DATA) this.#left = number
    else this.#reader.onFrame(kind, this.#connection, number)
  }
}
