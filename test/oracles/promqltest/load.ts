/** Puts what a script loads into a storage. */
import type { FloatHistogram } from '../../../src/metrics/model/histogram.ts'
import { type Labels, METRIC_NAME } from '../../../src/metrics/model/labels.ts'
import type { Appender } from '../../../src/metrics/model/storage.ts'
import { ClassicHistogram } from '../../../src/metrics/exposition/classic-histogram.ts'
import type { Tsdb } from '../../../src/metrics/tsdb/tsdb.ts'
import type { LoadCommand } from './script.ts'

export async function load(storage: Tsdb, command: LoadCommand): Promise<void> {
  const appender = storage.appender()
  for (const { labels, values, startOffsetsMs } of command.series) {
    let ref = 0
    for (const [index, value] of values.entries()) {
      const timestampMs = index * command.stepMs
      const offsetMs = startOffsetsMs?.[index]
      const start = offsetMs === undefined ? {} : { startTimestampMs: timestampMs + offsetMs }
      if (value.type === 'float') ref = appender.append(ref, labels, { timestampMs, value: value.value, ...start })
      if (value.type === 'stale') ref = appender.appendStale(ref, labels, timestampMs)
      if (value.type === 'histogram') {
        const { histogram } = value
        ref = appender.appendHistogram(ref, labels, { timestampMs, histogram, isInteger: false, ...start })
      }
    }
  }
  if (command.withNhcb) appendConverted(appender, command)
  await appender.commit()
}

interface Converted {
  readonly labels: Labels
  readonly byTime: Map<number, ClassicHistogram>
}

/** Classic histograms once more, as native ones with custom buckets. */
function appendConverted(appender: Appender, command: LoadCommand): void {
  const converted = new Map<string, Converted>()
  for (const { labels, values } of command.series) {
    const [, base = '', suffix] = /^(.*)_(bucket|count|sum)$/.exec(labels.metricName) ?? []
    if (suffix === undefined) continue
    const bound = boundOf(labels.get('le'))
    if (suffix === 'bucket' && Number.isNaN(bound)) continue
    const native = labels.with(METRIC_NAME, base).with('le', '')
    let histograms = converted.get(native.key)
    if (histograms === undefined) converted.set(native.key, (histograms = { labels: native, byTime: new Map() }))
    for (const [index, value] of values.entries()) {
      if (value.type !== 'float') continue
      const timestampMs = index * command.stepMs
      let histogram = histograms.byTime.get(timestampMs)
      if (histogram === undefined) histograms.byTime.set(timestampMs, (histogram = new ClassicHistogram()))
      if (suffix === 'bucket') histogram.addBucket(bound, value.value)
      else if (suffix === 'count') histogram.setCount(value.value)
      else histogram.setSum(value.value)
    }
  }
  for (const { labels, byTime } of converted.values()) {
    for (const timestampMs of [...byTime.keys()].sort((a, b) => a - b)) {
      const histogram: FloatHistogram | undefined = byTime.get(timestampMs)?.convert().histogram
      if (histogram !== undefined) appender.appendHistogram(0, labels, { timestampMs, histogram, isInteger: false })
    }
  }
}

function boundOf(text: string): number {
  if (/^\+?inf$/i.test(text)) return Infinity
  if (/^-inf$/i.test(text)) return -Infinity
  return text === '' ? Number.NaN : Number(text)
}
