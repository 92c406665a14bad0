import { Reader, ReverseWriter } from '../../api/protobuf/wire.ts'
import type { MatcherOp } from '../model/matcher.ts'
import type { Samples } from '../model/samples.ts'
import type { Queryable, SelectHints, StoredSeries } from '../model/storage.ts'
import type { Matcher } from '../model/matcher.ts'
import { readFields, readPacked, readText } from '../protobuf/read-fields.ts'
import { message, number, text } from '../protobuf/write-fields.ts'
import { STALE_HISTOGRAM } from './histogram-message.ts'
import { readTimeSeries, writeTimeSeries } from './write-v1.ts'
import type { WrittenSeries } from './written-series.ts'

/** One question of a remote read. */
export interface ReadQuery {
  readonly minMs: number
  readonly maxMs: number
  readonly matchers: readonly { readonly op: MatcherOp; readonly name: string; readonly value: string }[]
  readonly hints?: SelectHints
}

const OPS: readonly MatcherOp[] = ['=', '!=', '=~', '!~']

/** Kinds of answers by their numbers in messages: all samples at once, or chunks in frames. */
const ANSWER_KINDS = ['samples', 'chunks'] as const
export type AnswerKind = (typeof ANSWER_KINDS)[number]

export interface ReadRequest {
  readonly queries: readonly ReadQuery[]
  /** What the sender can read, what it likes best first; `undefined` when we know none of it. */
  readonly answer: AnswerKind | undefined
}

/** `prometheus.ReadRequest` (prometheus: prompb/remote.proto). */
export function readReadRequest(bytes: Uint8Array): ReadRequest {
  const queries: ReadQuery[] = []
  const accepted: (AnswerKind | undefined)[] = []
  const reader = new Reader(bytes)
  readFields(reader, 'ReadRequest', (field, type) => {
    if (field === 1) queries.push(readQuery(reader.message()))
    else if (field === 2) readPacked(reader, type, (part) => accepted.push(ANSWER_KINDS[part.int32()]))
    else return false
    return true
  })
  return { queries, answer: accepted.length === 0 ? 'samples' : accepted.find((kind) => kind !== undefined) }
}

/** `accepts`: what answers can be read, the best first; samples alone where nothing is said. */
export function encodeReadRequest(queries: readonly ReadQuery[], accepts: readonly AnswerKind[] = []): Uint8Array {
  const writer = new ReverseWriter()
  for (const kind of accepts.toReversed()) number(writer, 2, ANSWER_KINDS.indexOf(kind))
  for (const { minMs, maxMs, matchers } of queries.toReversed()) {
    message(writer, 1, () => {
      for (const { op, name, value } of matchers.toReversed()) {
        message(writer, 3, () => {
          text(writer, 3, value)
          text(writer, 2, name)
          number(writer, 1, OPS.indexOf(op))
        })
      }
      number(writer, 2, maxMs)
      number(writer, 1, minMs)
    })
  }
  return writer.finish()
}

/** `prometheus.ReadResponse`: the series of each query. */
export function readReadResponse(bytes: Uint8Array): readonly (readonly WrittenSeries[])[] {
  const results: WrittenSeries[][] = []
  const reader = new Reader(bytes)
  readFields(reader, 'ReadResponse', (field) => {
    if (field !== 1) return false
    const series: WrittenSeries[] = []
    const result = reader.message()
    readFields(result, 'QueryResult', (each) => {
      if (each !== 1) return false
      series.push(readTimeSeries(result.message()))
      return true
    })
    results.push(series)
    return true
  })
  return results
}

export function encodeReadResponse(results: readonly (readonly WrittenSeries[])[]): Uint8Array {
  const writer = new ReverseWriter()
  for (const series of results.toReversed()) {
    message(writer, 1, () => {
      for (const each of series.toReversed()) message(writer, 1, () => writeTimeSeries(writer, each))
    })
  }
  return writer.finish()
}

/**
 * Answers a remote read with samples: the kind of answer that every client takes. Its `labels` are completed by the external
 * labels that they lack, and matchers on those are not asked of the storage (prometheus: storage/remote/read_handler.go).
 */
export async function answerRead(
  queries: readonly ReadQuery[],
  options: {
    storage: Queryable
    externalLabels: Readonly<Record<string, string>>
    matcher(name: string, op: MatcherOp, value: string): Matcher
  },
): Promise<readonly (readonly WrittenSeries[])[]> {
  const { storage, externalLabels, matcher } = options
  const results: WrittenSeries[][] = []
  for (const { minMs, maxMs, matchers, hints } of queries) {
    const asked = matchers.filter(({ op, name, value }) => !(op === '=' && externalLabels[name] === value))
    const selection = {
      matchers: asked.map(({ name, op, value }) => matcher(name, op, value)),
      minMs,
      maxMs,
      ...(hints !== undefined && { hints }),
    }
    const series = await storage.select(selection)
    results.push(series.map((each) => writtenSeries(each, externalLabels)))
  }
  return results
}

function writtenSeries(series: StoredSeries, externalLabels: Readonly<Record<string, string>>): WrittenSeries {
  let { labels } = series
  for (const [name, value] of Object.entries(externalLabels)) if (!labels.has(name)) labels = labels.with(name, value)
  return { labels, ...writtenSamples(series.samples()), exemplars: [] }
}

function writtenSamples(found: Samples): Pick<WrittenSeries, 'samples' | 'histograms'> {
  const samples: WrittenSeries['samples'][number][] = []
  const histograms: WrittenSeries['histograms'][number][] = []
  for (let index = 0; index < found.length; index++) {
    const timestampMs = found.timestamps[index] ?? 0
    const histogram = found.histograms?.[index]
    const stale = found.stale?.[index] === 1
    if (histogram !== undefined) histograms.push({ timestampMs, histogram, isInteger: false, stale })
    else if (stale && found.histograms !== undefined) {
      histograms.push({ timestampMs, histogram: STALE_HISTOGRAM, isInteger: false, stale })
    } else samples.push({ timestampMs, value: found.values[index] ?? 0, stale })
  }
  return { samples, histograms }
}

function readQuery(reader: Reader): ReadQuery {
  const matchers: ReadQuery['matchers'][number][] = []
  let minMs = 0
  let maxMs = 0
  let hints: SelectHints | undefined
  readFields(reader, 'Query', (field) => {
    if (field === 1) minMs = reader.int64()
    else if (field === 2) maxMs = reader.int64()
    else if (field === 3) matchers.push(readMatcher(reader.message()))
    else if (field === 4) hints = readHints(reader.message())
    else return false
    return true
  })
  return { minMs, maxMs, matchers, ...(hints !== undefined && { hints }) }
}

function readMatcher(reader: Reader): ReadQuery['matchers'][number] {
  let op: MatcherOp = '='
  let name = ''
  let value = ''
  readFields(reader, 'LabelMatcher', (field) => {
    if (field === 1) op = OPS[reader.int32()] ?? '='
    else if (field === 2) name = readText(reader)
    else if (field === 3) value = readText(reader)
    else return false
    return true
  })
  return { op, name, value }
}

function readHints(reader: Reader): SelectHints {
  const hints = { stepMs: 0, rangeMs: 0, func: '', grouping: [] as string[], by: false }
  readFields(reader, 'ReadHints', (field) => {
    if (field === 1) hints.stepMs = reader.int64()
    else if (field === 2) hints.func = readText(reader)
    else if (field === 5) hints.grouping.push(readText(reader))
    else if (field === 6) hints.by = reader.bool()
    else if (field === 7) hints.rangeMs = reader.int64()
    else return false
    return true
  })
  return hints
}
