/** A line of what a process has written. */
export interface KeptLine {
  readonly timeMs: number
  readonly stream: 'stdout' | 'stderr'
  readonly line: string
}

/** Which lines somebody reads. */
export interface LinesRead {
  /** Also what comes later, until nothing does any more. */
  readonly follow: boolean
  /** Only lines at or after this time. */
  readonly sinceMs?: number
  /** Only so many of the last lines. */
  readonly tail?: number
  readonly signal?: AbortSignal
}

/** What a node keeps of a container's log: kubernetes/kubernetes pkg/kubelet/apis/config/v1beta1/defaults.go, containerLogMaxSize. */
const BYTES_MAX = 10 * 2 ** 20
/** What a line costs besides its text. */
const LINE_BYTES = 64

/**
 * What a process writes, line after line; the oldest lines are dropped where there are too many.
 *
 *     0 … first-1   dropped
 *     first … end-1 kept, at `#lines[#head + number - first]`
 *
 * Lines come in the order of their times.
 */
export class KeptLines {
  readonly #bytesMax: () => number
  #lines: (KeptLine | undefined)[] = []
  /** Where the oldest stands that is kept. */
  #head = 0
  #first = 0
  #bytes = 0
  #isClosed = false
  readonly #observers = new Set<() => void>()

  /** `bytesMax` is asked again with each line. */
  constructor(bytesMax: () => number = () => BYTES_MAX) {
    this.#bytesMax = bytesMax
  }

  /** The number of the oldest line that is kept, counted from 0. */
  get first(): number {
    return this.#first
  }

  /** The number that the next line will have. */
  get end(): number {
    return this.#first + this.#lines.length - this.#head
  }

  write(line: KeptLine): void {
    if (this.#isClosed) return
    this.#lines.push(line)
    this.#bytes += sizeOf(line)
    this.trim()
    this.#tell()
  }

  /** Drops what is too much by now. */
  trim(): void {
    const bytesMax = this.#bytesMax()
    while (this.#bytes > bytesMax) {
      const oldest = this.#lines[this.#head]
      if (oldest === undefined) break
      this.#bytes -= sizeOf(oldest)
      this.#lines[this.#head] = undefined
      this.#head++
      this.#first++
    }
    // In pieces: taking single lines off the front would cost as much as all that remain.
    if (this.#head <= this.#lines.length / 2) return
    this.#lines = this.#lines.slice(this.#head)
    this.#head = 0
  }

  at(number: number): KeptLine | undefined {
    return number < this.#first ? undefined : this.#lines[this.#head + number - this.#first]
  }

  /** The number of the first kept line at or after a time. */
  numberAt(timeMs: number): number {
    let low = this.#first
    let high = this.end
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if ((this.at(middle)?.timeMs ?? Infinity) < timeMs) low = middle + 1
      else high = middle
    }
    return low
  }

  last(count: number): readonly KeptLine[] {
    return this.#lines.slice(Math.max(this.#head, this.#lines.length - count)).flatMap((line) => line ?? [])
  }

  /** Nothing further will be written: who follows is let go. */
  close(): void {
    this.#isClosed = true
    this.#tell()
  }

  /** Tells of each new line, and of the end, until the returned function is called. */
  observe(observer: () => void): () => void {
    this.#observers.add(observer)
    return () => this.#observers.delete(observer)
  }

  async *read({ follow, sinceMs = 0, tail = Infinity, signal }: LinesRead): AsyncGenerator<KeptLine> {
    let next = Math.max(this.#first, this.end - tail)
    for (;;) {
      for (; next < this.end; next++) {
        if (signal?.aborted === true) return
        // A reader who is slower than the writer misses what was dropped meanwhile.
        next = Math.max(next, this.#first)
        const line = this.at(next)
        if (line !== undefined && line.timeMs >= sinceMs) yield line
      }
      if (!follow || this.#isClosed || signal?.aborted === true) return
      await this.#change(signal)
    }
  }

  #change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        detach()
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const detach = this.observe(done)
      signal?.addEventListener('abort', done, { once: true })
    })
  }

  #tell(): void {
    if (this.#observers.size > 0) for (const observer of Array.from(this.#observers)) observer()
  }
}

function sizeOf({ line }: KeptLine): number {
  return line.length + LINE_BYTES
}
