import type { PeriodicLine } from '../../../api/kinds/dabba/behaviour.ts'
import { periodicLineMs } from '../../../api/kinds/dabba/behaviour.ts'

/** The lines of one periodic entry, any of which can be had without those before it. Times are from the run's start. */
export class LineSeries {
  readonly line: PeriodicLine
  readonly #draw: (index: number) => number

  /** `draw` gives the same number in [0, 1) for the same line each time. */
  constructor(line: PeriodicLine, draw: (index: number) => number) {
    this.line = line
    this.#draw = draw
  }

  /** When line `index`, counted from 0, is written; undefined when there is none. */
  timeMs(index: number): number | undefined {
    return index < this.#count() ? periodicLineMs(this.line, index, this.#draw(index)) : undefined
  }

  /** How many lines are written before `atMs`. */
  countBefore(atMs: number): number {
    const { fromMs, everyMs } = this.line
    let index = Math.max(0, Math.ceil((atMs - fromMs) / everyMs))
    index = Math.min(index, this.#count())
    // Jitter moves a line by less than one interval: the answer is next door at most.
    while (index > 0 && (this.timeMs(index - 1) ?? 0) >= atMs) index--
    for (let time = this.timeMs(index); time !== undefined && time < atMs; time = this.timeMs(index)) index++
    return index
  }

  #count(): number {
    const { fromMs, everyMs, untilMs } = this.line
    return Math.max(0, Math.ceil((untilMs - fromMs) / everyMs))
  }
}
