import type { Matcher } from '../model/matcher.ts'
import { intersect, subtract } from './postings.ts'

/** The values that one label has, as far as a matcher is concerned. */
export interface ValueSet {
  values(): Iterable<string>
  /** Another number, whenever the values are others. */
  readonly version: number
}

/** A matcher in terms of values: series with one of them are wanted, or are not. */
export interface MatchedValues {
  readonly name: string
  readonly values: readonly string[]
  readonly isExcluded: boolean
}

/** How many answers of matchers are kept. */
const ANSWERS_MAX = 512

/** Finds the values that matchers mean, and remembers what it found: to ask a regular expression 10,000 times takes long. */
export class ValueMatcher {
  readonly #answers = new Map<string, { version: number; values: readonly string[] }>()

  resolve(matcher: Matcher, set: ValueSet | undefined): MatchedValues {
    const { name } = matcher
    // What matches a label that is not there is said by what it does not match: all others need not be listed.
    const isExcluded = matcher.matches('')
    if (set === undefined) return { name, values: [], isExcluded }
    if (!isExcluded && matcher.only !== undefined) return { name, values: matcher.only, isExcluded }
    if (isExcluded && matcher.op === '!=') return { name, values: [matcher.value], isExcluded }
    return { name, values: this.#search(matcher, set, !isExcluded), isExcluded }
  }

  #search(matcher: Matcher, set: ValueSet, matching: boolean): readonly string[] {
    const key = `${matcher.op}${matcher.name}\u0000${matcher.value}`
    const known = this.#answers.get(key)
    if (known?.version === set.version) return known.values
    const found: string[] = []
    for (const value of set.values()) if (matcher.matches(value) === matching) found.push(value)
    if (this.#answers.size >= ANSWERS_MAX) this.#answers.clear()
    this.#answers.set(key, { version: set.version, values: found })
    return found
  }
}

/** What is wanted and what is not, put together; `all` answers when nothing in particular is wanted. */
export class Combination {
  #wanted: readonly number[] | undefined
  readonly #excluded: (readonly number[])[] = []

  /** Returns false when nothing can be left. */
  add(series: readonly number[], isExcluded: boolean): boolean {
    if (isExcluded) {
      if (series.length > 0) this.#excluded.push(series)
      return true
    }
    this.#wanted = this.#wanted === undefined ? series : intersect(this.#wanted, series)
    return this.#wanted.length > 0
  }

  get needsAll(): boolean {
    return this.#wanted === undefined
  }

  result(all: () => readonly number[]): readonly number[] {
    return this.#excluded.reduce((left, series) => subtract(left, series), this.#wanted ?? all())
  }
}
