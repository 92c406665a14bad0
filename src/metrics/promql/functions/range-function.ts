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

/** The steps that a window goes through. */
export interface Slide {
  /** Where the window ends at each step; it never goes back. */
  readonly ends: Float64Array
  /** The time of each step. */
  readonly times: Float64Array
}

/** How many samples the windows of a series had: in all, and the one with the most. */
export interface WindowCounts {
  readonly seen: number
  readonly most: number
}

/** A function from the samples in a window to one sample, or to none. */
export interface RangeFunction {
  /** Looks at the samples of a series once, before the window moves over them. */
  readonly prepare?: (window: RangeWindow, call: RangeCall) => void
  /** Sets `out` at `step` if there is a result. The window is not empty. */
  readonly apply: (window: RangeWindow, step: number, out: Column, call: RangeCall) => void
  /** All steps at once, of a series of nothing but floats without start times, in a range that is what it says. */
  readonly fill?: (window: RangeWindow, slide: Slide, out: Column, call: RangeCall) => WindowCounts
  /** How much more work a sample is than one that is only looked at. */
  readonly unitsPerSample?: number
  /** The metric is still the same: its name stays. */
  readonly keepsName?: boolean
  /** Looks at start timestamps, where the engine does. */
  readonly wantsStarts?: boolean
  /** May be used with `anchored`, or with `smoothed`. */
  readonly modifiers?: readonly ('anchored' | 'smoothed')[]
}
