import { RE2JS } from 're2js'
import { goQuote } from '../../../base/go-quote.ts'
import {
  type AlertMatcher,
  alertMatcher,
  type LabelSet,
  type MatcherJson,
  matchesAll,
} from '../matchers/alert-matcher.ts'
import { isValidLabelName, type MatcherMode } from '../matchers/parse-matchers.ts'

/** A time in which alerts that match are not told. */
export interface Silence {
  readonly id: string
  /** One of the sets must match with all its matchers. */
  readonly matcherSets: readonly (readonly AlertMatcher[])[]
  readonly startsAtMs: number
  readonly endsAtMs: number
  readonly updatedAtMs: number
  readonly createdBy: string
  readonly comment: string
  readonly annotations: LabelSet
}

export type SilenceState = 'expired' | 'active' | 'pending'

export function silenceState({ startsAtMs, endsAtMs }: Silence, nowMs: number): SilenceState {
  if (nowMs < startsAtMs) return 'pending'
  return nowMs >= endsAtMs ? 'expired' : 'active'
}

export function silences(silence: Pick<Silence, 'matcherSets'>, labels: LabelSet): boolean {
  return silence.matcherSets.some((matchers) => matchesAll(matchers, labels))
}

/** Whether a silence can be changed as it is: else the change is a silence of its own (prometheus/alertmanager silence/silence.go). */
export function canUpdate(old: Silence, fresh: Silence, nowMs: number): boolean {
  if (printSets(old) !== printSets(fresh)) return false
  switch (silenceState(old, nowMs)) {
    case 'active':
      return seconds(old.startsAtMs) === seconds(fresh.startsAtMs) && fresh.endsAtMs >= nowMs
    case 'pending':
      return fresh.startsAtMs >= nowMs
    case 'expired':
      return false
  }
}

function seconds(timeMs: number): number {
  return Math.floor(timeMs / 1_000)
}

function printSets({ matcherSets }: Silence): string {
  return JSON.stringify(matcherSets.map((matchers) => matchers.map(({ name, op, value }) => [name, op, value])))
}

/** What is written of a silence, before anybody looked whether it is one. */
export interface SilenceDraft {
  readonly id: string
  readonly matcherSets: readonly (readonly MatcherDraft[])[]
  /** Undefined: not given. */
  readonly startsAtMs: number | undefined
  readonly endsAtMs: number | undefined
  readonly createdBy: string
  readonly comment: string
  readonly annotations: LabelSet
}

export interface MatcherDraft {
  readonly name: string
  readonly op: string
  readonly value: string
}

export function matcherDraft({
  name = '',
  value = '',
  isRegex = false,
  isEqual = true,
}: Partial<MatcherJson>): MatcherDraft {
  return { name, value, op: (isEqual ? '=' : '!') + (isRegex ? '~' : isEqual ? '' : '=') }
}

/** What is wrong with a silence, in upstream's words. */
export function silenceProblem(
  draft: Omit<SilenceDraft, 'id' | 'createdBy' | 'comment' | 'annotations'>,
  mode: MatcherMode,
): string | undefined {
  if (draft.matcherSets.length === 0) return 'at least one matcher set required'
  for (const [set, matchers] of draft.matcherSets.entries()) {
    if (matchers.length === 0) return `matcher set ${set} is empty`
    for (const [index, matcher] of matchers.entries()) {
      const problem = matcherProblem(matcher, mode)
      if (problem !== undefined) return `invalid label matcher ${index} in set ${set}: ${problem}`
    }
    if (matchers.map(matcherOf).every((matcher) => matcher.matches(''))) {
      return `matcher set ${set}: at least one matcher must not match the empty string`
    }
  }
  const { startsAtMs, endsAtMs } = draft
  if (startsAtMs === undefined) return 'invalid zero start timestamp'
  if (endsAtMs === undefined) return 'invalid zero end timestamp'
  return endsAtMs < startsAtMs ? 'end time must not be before start time' : undefined
}

export function matcherProblem({ name, op, value }: MatcherDraft, mode: MatcherMode): string | undefined {
  if (!isValidLabelName(name, mode)) return `invalid label name ${goQuote(name)}`
  if (op === '=' || op === '!=') {
    return !value.isWellFormed() || value.includes('\uFFFD') ? `invalid label value ${goQuote(value)}` : undefined
  }
  if (op !== '=~' && op !== '!~') return `unknown matcher type ${goQuote(op)}`
  try {
    RE2JS.compile(value)
    return undefined
  } catch (failure) {
    return `invalid regular expression ${goQuote(value)}: ${failure instanceof Error ? failure.message : String(failure)}`
  }
}

/** A matcher that was found to be one. */
export function matcherOf({ name, op, value }: MatcherDraft): AlertMatcher {
  return alertMatcher(name, op as AlertMatcher['op'], value)
}
