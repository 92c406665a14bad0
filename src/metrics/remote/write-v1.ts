import { Reader, ReverseWriter } from '../../api/protobuf/wire.ts'
import type { Labels } from '../model/labels.ts'
import type { Exemplar } from '../model/storage.ts'
import { sortedLabels } from '../exposition/series-reader.ts'
import { readFields, readText } from '../protobuf/read-fields.ts'
import { double, message, number, text } from '../protobuf/write-fields.ts'
import { hasStaleMarker, readHistogramMessage, staleDouble, writeHistogramMessage } from './histogram-message.ts'
import type { WrittenHistogram, WrittenSample, WrittenSeries } from './written-series.ts'

/** `prometheus.WriteRequest` (remote write 1.0): names and values of labels written out in each series. */
export function readWriteV1(bytes: Uint8Array): readonly WrittenSeries[] {
  const series: WrittenSeries[] = []
  const reader = new Reader(bytes)
  readFields(reader, 'WriteRequest', (field) => {
    if (field !== 1) return false
    series.push(readTimeSeries(reader.message()))
    return true
  })
  return series
}

export function encodeWriteV1(series: readonly WrittenSeries[]): Uint8Array {
  const writer = new ReverseWriter()
  for (const each of series.toReversed()) message(writer, 1, () => writeTimeSeries(writer, each))
  return writer.finish()
}

/** `prometheus.TimeSeries`: of remote read too. */
export function readTimeSeries(reader: Reader): WrittenSeries {
  const labels: [string, string][] = []
  const samples: WrittenSample[] = []
  const histograms: WrittenHistogram[] = []
  const exemplars: Exemplar[] = []
  readFields(reader, 'TimeSeries', (field) => {
    if (field === 1) labels.push(readLabel(reader.message()))
    else if (field === 2) samples.push(readSample(reader.bytes()))
    else if (field === 3) exemplars.push(readExemplar(reader.message()))
    else if (field === 4) histograms.push(readHistogramMessage(reader.bytes()))
    else return false
    return true
  })
  return { labels: labelsWithoutEmpty(labels), samples, histograms, exemplars }
}

/** Writes the message's fields, in reverse. */
export function writeTimeSeries(writer: ReverseWriter, series: WrittenSeries): void {
  for (const each of series.histograms.toReversed()) message(writer, 4, () => writeHistogramMessage(writer, each))
  for (const { labels, value, timestampMs } of series.exemplars.toReversed()) {
    message(writer, 3, () => {
      if (timestampMs !== undefined) number(writer, 3, timestampMs)
      double(writer, 2, value)
      writeLabels(writer, labels)
    })
  }
  for (const sample of series.samples.toReversed()) message(writer, 2, () => writeSample(writer, sample))
  writeLabels(writer, series.labels)
}

export function readSample(bytes: Uint8Array): WrittenSample {
  const reader = new Reader(bytes)
  let value = 0
  let timestampMs = 0
  let startTimestampMs = 0
  readFields(reader, 'Sample', (field) => {
    if (field === 1) value = reader.double()
    else if (field === 2) timestampMs = reader.int64()
    else if (field === 3) startTimestampMs = reader.int64()
    else return false
    return true
  })
  const stale = Number.isNaN(value) && hasStaleMarker(bytes)
  return { timestampMs, value, stale, ...(startTimestampMs !== 0 && { startTimestampMs }) }
}

export function writeSample(
  writer: ReverseWriter,
  { timestampMs, value, stale, startTimestampMs }: WrittenSample,
): void {
  if (startTimestampMs !== undefined) number(writer, 3, startTimestampMs)
  number(writer, 2, timestampMs)
  if (stale) staleDouble(writer, 1)
  else double(writer, 1, value)
}

export function labelsWithoutEmpty(labels: readonly (readonly [string, string])[]): Labels {
  return sortedLabels(labels.filter(([, value]) => value !== ''))
}

export function readLabel(reader: Reader): [string, string] {
  const label: [string, string] = ['', '']
  readFields(reader, 'Label', (field) => {
    if (field === 1) label[0] = readText(reader)
    else if (field === 2) label[1] = readText(reader)
    else return false
    return true
  })
  return label
}

export function writeLabels(writer: ReverseWriter, labels: Labels): void {
  for (const [name, value] of [...labels].reverse()) {
    message(writer, 1, () => {
      text(writer, 2, value)
      text(writer, 1, name)
    })
  }
}

function readExemplar(reader: Reader): Exemplar {
  const labels: [string, string][] = []
  let value = 0
  let timestampMs: number | undefined
  readFields(reader, 'Exemplar', (field) => {
    if (field === 1) labels.push(readLabel(reader.message()))
    else if (field === 2) value = reader.double()
    else if (field === 3) timestampMs = reader.int64()
    else return false
    return true
  })
  return { labels: labelsWithoutEmpty(labels), value, ...(timestampMs !== undefined && { timestampMs }) }
}
