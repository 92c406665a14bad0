import { ownBytes } from '../../world/read-buffer.ts'

/** Envoy's `per_connection_buffer_limit_bytes`: a longer request is sent once, and not again. */
export const KEPT_BYTES_MAX = 1_024 * 1_024

/** A request's body as far as it has come, for as long as it may have to be sent again. */
export class KeptBody {
  readonly #parts: Buffer[] = []
  #bytes = 0
  #isHeld = false

  /** Whether all of it is here. Once it was too much, nothing is. */
  get isComplete(): boolean {
    return this.#isHeld || this.#bytes <= KEPT_BYTES_MAX
  }

  get bytes(): number {
    return this.#bytes
  }

  get parts(): readonly Buffer[] {
    return this.#parts
  }

  add(bytes: Buffer): void {
    this.#bytes += bytes.length
    if (this.isComplete) this.#parts.push(ownBytes(bytes))
    else this.#parts.length = 0
  }
  /** All of it is kept, however much it is: nobody has been sent anything of it yet. */
  hold(): void {
    this.#isHeld = true
  }

  /** From now on no more is kept than the limit. */
  release(): void {
    this.#isHeld = false
    if (!this.isComplete) this.#parts.length = 0
  }

  /** Its first bytes. */
  start(maxBytes: number): Buffer {
    return Buffer.concat(this.#parts).subarray(0, maxBytes)
  }
}
