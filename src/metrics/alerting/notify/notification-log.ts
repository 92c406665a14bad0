/** What was told to one integration of a receiver about one group. */
export interface LogEntry {
  readonly sentAtMs: number
  /** Fingerprints, sorted. */
  readonly firing: readonly string[]
  readonly resolved: readonly string[]
  readonly expiresAtMs: number
}

/** What was told to whom; shared by those who are to tell it once together. */
export class NotificationLog {
  readonly #entries = new Map<string, LogEntry>()

  /** `key` names the group and the integration. */
  get(key: string): LogEntry | undefined {
    return this.#entries.get(key)
  }

  set(key: string, entry: LogEntry): void {
    const present = this.#entries.get(key)
    // A clock that ran ahead elsewhere has the last word.
    if (present === undefined || present.sentAtMs <= entry.sentAtMs) this.#entries.set(key, entry)
  }

  sweep(nowMs: number): void {
    for (const [key, { expiresAtMs }] of this.#entries) if (expiresAtMs <= nowMs) this.#entries.delete(key)
  }

  entries(): readonly (readonly [key: string, entry: LogEntry])[] {
    return [...this.#entries]
  }
}
