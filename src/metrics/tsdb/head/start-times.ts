import type { SampleColumns } from '../chunks/sample-columns.ts'

/** From `from[i]` on, a series' counter began at `began[i]`. */
interface Runs {
  from: number[]
  began: number[]
}

/**
 * When the counters of series began, as far as their samples say it. Kept in memory only: the blocks and logs that
 * Prometheus 2.42 reads have no place for it. A counter begins seldom, so runs are kept and not samples.
 */
export class StartTimes {
  readonly #series = new Map<number, Runs>()

  get isEmpty(): boolean {
    return this.#series.size === 0
  }

  note(slot: number, timestampMs: number, startMs: number): void {
    let runs = this.#series.get(slot)
    if (runs === undefined) {
      if (startMs === 0) return
      this.#series.set(slot, (runs = { from: [], began: [] }))
    }
    if (runs.began.at(-1) === startMs && (runs.from.at(-1) ?? 0) <= timestampMs) return
    let at = runs.from.length
    while (at > 0 && (runs.from[at - 1] ?? 0) > timestampMs) at--
    runs.from.splice(at, 0, timestampMs)
    runs.began.splice(at, 0, startMs)
  }

  /** The series' runs as they are now, for a reader; undefined when nothing is known. */
  of(slot: number): Runs | undefined {
    const runs = this.#series.get(slot)
    return runs === undefined ? undefined : { from: [...runs.from], began: [...runs.began] }
  }

  truncate(slot: number, minMs: number): void {
    const runs = this.#series.get(slot)
    if (runs === undefined) return
    let gone = 0
    while (gone + 1 < runs.from.length && (runs.from[gone + 1] ?? 0) <= minMs) gone++
    runs.from.splice(0, gone)
    runs.began.splice(0, gone)
  }

  forget(slot: number): void {
    this.#series.delete(slot)
  }
}

/** Fills the column of start times. */
export function fillStartTimes(columns: SampleColumns, runs: Runs): void {
  const starts = new Float64Array(columns.length)
  let at = -1
  for (let index = 0; index < columns.length; index++) {
    const time = columns.timestamps[index] ?? 0
    while (at + 1 < runs.from.length && (runs.from[at + 1] ?? 0) <= time) at++
    starts[index] = runs.began[at] ?? 0
  }
  columns.startTimestamps = starts
}
