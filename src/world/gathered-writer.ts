import type { Writable } from 'node:stream'

/** See `Sockets.gatheredWriter`. */
export interface GatheredWriter {
  /** Latin-1: a byte a character. */
  write(text: string): void
  /** What has been written leaves now, before something is written to the socket itself. */
  flush(): void
  /** What has not left yet, here or in the socket. */
  readonly waitingBytes: number
}

/**
 * What is written to many sockets leaves at the end of the event loop's turn, when all that was ready has been read and dealt
 * with: the other side is woken once for all of it in place of once for each write, and the processor's caches hold one kind of
 * work at a time. A lone request waits for nothing.
 */
export class WriteGathering {
  #waiting: TurnWriter[] = []

  writer(socket: Writable): GatheredWriter {
    return new TurnWriter(socket, this)
  }

  add(writer: TurnWriter): void {
    if (this.#waiting.push(writer) === 1) setImmediate(() => this.#flush())
  }

  #flush(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const writer of waiting) writer.flush()
  }
}

class TurnWriter implements GatheredWriter {
  readonly #socket: Writable
  readonly #gathering: WriteGathering
  #text = ''

  constructor(socket: Writable, gathering: WriteGathering) {
    this.#socket = socket
    this.#gathering = gathering
  }

  get waitingBytes(): number {
    return this.#socket.writableLength + this.#text.length
  }

  write(text: string): void {
    if (text === '') return
    if (this.#text === '') this.#gathering.add(this)
    this.#text += text
  }

  flush(): void {
    const text = this.#text
    if (text === '') return
    this.#text = ''
    if (!this.#socket.destroyed) this.#socket.write(text, 'latin1')
  }
}
