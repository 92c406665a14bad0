import { compareText } from '../../base/compare-text.ts'

/** The label that holds the name of a metric. */
export const METRIC_NAME = '__name__'

/**
 * What tells one series from another: names and values, sorted by name in the order of their bytes, none of them empty.
 *
 *     pairs: ['__name__', 'http_requests_total', 'code', '200', 'job', 'checkout']
 *
 * Immutable, and shared by all who hold the series.
 */
export class Labels {
  /** No labels at all. */
  static get empty(): Labels {
    return EMPTY
  }

  /** Name, value, name, value, … */
  readonly pairs: readonly string[]
  #key: string | undefined

  /** `pairs` must be sorted, free of doubles and of empty values: see `labelsOf` for what is not. */
  constructor(pairs: readonly string[]) {
    this.pairs = pairs
  }

  get size(): number {
    return this.pairs.length / 2
  }

  /** The value, `''` for a label that is not there: the two are the same thing. */
  get(name: string): string {
    const { pairs } = this
    for (let index = 0; index < pairs.length; index += 2) {
      if (pairs[index] === name) return pairs[index + 1] ?? ''
    }
    return ''
  }

  has(name: string): boolean {
    const { pairs } = this
    for (let index = 0; index < pairs.length; index += 2) {
      if (pairs[index] === name) return true
    }
    return false
  }

  get metricName(): string {
    return this.get(METRIC_NAME)
  }

  /** One text for one label set: a key for maps. */
  get key(): string {
    this.#key ??= this.pairs.join(SEPARATOR)
    return this.#key
  }

  /** The same labels without those named. */
  without(names: ReadonlySet<string>): Labels {
    return this.#filtered((name) => !names.has(name))
  }

  /** Only the labels named. */
  only(names: ReadonlySet<string>): Labels {
    return this.#filtered((name) => names.has(name))
  }

  /** The same labels with `name` set; an empty value takes it away. */
  with(name: string, value: string): Labels {
    if (this.get(name) === value) return this
    const pairs: string[] = []
    let isPlaced = value === ''
    for (let index = 0; index < this.pairs.length; index += 2) {
      const present = this.pairs[index] ?? ''
      if (!isPlaced && compareText(name, present) <= 0) {
        pairs.push(name, value)
        isPlaced = true
      }
      if (present !== name) pairs.push(present, this.pairs[index + 1] ?? '')
    }
    if (!isPlaced) pairs.push(name, value)
    return new Labels(pairs)
  }

  *[Symbol.iterator](): Generator<readonly [name: string, value: string]> {
    const { pairs } = this
    for (let index = 0; index < pairs.length; index += 2) yield [pairs[index] ?? '', pairs[index + 1] ?? '']
  }

  toObject(): Record<string, string> {
    return Object.fromEntries(this)
  }

  #filtered(keep: (name: string) => boolean): Labels {
    const pairs: string[] = []
    for (const [name, value] of this) {
      if (keep(name)) pairs.push(name, value)
    }
    return pairs.length === this.pairs.length ? this : new Labels(pairs)
  }
}

const EMPTY = new Labels([])

/** Unlikely in any text, and still harmless there: names and values alternate, so a key is read back in one way only. */
const SEPARATOR = '\u00ff\u0000'

/** Labels from entries in any order; empty values are left out. Of doubles the last one counts. */
export function labelsOf(
  entries: Iterable<readonly [name: string, value: string]> | Readonly<Record<string, string>>,
): Labels {
  const list = isIterable(entries) ? [...entries] : Object.entries(entries)
  const byName = new Map(list)
  const names = [...byName.keys()].sort(compareText)
  return new Labels(names.flatMap((name) => (byName.get(name) === '' ? [] : [name, byName.get(name) ?? ''])))
}

/** Orders label sets as Prometheus does: name by name and value by value, a shorter one first. */
export function compareLabels(a: Labels, b: Labels): number {
  const shared = Math.min(a.pairs.length, b.pairs.length)
  for (let index = 0; index < shared; index++) {
    const order = compareText(a.pairs[index] ?? '', b.pairs[index] ?? '')
    if (order !== 0) return order
  }
  return a.pairs.length - b.pairs.length
}

function isIterable(entries: object): entries is Iterable<readonly [string, string]> {
  return Symbol.iterator in entries
}
