import type { CounterResetHint, FloatHistogram, Span } from '../../model/histogram.ts'
import { numberOf } from './parse-duration.ts'
import type { Context, TokenStream } from './token-stream.ts'

/** A histogram in the notation of test files, and whether it said how its counter was reset. */
export interface HistogramReading {
  readonly histogram: FloatHistogram
  readonly hasHint: boolean
}

const KEY_EXPECTED: Context = {
  name: 'histogram description',
  expected: 'histogram description key, e.g. buckets:[5 10 7]',
}

const EMPTY: FloatHistogram = {
  counterResetHint: 'unknown',
  schema: 0,
  zeroThreshold: 0,
  zeroCount: 0,
  count: 0,
  sum: 0,
  positiveSpans: [],
  negativeSpans: [],
  positiveBuckets: [],
  negativeBuckets: [],
  customValues: [],
}

/** `{{schema:1 sum:5.5 count:3 buckets:[1 2] offset:-1}}`: what is not named is zero. */
export function parseHistogram(tokens: TokenStream): HistogramReading {
  tokens.expect('{{')
  const description = new Description(tokens)
  if (tokens.accept('space') === undefined && tokens.peek().type !== '}}') {
    description.read()
    tokens.enterContext(KEY_EXPECTED)
    while (tokens.peek().type !== '}}') {
      tokens.expect('space')
      if (tokens.peek().type !== '}}') description.read()
    }
    tokens.leaveContext()
  }
  tokens.expect('}}')
  return description.build()
}

type NumberKey = 'schema' | 'sum' | 'count' | 'z_bucket' | 'z_bucket_w' | 'offset' | 'n_offset'
type ListKey = 'buckets' | 'n_buckets' | 'custom_values'

const HINTS: Readonly<Record<string, CounterResetHint>> = {
  unknown: 'unknown',
  reset: 'reset',
  not_reset: 'not-reset',
  gauge: 'gauge',
}

class Description {
  readonly #tokens: TokenStream
  readonly #keys = new Set<string>()
  readonly #numbers = new Map<string, number>()
  readonly #lists = new Map<string, readonly number[]>()
  #hint: CounterResetHint | undefined

  constructor(tokens: TokenStream) {
    this.#tokens = tokens
  }

  /** One `key:value`; of a key that comes twice the first counts. */
  read(): void {
    const tokens = this.#tokens
    const key = tokens.expect('descriptor').text.toLowerCase()
    tokens.expect(':')
    const isRepeated = this.#keys.has(key)
    this.#keys.add(key)
    if (key === 'counter_reset_hint') {
      const hint = HINTS[tokens.expect('hint').text.toLowerCase()]
      if (!isRepeated) this.#hint = hint
    } else if (key === 'buckets' || key === 'n_buckets' || key === 'custom_values') {
      const list = this.#readList()
      if (!isRepeated) this.#lists.set(key, list)
    } else {
      const number = this.#readNumber(key)
      if (!isRepeated) this.#numbers.set(key, number)
    }
    if (isRepeated) tokens.report({ start: 0, end: 0 }, `duplicate key "${key}" in histogram`)
  }

  build(): HistogramReading {
    const positiveBuckets = this.#list('buckets')
    const negativeBuckets = this.#list('n_buckets')
    const histogram: FloatHistogram = {
      ...EMPTY,
      counterResetHint: this.#hint ?? 'unknown',
      schema: this.#number('schema'),
      zeroThreshold: this.#number('z_bucket_w'),
      zeroCount: this.#number('z_bucket'),
      count: this.#number('count'),
      sum: this.#number('sum'),
      positiveSpans: spansOf(positiveBuckets, this.#number('offset')),
      negativeSpans: spansOf(negativeBuckets, this.#number('n_offset')),
      positiveBuckets,
      negativeBuckets,
      customValues: this.#list('custom_values'),
    }
    return { histogram, hasHint: this.#hint !== undefined }
  }

  #number(key: NumberKey): number {
    return this.#numbers.get(key) ?? 0
  }

  #list(key: ListKey): readonly number[] {
    return this.#lists.get(key) ?? []
  }

  #readNumber(key: string): number {
    const tokens = this.#tokens
    const mayBeNegative = key !== 'z_bucket_w'
    const isNegative = mayBeNegative && tokens.accept('-') !== undefined
    const token = tokens.expect('number')
    const isInteger = key === 'schema' || key === 'offset' || key === 'n_offset'
    if (isInteger && !/^\d+$/.test(token.text)) {
      const problem = `strconv.ParseUint: parsing "${token.text}": invalid syntax`
      tokens.report(token, `invalid repetition in series values: ${problem}`)
    }
    const value = numberOf(tokens, token)
    return isNegative ? -value : value
  }

  #readList(): readonly number[] {
    const tokens = this.#tokens
    tokens.expect('[')
    const list: number[] = []
    do {
      const isNegative = tokens.accept('-') !== undefined
      const value = numberOf(tokens, tokens.expect('number'))
      list.push(isNegative ? -value : value)
    } while (tokens.accept('space') !== undefined && tokens.peek().type !== ']')
    tokens.expect(']')
    return list
  }
}

function spansOf(buckets: readonly number[], offset: number): readonly Span[] {
  return buckets.length === 0 ? [] : [{ offset, length: buckets.length }]
}
