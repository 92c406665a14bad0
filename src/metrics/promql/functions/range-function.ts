import type { Evaluation } from '../evaluation.ts'
import type { Column } from '../column.ts'
import type { RangeWindow } from '../range-window.ts'
import type { Position } from '../syntax/ast.ts'

/** What a function over ranges is called with, the same for all series and steps. */
export interface RangeCall {
  readonly evaluation: Evaluation
  /** Where the first argument stands in the query. */
  readonly pos: Position
  readonly rangeMs: number
  readonly anchored: boolean
  readonly smoothed: boolean
  /** The other arguments, a number for each step. */
  readonly scalars: readonly Float64Array[]
}

/** A function from the samples in a window to one sample, or to none. */
export interface RangeFunction {
  /** Looks at the samples of a series once, before the window moves over them. */
  readonly prepare?: (window: RangeWindow, call: RangeCall) => void
  /** Sets `out` at `step` if there is a result. The window is not empty. */
  readonly apply: (window: RangeWindow, step: number, out: Column, call: RangeCall) => void
  /** The metric is still the same: its name stays. */
  readonly keepsName?: boolean
  /** Looks at start timestamps, where the engine does. */
  readonly wantsStarts?: boolean
  /** May be used with `anchored`, or with `smoothed`. */
  readonly modifiers?: readonly ('anchored' | 'smoothed')[]
}
