/** Envoy's `per_connection_buffer_limit_bytes`: a longer request is sent once, and not again. */
export const KEPT_BYTES_MAX = 1_024 * 1_024

/** A request's body as far as it has come, for as long as it may have to be sent again. */
export class KeptBody {
  readonly #parts: Buffer[] = []
  #bytes = 0

  /** Whether all of it is here. Once it was too much, nothing is. */
  get isComplete(): boolean {
    return this.#bytes <= KEPT_BYTES_MAX
  }

  get parts(): readonly Buffer[] {
    return this.#parts
  }

  add(bytes: Buffer): void {
    this.#bytes += bytes.length
    if (this.isComplete) this.#parts.push(bytes)
    else this.#parts.length = 0
  }
}
