import { compareLabels, type Labels } from '../model/labels.ts'
import type { Samples } from '../model/samples.ts'
import type { SampleBuffer, StoredSeries } from '../model/storage.ts'
import { ChunkList } from './chunks/chunk-list.ts'
import { decodeChunk, decodeOverlapping } from './chunks/decode-chunks.ts'
import { SampleColumns } from './chunks/sample-columns.ts'
import type { TimeRange } from './chunks/xor-decoder.ts'
import { fillStartTimes } from './head/start-times.ts'

/** A series that was found: its labels, and its chunks as a stretch of a list that it shares with others. */
export interface SeriesRow {
  readonly labels: Labels
  readonly list: ChunkList
  readonly from: number
  readonly to: number
  readonly starts?: { readonly from: number[]; readonly began: number[] } | undefined
}

/** Decodes a row's samples whenever asked. */
export class ChunkedSeries implements StoredSeries {
  readonly #row: SeriesRow
  readonly #range: TimeRange

  constructor(row: SeriesRow, range: TimeRange) {
    this.#row = row
    this.#range = range
  }

  get labels(): Labels {
    return this.#row.labels
  }

  samples(into?: SampleBuffer): Samples {
    const { list, from, to, starts } = this.#row
    const columns = new SampleColumns(into)
    if (isApart(list, from, to)) {
      for (let index = from; index < to; index++) decodeChunk(list, index, this.#range, columns)
    } else {
      const indices = Array.from({ length: to - from }, (_, index) => from + index)
      decodeOverlapping(list, indices, this.#range, columns)
    }
    if (starts !== undefined) fillStartTimes(columns, starts)
    return columns
  }
}

/** Whether each chunk begins after the one before it ends. */
function isApart(list: ChunkList, from: number, to: number): boolean {
  for (let index = from + 1; index < to; index++) {
    if ((list.minTimes[index] ?? 0) <= (list.maxTimes[index - 1] ?? 0)) return false
  }
  return true
}

/** Rows of several sources, each sorted by labels, as one; rows of one label set become one row with the chunks of all. */
export function mergeRows(sources: readonly (readonly SeriesRow[])[]): readonly SeriesRow[] {
  const filled = sources.filter((rows) => rows.length > 0)
  const [first = [], ...others] = filled
  return others.reduce((merged, rows) => mergeTwo(merged, rows), first)
}

function mergeTwo(a: readonly SeriesRow[], b: readonly SeriesRow[]): SeriesRow[] {
  const merged: SeriesRow[] = []
  const joined = new ChunkList()
  let left = 0
  let right = 0
  while (left < a.length || right < b.length) {
    const x = a[left]
    const y = b[right]
    const order = x === undefined ? 1 : y === undefined ? -1 : compareLabels(x.labels, y.labels)
    if (order <= 0) left++
    if (order >= 0) right++
    if (order < 0 && x !== undefined) merged.push(x)
    else if (order > 0 && y !== undefined) merged.push(y)
    else if (x !== undefined && y !== undefined) merged.push(joinRows(x, y, joined))
  }
  return merged
}

function joinRows(a: SeriesRow, b: SeriesRow, list: ChunkList): SeriesRow {
  const from = list.length
  list.pushAll(a.list, a.from, a.to)
  list.pushAll(b.list, b.from, b.to)
  return { labels: a.labels, list, from, to: list.length, starts: a.starts ?? b.starts }
}
