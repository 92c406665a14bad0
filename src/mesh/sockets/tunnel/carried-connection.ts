import { Duplex } from 'node:stream'
import type { GatheredWriter } from '../../../world/gathered-writer.ts'
import { ownBytes } from '../../../world/read-buffer.ts'
import type { CarriedSocket } from '../../../world/sockets.ts'

/** How many bytes may be on their way to a side that has not read them. */
export const WINDOW_BYTES = 256 * 1024
/** Credit is given back once so much of it is due. */
const CREDIT_BYTES = WINDOW_BYTES / 2

/** What a connection says to the tunnel that carries it. */
export interface Carrier {
  readonly remoteAddress: string | undefined
  readonly remotePort: number | undefined
  /** What waits to leave the tunnel, of all its connections; 0 while it is little. */
  readonly congestionBytes: number
  sendText(connection: number, text: string): void
  /** `done` is told once the bytes have left this process, or cannot. */
  sendBytes(connection: number, bytes: Buffer, done: () => void): void
  sendEnd(connection: number): void
  sendCredit(connection: number, bytes: number): void
  sendGone(connection: number, isReset: boolean): void
  /** The connection is gone on this side. */
  onGone(connection: number): void
}

/** What could not be sent for want of credit: text as Latin-1, or bytes with whom to tell. */
type Piece = { readonly text: string } | { readonly bytes: Buffer; readonly done: () => void }

/**
 * A connection that a tunnel carries: to whoever reads and writes it, a socket like others.
 *
 * Invariants:
 *  1. No more bytes are sent than the other side gave credit for, and no more are held than this side gave.
 *  2. Text and bytes leave in the order in which they were written.
 *  3. The other side is told once that it is gone, unless it said so first.
 */
export class CarriedConnection extends Duplex implements CarriedSocket {
  readonly #id: number
  readonly #carrier: Carrier
  #credit = WINDOW_BYTES
  readonly #pending: Piece[] = []
  #pendingTextBytes = 0
  #onFinal: (() => void) | undefined
  /** Bytes that were received and not yet read, and those that were read and not yet credited. */
  #unreadBytes = 0
  #owedBytes = 0
  #reader: ((bytes: Buffer) => void) | undefined
  #hasEnded = false
  #isPeerGone = false
  #resets = false
  readonly #writer: GatheredWriter

  constructor(id: number, carrier: Carrier) {
    super({ allowHalfOpen: true })
    this.#id = id
    this.#carrier = carrier
    const waitingBytes = (): number => this.writableLength + this.#pendingTextBytes + carrier.congestionBytes
    this.#writer = {
      write: (text) => this.#writeText(text),
      // All connections of a tunnel leave with it, at the end of the turn.
      flush: () => undefined,
      get waitingBytes() {
        return waitingBytes()
      },
    }
  }

  get remoteAddress(): string | undefined {
    return this.#carrier.remoteAddress
  }

  get remotePort(): number | undefined {
    return this.#carrier.remotePort
  }

  gatheredWriter(): GatheredWriter {
    return this.#writer
  }

  readInPlace(onBytes: (bytes: Buffer) => void): void {
    this.#reader = onBytes
    // What came while nobody had asked, was put back, or comes while it is paused.
    this.on('data', onBytes)
  }

  resetAndDestroy(): this {
    this.#resets = true
    return this.destroy()
  }

  /** Bytes from the other side; false where they are more than it had credit for. */
  receive(bytes: Buffer): boolean {
    if (this.destroyed || this.#hasEnded) return true
    this.#unreadBytes += bytes.length
    if (this.#unreadBytes > WINDOW_BYTES) return false
    if (this.#reader !== undefined && this.readableFlowing === true && this.readableLength === 0) {
      this.#reader(bytes)
      this.#hasRead(bytes.length)
      return true
    }
    const before = this.readableLength
    this.push(ownBytes(bytes))
    // Who listens and waits is handed them without their being held.
    const held = this.readableLength - before
    if (held < bytes.length) this.#hasRead(bytes.length - held)
    return true
  }

  /** No more bytes come. */
  receiveEnd(): void {
    if (this.destroyed || this.#hasEnded) return
    this.#hasEnded = true
    this.push(null)
  }

  /** No more bytes come, and none are taken: who writes any is told then. */
  receiveClose(): void {
    this.#isPeerGone = true
    this.receiveEnd()
    this.#send()
  }

  receiveReset(): void {
    this.#isPeerGone = true
    this.destroy(connectionReset())
  }

  receiveCredit(bytes: number): void {
    // No side that keeps the rules gives back more than it was sent; and a frame holds no more than a window.
    this.#credit = Math.min(this.#credit + bytes, WINDOW_BYTES)
    this.#send()
  }

  /** The tunnel has room again. */
  onRoom(): void {
    if (!this.destroyed && !this.writableNeedDrain) this.emit('drain')
  }

  override read(size?: number): Buffer | null {
    const bytes = super.read(size) as Buffer | null
    if (bytes !== null) this.#hasRead(bytes.length)
    return bytes
  }

  override _read(): void {
    // Bytes come when they come; what has been read is credited by `read`.
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#pending.push({ bytes, done })
    this.#send()
  }

  override _final(done: () => void): void {
    this.#onFinal = done
    this.#send()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#pending.length = 0
    this.#pendingTextBytes = 0
    if (!this.#isPeerGone) this.#carrier.sendGone(this.#id, this.#resets)
    this.#isPeerGone = true
    this.#carrier.onGone(this.#id)
    done(error)
  }

  #writeText(text: string): void {
    if (this.destroyed || text === '') return
    // What was handed to the stream before has to leave before.
    if (this.writableLength > 0) {
      this.write(text, 'latin1')
      return
    }
    if (this.#pending.length === 0 && text.length <= this.#credit && !this.#isPeerGone) {
      this.#credit -= text.length
      this.#carrier.sendText(this.#id, text)
      return
    }
    this.#pending.push({ text })
    this.#pendingTextBytes += text.length
    this.#send()
  }

  #send(): void {
    if (this.#isPeerGone) {
      // As the system tells it.
      if (this.#pending.length > 0) this.destroy(connectionReset())
      else this.#endWriting()
      return
    }
    let [piece] = this.#pending
    while (piece !== undefined && this.#credit > 0) {
      const rest = 'text' in piece ? this.#sendText(piece.text) : this.#sendBytes(piece)
      if (rest === undefined) this.#pending.shift()
      else this.#pending[0] = rest
      ;[piece] = this.#pending
    }
    if (piece === undefined) this.#endWriting()
  }

  #endWriting(): void {
    const done = this.#onFinal
    if (done === undefined) return
    this.#onFinal = undefined
    if (!this.#isPeerGone) this.#carrier.sendEnd(this.#id)
    done()
  }

  /** As much as there is credit for; returns what is left. */
  #sendText(text: string): Piece | undefined {
    const sent = Math.min(text.length, this.#credit)
    this.#credit -= sent
    this.#pendingTextBytes -= sent
    this.#carrier.sendText(this.#id, sent === text.length ? text : text.slice(0, sent))
    if (sent < text.length) return { text: text.slice(sent) }
    if (this.#pendingTextBytes === 0) queueMicrotask(() => this.onRoom())
    return undefined
  }

  #sendBytes({ bytes, done }: Extract<Piece, { readonly bytes: Buffer }>): Piece | undefined {
    const sent = Math.min(bytes.length, this.#credit)
    this.#credit -= sent
    const isAll = sent === bytes.length
    this.#carrier.sendBytes(this.#id, isAll ? bytes : bytes.subarray(0, sent), isAll ? done : nobody)
    return isAll ? undefined : { bytes: bytes.subarray(sent), done }
  }

  #hasRead(bytes: number): void {
    // What was put back is read twice, and counts once.
    const read = Math.min(bytes, this.#unreadBytes)
    this.#unreadBytes -= read
    this.#owedBytes += read
    if (this.#owedBytes < CREDIT_BYTES || this.#isPeerGone) return
    this.#carrier.sendCredit(this.#id, this.#owedBytes)
    this.#owedBytes = 0
  }
}

function nobody(): void {}

function connectionReset(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' })
}
