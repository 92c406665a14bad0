import type { LogEntry, LogOptions } from '../../runtime.ts'

/** How many lines of a run can be read back; older ones are gone, as if the file had been rotated. */
const LINES_MAX = 10_000

/** What a program has written, the oldest lines dropped. */
export class ProgramLog {
  readonly #lines: LogEntry[] = []
  /** How many lines were dropped: the number of the first one kept. */
  #dropped = 0
  #isClosed = false
  readonly #waiting = new Set<() => void>()

  write(entry: LogEntry): void {
    if (this.#isClosed) return
    this.#lines.push(entry)
    // In pieces: taking single lines off the front would cost as much as all that remain.
    if (this.#lines.length > LINES_MAX * 1.25) {
      const surplus = this.#lines.length - LINES_MAX
      this.#lines.splice(0, surplus)
      this.#dropped += surplus
    }
    this.#wake()
  }

  /** Nothing further will be written: who follows is let go. */
  close(): void {
    this.#isClosed = true
    this.#wake()
  }

  last(count: number): readonly LogEntry[] {
    return this.#lines.slice(-count)
  }

  async *read({ follow, sinceMs = 0, tail = LINES_MAX, signal }: LogOptions): AsyncGenerator<LogEntry> {
    let next = this.#dropped + Math.max(0, this.#lines.length - Math.min(tail, LINES_MAX))
    for (;;) {
      for (; next < this.#dropped + this.#lines.length; next++) {
        if (signal?.aborted === true) return
        // A reader who is slower than the writer misses what was dropped meanwhile.
        next = Math.max(next, this.#dropped)
        const entry = this.#lines[next - this.#dropped]
        if (entry !== undefined && entry.timeMs >= sinceMs) yield entry
      }
      if (!follow || this.#isClosed || signal?.aborted === true) return
      await this.#change(signal)
    }
  }

  #change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      this.#waiting.add(done)
      signal?.addEventListener('abort', done, { once: true })
    })
  }

  #wake(): void {
    for (const done of Array.from(this.#waiting)) done()
  }
}
