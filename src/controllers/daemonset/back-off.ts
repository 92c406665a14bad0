/** How long a node is left in peace after a failed daemon pod was deleted there (pkg/controller/daemon/daemon_controller.go). */
const FIRST_MS = 1_000
const MAX_MS = 15 * 60_000
/** Entries beyond this many make room for themselves: those long expired go. */
const ENTRIES_MAX = 4_096

/** Keeps a DaemonSet from fighting with a node that refuses its pods: each replacement waits twice as long as the last. */
export class BackOff {
  readonly #entries = new Map<string, { delayMs: number; sinceMs: number }>()

  /** How long `key` still has to wait; 0 when it need not. */
  remainingMs(key: string, nowMs: number): number {
    const entry = this.#entries.get(key)
    if (entry === undefined || isExpired(entry, nowMs)) return 0
    return Math.max(0, entry.sinceMs + entry.delayMs - nowMs)
  }

  /** `key` acts now: the next time it waits longer. */
  grow(key: string, nowMs: number): void {
    const entry = this.#entries.get(key)
    const delayMs = entry === undefined || isExpired(entry, nowMs) ? FIRST_MS : Math.min(entry.delayMs * 2, MAX_MS)
    this.#entries.set(key, { delayMs, sinceMs: nowMs })
    if (this.#entries.size > ENTRIES_MAX) this.#forgetExpired(nowMs)
  }

  #forgetExpired(nowMs: number): void {
    for (const [key, entry] of this.#entries) if (isExpired(entry, nowMs)) this.#entries.delete(key)
  }
}

function isExpired({ sinceMs }: { readonly sinceMs: number }, nowMs: number): boolean {
  return nowMs - sinceMs > MAX_MS * 2
}
