import type { KeptLine, KeptLines } from '../../../base/kept-lines.ts'
import type { Behaviour, Line } from '../../../api/kinds/dabba/behaviour.ts'
import type { Clock, Timer } from '../../../world/clock.ts'
import type { Random } from '../../../world/random.ts'
import type { LogEntry, LogOptions, RunRequest } from '../../runtime.ts'
import { LineSeries } from './line-series.ts'

/** How many lines of a run can be read back; older ones are gone, as if the file had been rotated. */
export const LOG_LINES_MAX = 10_000

export interface RunEnd {
  readonly atMs: number
  readonly code: number
  readonly isKilled: boolean
}

export interface SimulatedLogOptions {
  readonly clock: Clock
  readonly dice: Random
  readonly lines: Behaviour['logs']
  readonly request: RunRequest
  readonly startedAtMs: number
  /** What others write in the container's name, its runs one after the other. */
  readonly written?: KeptLines | undefined
}

/**
 * What one run of a container writes. No line of its model is kept: each is made when somebody reads it, from its place in
 * the run, and comes out the same every time. So a run that writes for a year costs nothing until it is read.
 *
 *     0 ms       onStart lines
 *     …          periodic lines, and those that others wrote, merged by time
 *     SIGTERM    onTermination lines
 *     end        onExit lines
 */
export class SimulatedLog {
  readonly #options: SimulatedLogOptions
  readonly #series: readonly LineSeries[]
  readonly #waiting = new Set<() => void>()
  #terminatedAtMs: number | undefined
  #end: RunEnd | undefined
  #isClosed = false

  constructor(options: SimulatedLogOptions) {
    this.#options = options
    this.#series = options.lines.periodic.map(
      (line, series) =>
        new LineSeries(
          line,
          line.jitterRatio === 0 ? () => 0.5 : (index) => this.#diceOf(`jitter/${series}/${index}`).next(),
        ),
    )
  }

  /** The process got SIGTERM, and handles it. */
  terminated(atMs: number): void {
    this.#terminatedAtMs = atMs
    this.#wake()
  }

  ended(end: RunEnd): void {
    this.#end = end
    this.#wake()
  }

  /** Nothing further will be written: who follows is let go. */
  close(): void {
    this.#isClosed = true
    this.#wake()
  }

  /** What is written so far. */
  *now({ sinceMs, tail }: Pick<LogOptions, 'sinceMs' | 'tail'>, cursor = this.#cursorFor(tail)): Generator<LogEntry> {
    for (let entry = this.#next(cursor); entry !== undefined; entry = this.#next(cursor)) {
      if (sinceMs === undefined || entry.timeMs >= sinceMs) yield entry
    }
  }

  /** The same, and with `follow` what comes after it, until the run ends. */
  async *read({ follow, sinceMs, tail, signal }: LogOptions): AsyncGenerator<LogEntry> {
    const cursor = this.#cursorFor(tail)
    for (;;) {
      for (const entry of this.now(sinceMs === undefined ? {} : { sinceMs }, cursor)) {
        if (signal?.aborted === true) return
        yield entry
      }
      if (!follow || this.#isClosed || this.#end !== undefined || signal?.aborted === true) return
      if (cursor.untilMs === Infinity) await this.#change(this.#dueMs(cursor), signal)
      else cursor.untilMs = Infinity
    }
  }

  #cursorFor(tail = LOG_LINES_MAX): Cursor {
    const untilMs = this.#presentMs()
    const count = this.#countBefore(untilMs + 1)
    return this.#cursorAt(Math.max(0, count - Math.min(tail, LOG_LINES_MAX)), untilMs)
  }

  /** The end of what is written so far, from the start of the run. */
  #presentMs(): number {
    return (this.#end?.atMs ?? this.#options.clock.now()) - this.#options.startedAtMs
  }

  /** All lines so far whose time is before `atMs`. */
  #countBefore(atMs: number): number {
    return this.#ownBefore(atMs) + this.#writtenBefore(atMs) - this.#writtenBefore(0)
  }

  #ownBefore(atMs: number): number {
    let count = 0
    for (const [fixedAtMs, lines] of this.#fixed()) if (fixedAtMs < atMs) count += lines.length
    for (const series of this.#series) count += series.countBefore(Math.min(atMs, this.#presentMs() + 1))
    return count
  }

  /** The number of the first kept line at or after `atMs` that others wrote. */
  #writtenBefore(atMs: number): number {
    const { written, startedAtMs } = this.#options
    return written?.numberAt(startedAtMs + Math.min(atMs, this.#presentMs() + 1)) ?? 0
  }

  /** The lines that events of the run bring, with their times. */
  #fixed(): readonly (readonly [number, readonly Line[]])[] {
    const { lines, startedAtMs } = this.#options
    const terminated = this.#terminatedAtMs
    const end = this.#end
    return [
      [0, lines.onStart],
      [(terminated ?? 0) - startedAtMs, terminated === undefined ? [] : lines.onTermination],
      [(end?.atMs ?? 0) - startedAtMs, end === undefined || end.isKilled ? [] : lines.onExit],
    ]
  }

  /** The place before line number `skipped`, counted from 0. */
  #cursorAt(skipped: number, untilMs: number): Cursor {
    const periodic = this.#series.map(() => 0)
    const cursor: Cursor = { count: 0, fixed: [0, 0, 0], periodic, written: this.#writtenBefore(0), untilMs }
    if (skipped === 0) return cursor
    // The latest whole millisecond before which no more than `skipped` lines lie; the rest is walked.
    let low = 0
    let high = Math.ceil(this.#presentMs()) + 1
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (this.#countBefore(middle) <= skipped) low = middle
      else high = middle - 1
    }
    this.#fixed().forEach(([atMs, lines], index) => (cursor.fixed[index] = atMs < low ? lines.length : 0))
    this.#series.forEach((series, index) => (cursor.periodic[index] = series.countBefore(low)))
    cursor.written = this.#writtenBefore(low)
    cursor.count = this.#ownBefore(low)
    for (let passed = this.#countBefore(low); passed < skipped; passed++) if (!this.#step(cursor)) break
    return cursor
  }

  /** Writes the next line, if its time has come. */
  #next(cursor: Cursor): LogEntry | undefined {
    const step = this.#step(cursor)
    if (step === undefined) return undefined
    if ('timeMs' in step) return step
    const { line, atMs, dice } = step
    const { request, startedAtMs } = this.#options
    const timeMs = startedAtMs + atMs
    const { pod, container } = request
    const random = this.#lazyDice(dice)
    const text = line.write({
      podName: pod.metadata.name,
      podNamespace: pod.metadata.namespace ?? '',
      podUid: pod.metadata.uid ?? '',
      podIp: request.podIp,
      nodeName: request.node,
      containerName: container.name,
      image: container.image ?? '',
      restartCount: request.restartCount,
      time: new Date(timeMs).toISOString(),
      count: cursor.count,
      ...(this.#end === undefined ? {} : { exitCode: this.#end.code }),
      get env() {
        return request.environment()
      },
      draw: () => random().next(),
    })
    return { timeMs, stream: line.stream, line: text }
  }

  /** Moves over the next line of all: the earliest, and of one instant the fixed before the periodic, except at the end. */
  #step(cursor: Cursor): OwnLine | KeptLine | undefined {
    const presentMs = Math.min(this.#presentMs(), cursor.untilMs)
    const fixed = this.#fixed()
    let best: (OwnLine & { readonly move: () => void }) | undefined
    const offer = (atMs: number | undefined, line: Line | undefined, dice: string, move: () => void): void => {
      if (atMs === undefined || line === undefined || atMs > presentMs) return
      if (best === undefined || atMs < best.atMs) best = { line, atMs, dice, move }
    }
    const offerFixed = (index: 0 | 1 | 2): void => {
      const [atMs = 0, lines = []] = fixed[index] ?? []
      const at = cursor.fixed[index]
      offer(atMs, lines[at], `fixed/${index}/${at}`, () => (cursor.fixed[index] += 1))
    }
    offerFixed(0)
    this.#series.forEach((series, index) => {
      const at = cursor.periodic[index] ?? 0
      offer(series.timeMs(at), series.line, `periodic/${index}/${at}`, () => (cursor.periodic[index] = at + 1))
    })
    offerFixed(1)
    offerFixed(2)
    const written = this.#writtenAt(cursor, presentMs)
    if (written !== undefined && (best === undefined || written.timeMs - this.#options.startedAtMs < best.atMs)) {
      cursor.written++
      return written
    }
    if (best === undefined) return undefined
    best.move()
    cursor.count++
    return best
  }

  /** The next line of this run that others wrote; those that were dropped meanwhile are passed over. */
  #writtenAt(cursor: Cursor, presentMs: number): KeptLine | undefined {
    const { written, startedAtMs } = this.#options
    if (written === undefined) return undefined
    cursor.written = Math.max(cursor.written, written.first)
    const line = written.at(cursor.written)
    return line !== undefined && line.timeMs - startedAtMs <= presentMs ? line : undefined
  }

  /** When the next periodic line is due, on the clock. */
  #dueMs(cursor: Cursor): number | undefined {
    const { startedAtMs } = this.#options
    let dueMs: number | undefined
    this.#series.forEach((series, index) => {
      const atMs = series.timeMs(cursor.periodic[index] ?? 0)
      if (atMs !== undefined) dueMs = Math.min(dueMs ?? Number.POSITIVE_INFINITY, startedAtMs + atMs)
    })
    return dueMs
  }

  /** Resolves when a line may be due, the run has moved on, or nobody listens any more. */
  #change(dueMs: number | undefined, signal: AbortSignal | undefined): Promise<void> {
    const { clock, written } = this.#options
    return new Promise((resolve) => {
      let timer: Timer | undefined
      const done = (): void => {
        timer?.cancel()
        detach?.()
        this.#waiting.delete(done)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const detach = written?.observe(done)
      this.#waiting.add(done)
      signal?.addEventListener('abort', done, { once: true })
      if (dueMs !== undefined) timer = clock.schedule(Math.max(1, Math.ceil(dueMs - clock.now())), done)
    })
  }

  #wake(): void {
    for (const done of Array.from(this.#waiting)) done()
  }

  #diceOf(name: string): Random {
    return this.#options.dice.fork(`log/${name}`)
  }

  #lazyDice(name: string): () => Random {
    let random: Random | undefined
    return () => (random ??= this.#diceOf(name))
  }
}

/** A line that the model has, before it is made. */
interface OwnLine {
  readonly line: Line
  readonly atMs: number
  readonly dice: string
}

interface Cursor {
  /** Lines of the model passed so far: the number of the line just written, counted from 1. */
  count: number
  readonly fixed: [number, number, number]
  readonly periodic: number[]
  /** The number of the next line that others wrote. */
  written: number
  /** What is later is not read yet: the last lines are those of one instant. */
  untilMs: number
}
