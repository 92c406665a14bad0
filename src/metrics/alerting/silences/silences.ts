import { type Random, uuid } from '../../../world/random.ts'
import type { LabelSet } from '../matchers/alert-matcher.ts'
import type { MatcherMode } from '../matchers/parse-matchers.ts'
import {
  canUpdate,
  matcherOf,
  type Silence,
  type SilenceDraft,
  silenceProblem,
  silences,
  silenceState,
} from './silence.ts'

/** A silence is refused. */
export class SilenceError extends Error {
  override readonly name = 'SilenceError'
  readonly reason: 'not found' | 'invalid'

  constructor(reason: 'not found' | 'invalid', message: string) {
    super(message)
    this.reason = reason
  }
}

/** All silences, those that are over included until they are swept out. */
export class Silences {
  readonly #random: Random
  readonly #mode: MatcherMode
  readonly #silences = new Map<string, Silence>()

  constructor(options: { random: Random; mode: MatcherMode }) {
    this.#random = options.random
    this.#mode = options.mode
  }

  /** Adds a silence, or changes the one of its id; what cannot be changed ends, and another takes its place. */
  set(draft: SilenceDraft, nowMs: number): Silence {
    const startsAtMs = draft.startsAtMs ?? nowMs
    const problem = silenceProblem({ ...draft, startsAtMs }, this.#mode)
    if (problem !== undefined) throw new SilenceError('invalid', `invalid silence: ${problem}`)
    const present = this.#silences.get(draft.id)
    if (draft.id !== '' && present === undefined) throw new SilenceError('not found', 'silence not found')
    const fresh: Silence = {
      ...draft,
      matcherSets: draft.matcherSets.map((matchers) => matchers.map(matcherOf)),
      startsAtMs,
      endsAtMs: draft.endsAtMs ?? startsAtMs,
      updatedAtMs: nowMs,
    }
    if (present !== undefined && canUpdate(present, fresh, nowMs)) return this.#keep(fresh)
    if (present !== undefined) this.expire(present.id, nowMs)
    return this.#keep({ ...fresh, id: uuid(this.#random), startsAtMs: Math.max(startsAtMs, nowMs) })
  }

  get(id: string): Silence | undefined {
    return this.#silences.get(id)
  }

  list(): readonly Silence[] {
    return [...this.#silences.values()]
  }

  expire(id: string, nowMs: number): void {
    const silence = this.#silences.get(id)
    if (silence === undefined) throw new SilenceError('not found', 'silence not found')
    switch (silenceState(silence, nowMs)) {
      case 'expired':
        return
      case 'active':
        this.#keep({ ...silence, endsAtMs: nowMs, updatedAtMs: nowMs })
        return
      case 'pending':
        this.#keep({ ...silence, startsAtMs: nowMs, endsAtMs: nowMs, updatedAtMs: nowMs })
    }
  }

  /** Ids of the active silences that match, sorted. */
  mutedBy(labels: LabelSet, nowMs: number): readonly string[] {
    return this.list()
      .filter((silence) => silenceState(silence, nowMs) === 'active' && silences(silence, labels))
      .map(({ id }) => id)
      .sort()
  }

  /** Forgets what has been over for longer than `retentionMs`. */
  sweep(nowMs: number, retentionMs: number): void {
    for (const [id, { endsAtMs }] of this.#silences) if (endsAtMs + retentionMs <= nowMs) this.#silences.delete(id)
  }

  /** Takes in silences as they were kept. */
  restore(kept: readonly Silence[]): void {
    for (const silence of kept) this.#silences.set(silence.id, silence)
  }

  #keep(silence: Silence): Silence {
    this.#silences.set(silence.id, silence)
    return silence
  }
}
