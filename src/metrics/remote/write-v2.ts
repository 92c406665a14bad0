import { Reader, ReverseWriter } from '../../api/protobuf/wire.ts'
import type { Labels } from '../model/labels.ts'
import type { Exemplar, MetricMetadata } from '../model/storage.ts'
import { readFields, readPacked, readText } from '../protobuf/read-fields.ts'
import { double, message, number, text } from '../protobuf/write-fields.ts'
import { readHistogramMessage, writeHistogramMessage } from './histogram-message.ts'
import { labelsWithoutEmpty, readSample, writeSample } from './write-v1.ts'
import { METRIC_TYPES, type WrittenHistogram, type WrittenSample, type WrittenSeries } from './written-series.ts'

/** `io.prometheus.write.v2.Request` (remote write 2.0): every text once, in a table that the series refer to. */
export function readWriteV2(bytes: Uint8Array): readonly (WrittenSeries | WriteProblem)[] {
  const symbols: string[] = []
  const messages: Reader[] = []
  const reader = new Reader(bytes)
  readFields(reader, 'Request', (field) => {
    if (field === 4) symbols.push(readText(reader))
    else if (field === 5) messages.push(reader.message())
    else return false
    return true
  })
  const table = new SymbolTable(symbols)
  return messages.map((each) => {
    try {
      return readTimeSeries(each, table)
    } catch (failure) {
      // One series that refers to nothing does not harm the others.
      if (failure instanceof WriteProblem) return failure
      throw failure
    }
  })
}

export function encodeWriteV2(series: readonly WrittenSeries[]): Uint8Array {
  const writer = new ReverseWriter()
  const symbols = new SymbolTable([''])
  for (const each of series.toReversed()) message(writer, 5, () => writeTimeSeries(writer, each, symbols))
  for (const symbol of symbols.symbols.toReversed()) text(writer, 4, symbol)
  return writer.finish()
}

/** What is wrong with one series of a request. */
export class WriteProblem extends Error {
  override readonly name = 'WriteProblem'
}

class SymbolTable {
  readonly symbols: string[]
  readonly #indices = new Map<string, number>()

  constructor(symbols: string[]) {
    this.symbols = symbols
    for (const [index, symbol] of symbols.entries()) this.#indices.set(symbol, index)
  }

  get(index: number): string {
    const symbol = this.symbols[index]
    if (symbol === undefined) {
      throw new WriteProblem(`labelRefs ${index} (name) outside of symbols table (size ${this.symbols.length})`)
    }
    return symbol
  }

  labels(references: readonly number[]): Labels {
    if (references.length % 2 !== 0) throw new WriteProblem(`invalid labelRefs length ${references.length}`)
    const entries: [string, string][] = []
    for (let index = 0; index < references.length; index += 2) {
      entries.push([this.get(references[index] ?? 0), this.get(references[index + 1] ?? 0)])
    }
    return labelsWithoutEmpty(entries)
  }

  indexOf(symbol: string): number {
    let index = this.#indices.get(symbol)
    if (index === undefined) {
      index = this.symbols.push(symbol) - 1
      this.#indices.set(symbol, index)
    }
    return index
  }
}

function readTimeSeries(reader: Reader, symbols: SymbolTable): WrittenSeries {
  const references: number[] = []
  const samples: WrittenSample[] = []
  const histograms: WrittenHistogram[] = []
  const exemplars: Exemplar[] = []
  let metadata: MetricMetadata = { type: 'unknown', help: '', unit: '' }
  readFields(reader, 'TimeSeries', (field, type) => {
    if (field === 1) readPacked(reader, type, (part) => references.push(part.int64()))
    else if (field === 2) samples.push(readSample(reader.bytes()))
    else if (field === 3) histograms.push(readHistogramMessage(reader.bytes()))
    else if (field === 4) exemplars.push(readExemplar(reader.message(), symbols))
    else if (field === 5) metadata = readMetadata(reader.message(), symbols)
    else return false
    return true
  })
  return { labels: symbols.labels(references), samples, histograms, exemplars, metadata }
}

function readExemplar(reader: Reader, symbols: SymbolTable): Exemplar {
  const references: number[] = []
  let value = 0
  let timestampMs = 0
  readFields(reader, 'Exemplar', (field, type) => {
    if (field === 1) readPacked(reader, type, (part) => references.push(part.int64()))
    else if (field === 2) value = reader.double()
    else if (field === 3) timestampMs = reader.int64()
    else return false
    return true
  })
  return { labels: symbols.labels(references), value, timestampMs }
}

function readMetadata(reader: Reader, symbols: SymbolTable): MetricMetadata {
  let type = 0
  let help = 0
  let unit = 0
  readFields(reader, 'Metadata', (field) => {
    if (field === 1) type = reader.int32()
    else if (field === 3) help = reader.int64()
    else if (field === 4) unit = reader.int64()
    else return false
    return true
  })
  return { type: METRIC_TYPES[type] ?? 'unknown', help: symbols.get(help), unit: symbols.get(unit) }
}

function writeTimeSeries(writer: ReverseWriter, series: WrittenSeries, symbols: SymbolTable): void {
  const { metadata } = series
  if (metadata !== undefined) {
    message(writer, 5, () => {
      number(writer, 4, symbols.indexOf(metadata.unit))
      number(writer, 3, symbols.indexOf(metadata.help))
      number(writer, 1, METRIC_TYPES.indexOf(metadata.type))
    })
  }
  for (const { labels, value, timestampMs } of series.exemplars.toReversed()) {
    message(writer, 4, () => {
      if (timestampMs !== undefined) number(writer, 3, timestampMs)
      double(writer, 2, value)
      writeReferences(writer, labels, symbols)
    })
  }
  for (const each of series.histograms.toReversed()) message(writer, 3, () => writeHistogramMessage(writer, each))
  for (const sample of series.samples.toReversed()) message(writer, 2, () => writeSample(writer, sample))
  writeReferences(writer, series.labels, symbols)
}

function writeReferences(writer: ReverseWriter, labels: Labels, symbols: SymbolTable): void {
  const references = labels.pairs.map((each) => symbols.indexOf(each))
  message(writer, 1, () => {
    for (const reference of references.reverse()) writer.varint(reference)
  })
}
