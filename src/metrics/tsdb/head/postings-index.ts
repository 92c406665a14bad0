import { compareText } from '../../../base/compare-text.ts'
import type { Labels } from '../../model/labels.ts'
import type { Matcher } from '../../model/matcher.ts'
import { Combination, ValueMatcher, type ValueSet } from '../match-values.ts'
import { union } from '../postings.ts'

/** The series with one label value, ascending. A single one is kept without its array: most values of `pod` have few. */
type Posting = number | number[]

interface ValueIndex {
  readonly postings: Map<string, Posting>
  /** Grows whenever a value comes or goes: what was found among the values is good as long as it stands still. */
  version: number
}

/** Which series have which label value: name → value → series. */
export class PostingsIndex {
  readonly #names = new Map<string, ValueIndex>()
  readonly #matcher = new ValueMatcher()

  add(series: number, labels: Labels): void {
    const { pairs } = labels
    for (let index = 0; index < pairs.length; index += 2)
      this.#addPair(series, pairs[index] ?? '', pairs[index + 1] ?? '')
  }

  #addPair(series: number, name: string, value: string): void {
    let values = this.#names.get(name)
    if (values === undefined) this.#names.set(name, (values = { postings: new Map(), version: 0 }))
    const posting = values.postings.get(value)
    if (posting === undefined) {
      values.postings.set(value, series)
      values.version++
    } else if (typeof posting === 'number') {
      values.postings.set(value, posting < series ? [posting, series] : [series, posting])
    } else insert(posting, series)
  }

  /** Forgets series; `labels` names the labels that any of them has. */
  remove(gone: ReadonlySet<number>, labels: Iterable<Labels>): void {
    const touched = new Map<string, Set<string>>()
    for (const set of labels) {
      for (const [name, value] of set) {
        const values = touched.get(name)
        if (values === undefined) touched.set(name, new Set([value]))
        else values.add(value)
      }
    }
    for (const [name, values] of touched) this.#removeFrom(name, values, gone)
  }

  #removeFrom(name: string, touched: ReadonlySet<string>, gone: ReadonlySet<number>): void {
    const values = this.#names.get(name)
    if (values === undefined) return
    for (const value of touched) {
      const left = listOf(values.postings.get(value)).filter((series) => !gone.has(series))
      const [only] = left
      if (only === undefined) {
        values.postings.delete(value)
        values.version++
      } else values.postings.set(value, left.length === 1 ? only : left)
    }
    if (values.postings.size === 0) this.#names.delete(name)
  }

  names(): string[] {
    return [...this.#names.keys()].sort(compareText)
  }

  values(name: string): string[] {
    return [...(this.#names.get(name)?.postings.keys() ?? [])].sort(compareText)
  }

  /** How many series have each value of a label. */
  counts(name: string): (readonly [value: string, series: number])[] {
    return [...(this.#names.get(name)?.postings ?? [])].map(([value, posting]) => [
      value,
      typeof posting === 'number' ? 1 : posting.length,
    ])
  }

  valueCount(name: string): number {
    return this.#names.get(name)?.postings.size ?? 0
  }

  /** Series that satisfy every matcher, ascending. `all` answers where no matcher asks for a label to be there. */
  select(matchers: readonly Matcher[], all: () => readonly number[]): readonly number[] {
    const combination = new Combination()
    for (const matcher of matchers) {
      const { name, values, isExcluded } = this.#matcher.resolve(matcher, this.#valueSet(matcher.name))
      if (!combination.add(this.#postings(name, values), isExcluded)) return []
    }
    return combination.result(all)
  }

  #valueSet(name: string): ValueSet | undefined {
    const index = this.#names.get(name)
    return index && { values: () => index.postings.keys(), version: index.version }
  }

  #postings(name: string, values: readonly string[]): readonly number[] {
    const postings = this.#names.get(name)?.postings
    if (postings === undefined) return []
    if (values.length === 1) return listOf(postings.get(values[0] ?? ''))
    return union(values.map((value) => listOf(postings.get(value))))
  }
}

function listOf(posting: Posting | undefined): readonly number[] {
  return posting === undefined ? [] : typeof posting === 'number' ? [posting] : posting
}

/** Nearly always at the end: numbers grow, but those of series that went are used again. */
function insert(list: number[], series: number): void {
  let at = list.length
  while (at > 0 && (list[at - 1] ?? 0) > series) at--
  if (at === list.length) list.push(series)
  else list.splice(at, 0, series)
}
