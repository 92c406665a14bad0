import type { FloatHistogram } from '../model/histogram.ts'
import type { Labels } from '../model/labels.ts'

/** One element of what a rule's expression gives. */
export interface RuleSample {
  readonly labels: Labels
  /** What a float sample says; 0 beside a histogram. */
  readonly value: number
  readonly histogram?: FloatHistogram
}

/**
 * Evaluates an expression at one time. A scalar comes back as one sample without labels; strings and ranges are refused
 * with `rule result is not a vector or scalar`. Declared here, joined with the engine by whoever makes both.
 */
export type QueryFunction = (expr: string, atMs: number, signal?: AbortSignal) => Promise<readonly RuleSample[]>

/** A sample that a rule writes. */
export interface WrittenSample extends RuleSample {
  readonly timestampMs: number
}

/** What every rule has, and what is known of its last evaluation. */
export interface RuleState {
  health: 'unknown' | 'ok' | 'err'
  lastError: string
  /** When it was last evaluated; 0: never. */
  evaluatedAtMs: number
  durationMs: number
}

export function newRuleState(): RuleState {
  return { health: 'unknown', lastError: '', evaluatedAtMs: 0, durationMs: 0 }
}

export interface Evaluation {
  readonly atMs: number
  readonly queryOffsetMs: number
  /** How many series or alerts may come out; 0: any number. */
  readonly limit: number
  readonly query: QueryFunction
  readonly signal?: AbortSignal
}
