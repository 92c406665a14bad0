import type { TlsContext } from '../../../world/sockets.ts'

/** A mesh has a context for each service account and each server of a gateway; more are kept for nobody. */
const CONTEXTS_MAX = 4_096

/**
 * Contexts for handshakes, kept while what they were made of is the same. Another takes the place of one whose certificate
 * or trust was replaced: connections that were made with the old one go on with it.
 */
export class ContextCache {
  readonly #contexts = new Map<string, { readonly madeOf: readonly unknown[]; readonly context: TlsContext }>()

  of(key: string, madeOf: readonly unknown[], make: () => TlsContext): TlsContext {
    const kept = this.#contexts.get(key)
    if (kept !== undefined && kept.madeOf.every((part, index) => part === madeOf[index])) return kept.context
    const context = make()
    this.#contexts.delete(key)
    this.#contexts.set(key, { madeOf, context })
    for (const oldest of this.#contexts.keys()) {
      if (this.#contexts.size <= CONTEXTS_MAX) break
      this.#contexts.delete(oldest)
    }
    return context
  }
}
