import { type Arbitrary, asyncProperty, assert, boolean, constantFrom, oneof, tuple } from 'fast-check'
import { expect, test } from 'vitest'
import { engineWith, storageOf } from '../../../test/support/promql.ts'
import type { FloatHistogram } from '../model/histogram.ts'
import type { Labels } from '../model/labels.ts'
import type { QueryEngine } from './engine.ts'
import { QueryError } from './query-error.ts'
import type { QueryResult } from './results.ts'

const SERIES = [
  'a{x="1",le="1"} 1+1x60',
  'a{x="2",le="2"} 3+2x20 0+5x39',
  'a{x="2",le="+Inf"} 5+4x60',
  'b{x="1"} 5 _ _ 6 stale 1x50',
  'h{x="1"} {{schema:0 count:4 sum:3 buckets:[1 2 1]}}+{{schema:0 count:4 sum:3 buckets:[1 2 1]}}x50',
  'h{x="2"} {{schema:-53 count:4 sum:3 custom_values:[1 2] buckets:[1 2 1]}}x50',
  'm{x="1"} 1 2 {{schema:1 count:4 sum:3 buckets:[1 2 1]}} 4 {{schema:1 count:4 sum:3 buckets:[1 2 1]}}x3 1 2 3',
]
const INTERVAL_MS = 15_000
const TIMES = { startMs: 60_000, endMs: 600_000, stepMs: 90_000 }
const FEATURES = { experimentalFunctions: true, extendedRangeSelectors: true, fillModifiers: true }

test('a range query gives at each step what an instant query gives at that time', async () => {
  const storage = await storageOf(INTERVAL_MS, SERIES)
  await assert(
    asyncProperty(vectors(3), boolean(), async (query, delayedNameRemoval) => {
      const engine = engineWith({ ...FEATURES, delayedNameRemoval })
      const range = await answered(engine.range(storage, query, TIMES))
      if (range === undefined) return
      for (let timeMs = TIMES.startMs; timeMs <= TIMES.endMs; timeMs += TIMES.stepMs) {
        expect(await elements(engine, { storage, query, timeMs }), `${query} at ${timeMs}`).toEqual(
          stepOf(range, timeMs),
        )
      }
    }),
    { numRuns: 150 },
  )
})

/** Undefined for a query that cannot be answered: at which step is not the same for both. */
async function answered(result: Promise<QueryResult>): Promise<QueryResult | undefined> {
  try {
    return await result
  } catch (failure) {
    if (failure instanceof QueryError) return undefined
    throw failure
  }
}

async function elements(
  engine: QueryEngine,
  { storage, query, timeMs }: { storage: Awaited<ReturnType<typeof storageOf>>; query: string; timeMs: number },
): Promise<string[]> {
  const { value } = await engine.instant(storage, query, timeMs)
  if (value.type !== 'vector') throw new Error(`${query} gives a ${value.type}`)
  return value.samples.map((sample) => show(sample.labels, sample.value, sample.histogram)).sort()
}

function stepOf({ value }: QueryResult, timeMs: number): string[] {
  if (value.type !== 'matrix') throw new Error(`a ${value.type}`)
  return value.series
    .flatMap(({ labels, samples }) => {
      const index = samples.timestamps.indexOf(timeMs)
      return index < 0 ? [] : [show(labels, samples.values[index] ?? 0, samples.histograms?.[index])]
    })
    .sort()
}

/** What is known of resets depends on the samples around, and these on the query. */
function show(labels: Labels, value: number, histogram: FloatHistogram | undefined): string {
  const shown = histogram === undefined ? String(value) : JSON.stringify({ ...histogram, counterResetHint: undefined })
  return `${JSON.stringify(labels.toObject())} ${shown}`
}

function vectors(depth: number): Arbitrary<string> {
  if (depth === 0) return selectors
  const inner = vectors(depth - 1)
  const number = numbers(depth - 1)
  const call = (names: readonly string[], argument: Arbitrary<string>): Arbitrary<string> =>
    tuple(constantFrom(...names), argument).map(([name, text]) => `${name}(${text})`)
  return oneof(
    selectors,
    call(RANGE_FUNCTIONS, ranges(depth - 1)),
    call(['abs', 'timestamp', 'histogram_count', 'absent', 'hour', '-', 'sort'], inner),
    call(
      ['sum', 'avg by (x) ', 'min without (le) ', 'count by (__name__) ', 'stddev', 'topk by (x) ', 'quantile'],
      inner,
    ).map((text) => text.replace(/^(topk by \(x\) |quantile)\(/, '$1(0.9 + 1, ')),
    tuple(
      inner,
      constantFrom('+', '/', 'and', 'or', 'unless on (x)', '> bool', '* on (x) group_left', '+ fill (0)'),
      inner,
    ).map(([left, op, right]) => `(${left}) ${op} (${right})`),
    tuple(inner, constantFrom('+', '* ', '> ', '>/'), number).map(([left, op, right]) => `(${left}) ${op} ${right}`),
    tuple(number, inner).map(([q, text]) => `histogram_quantile(${q}, ${text})`),
    inner.map((text) => `label_replace(${text}, "y", "n$1", "x", "(.*)")`),
  )
}

const selectors = tuple(
  constantFrom('a', 'b', 'h', 'm', '{__name__=~"a|b"}', '{__name__=~".+"}', 'missing'),
  constantFrom('', '', ' offset 1m', ' @ 60', ' offset -1m', ' smoothed'),
).map(([name, modifier]) => name + modifier)

const RANGE_FUNCTIONS = [
  'rate',
  'increase',
  'delta',
  'irate',
  'resets',
  'changes',
  'sum_over_time',
  'avg_over_time',
  'last_over_time',
  'absent_over_time',
]

function ranges(depth: number): Arbitrary<string> {
  const ofSelector = tuple(
    constantFrom('a', 'b', 'h', 'm'),
    constantFrom('[5m]', '[30s]', '[2m] offset 1m', '[5m] @ 100', '[2m] anchored'),
  ).map(([name, range]) => name + range)
  const ofSubquery = tuple(vectors(depth), constantFrom('', '30s')).map(([inner, step]) => `(${inner})[5m:${step}]`)
  return oneof(ofSelector, ofSubquery)
}

function numbers(depth: number): Arbitrary<string> {
  const plain = constantFrom('0.5', '2', '-1', 'NaN', 'time()')
  return depth === 0
    ? plain
    : oneof(
        plain,
        vectors(depth - 1).map((inner) => `scalar(${inner})`),
      )
}
