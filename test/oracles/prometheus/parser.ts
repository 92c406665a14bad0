import type { FloatHistogram } from '../../../src/metrics/model/histogram.ts'
import { matcher, printMatcher, type MatcherOp } from '../../../src/metrics/model/matcher.ts'
import { ParseError } from '../../../src/metrics/promql/syntax/parse-error.ts'
import { parseSeriesDescription, type SequenceValue } from '../../../src/metrics/promql/syntax/parse-series.ts'
import { parseQuery } from '../../../src/metrics/promql/syntax/parse.ts'
import { prettyPrint } from '../../../src/metrics/promql/syntax/pretty-print.ts'
import { printHistogramNotation } from '../../../src/metrics/promql/syntax/print-histogram.ts'
import { printExpr } from '../../../src/metrics/promql/syntax/print.ts'
import type { QueryOptions } from '../../../src/metrics/promql/syntax/query-options.ts'
import { selectorsOf } from '../../../src/metrics/promql/syntax/walk.ts'
import { isRecord } from '../lossless-json.ts'
import { expectFailure, expectSame, Mismatch, type Oracle, type OracleCase } from '../oracle.ts'
import { expectTree } from './syntax-tree.ts'

type Input = OracleCase['input']
type Expected = OracleCase['expect']

export const oracle: Oracle = {
  open:
    () =>
    ({ input, expect }) => {
      switch (input['kind']) {
        case 'expr':
          return runExpr(input, expect)
        case 'series':
          return runSeries(input, expect)
        case 'histogram-series':
          return runHistogramSeries(input, expect)
        case 'histogram-notation':
          return expectSame('notation', printHistogramNotation(histogramFrom(input['histogram'])), expect['output'])
        case 'extract-selectors':
          return runSelectors(input, expect)
        case 'print':
          return expectSame('printed', printExpr(parse(input)), expect['output'])
        case 'print-selector':
          return runPrintSelector(input, expect)
        case 'pretty':
          return runPretty(input, expect)
        default:
          throw new Error(`unknown kind ${String(input['kind'])}`)
      }
    },
}

const OPTIONS: Readonly<Record<string, QueryOptions>> = {
  'experimental-functions': { experimentalFunctions: true },
  'experimental-duration-expr': { durationExpressions: true },
  'extended-range-selectors': { extendedRangeSelectors: true },
  'binop-fill-modifiers': { fillModifiers: true },
}

function parse(input: Input): ReturnType<typeof parseQuery> {
  return parseQuery(textOf(input['text']), optionsOf(input))
}

function optionsOf({ options }: Input): QueryOptions {
  const names = Array.isArray(options) ? options.map(String) : []
  return names.reduce<QueryOptions>((all, name) => ({ ...all, ...OPTIONS[name] }), {})
}

/** A text, or bytes that are no UTF-8. */
function textOf(text: unknown): string {
  if (!isRecord(text)) return String(text)
  return Buffer.from(String(text['base64']), 'base64').toString()
}

function runExpr(input: Input, expect: Expected): void {
  if (expect['ok'] === true) {
    if (expect['ast'] !== undefined) return expectTree(parse(input), expect['ast'])
    parse(input)
    return
  }
  const failure = expectParseError(() => parse(input))
  if (!Array.isArray(expect['errors'])) return
  const problems = failure.problems.map(({ message, pos }) => ({ message, pos: [pos.start, pos.end] }))
  // Bytes that are no UTF-8 take more room in a JavaScript string than they did: the positions behind them differ.
  if (isRecord(input['text'])) return expectSame('error', problems[0]?.message, expect['errors'][0]?.['message'])
  expectSame('errors', problems, expect['errors'])
}

function expectParseError(attempt: () => unknown): ParseError {
  const failure = expectFailure('parsing', attempt)
  if (failure instanceof ParseError) return failure
  throw new Mismatch(`want a ParseError, got ${failure.stack}`)
}

function expectRefusal(attempt: () => unknown, expect: Expected): void {
  const { message } = expectParseError(attempt)
  if (expect['error'] !== undefined) expectSame('error', message, expect['error'])
  const part = expect['error_contains']
  if (typeof part === 'string' && !message.includes(part)) throw new Mismatch(`want "${part}" in "${message}"`)
}

function runSeries(input: Input, expect: Expected): void {
  const text = textOf(input['text'])
  if (expect['ok'] === false) return expectRefusal(() => parseSeriesDescription(text), expect)
  const { labels, values } = parseSeriesDescription(text)
  expectSame('labels', labels.toObject(), expect['labels'])
  expectSame('values', values.map(plainValue), expect['values'])
}

function plainValue(value: SequenceValue): unknown {
  return value.type === 'float' ? value.value : value.type
}

function runHistogramSeries(input: Input, expect: Expected): void {
  const text = textOf(input['text'])
  if (expect['ok'] === false) return expectRefusal(() => parseSeriesDescription(text), expect)
  const histograms = parseSeriesDescription(text).values.map((value) => {
    if (value.type !== 'histogram') throw new Mismatch(`want histograms, got ${value.type}`)
    return value.histogram
  })
  const wanted = Array.isArray(expect['histograms']) ? expect['histograms'] : []
  expectSame('histograms', histograms, wanted.map(histogramFrom))
}

function histogramFrom(json: unknown): FloatHistogram {
  const fields = isRecord(json) ? json : {}
  const list = <T>(name: string): T[] => (Array.isArray(fields[name]) ? fields[name] : [])
  const number = (name: string): number => Number(fields[name] ?? 0)
  const hint = String(fields['counter_reset_hint']).replace('_', '-')
  return {
    counterResetHint: hint === 'reset' || hint === 'not-reset' || hint === 'gauge' ? hint : 'unknown',
    schema: number('schema'),
    zeroThreshold: number('zero_threshold'),
    zeroCount: number('zero_count'),
    count: number('count'),
    sum: number('sum'),
    positiveSpans: list('positive_spans'),
    negativeSpans: list('negative_spans'),
    positiveBuckets: list('positive_buckets'),
    negativeBuckets: list('negative_buckets'),
    customValues: list('custom_values'),
  }
}

function runSelectors(input: Input, expect: Expected): void {
  const selectors = selectorsOf(parse(input)).map((matchers) => `{${matchers.map(printMatcher).join(', ')}}`)
  expectSame('selectors', selectors, expect['selectors'])
}

function runPrintSelector(input: Input, expect: Expected): void {
  const matchers = (Array.isArray(input['matchers']) ? input['matchers'] : []).map((json: Record<string, unknown>) =>
    matcher(String(json['name']), json['op'] as MatcherOp, String(json['value'])),
  )
  const pos = { start: 0, end: 0 }
  const name = String(input['name'])
  expectSame('printed', printExpr({ type: 'VectorSelector', name, matchers, offsetMs: 0, pos }), expect['output'])
}

function runPretty(input: Input, expect: Expected): void {
  const printed = prettyPrint(parse(input), Number(input['max_characters_per_line']))
  expectSame('printed', printed, expect['output'])
}
