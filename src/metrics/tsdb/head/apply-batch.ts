import type { BitSample } from '../chunks/encode-runs.ts'
import { type Batch, FLOAT, INTEGER_HISTOGRAM, STALE } from './batch.ts'
import type { Head } from './head.ts'

/**
 * Puts a batch's samples into their series. Another batch may have come in between the check and now, and one batch may name
 * an instant twice: what is no longer newer than its series goes among the late samples, or nowhere when there is no window
 * for those. Returns the rows that came late and were taken.
 */
export function applyBatch(head: Head, batch: Batch): readonly number[] {
  const late: number[] = []
  const { slots, times, halves, kinds, length } = batch
  const hasStarts = batch.starts.size > 0 || !head.startTimes.isEmpty
  const headMaxMs = head.maxMs
  for (let row = 0; row < length; row++) {
    const slot = slots[row] ?? 0
    const time = times[row] ?? 0
    const kind = kinds[row] ?? FLOAT
    if (time <= head.maxTime(slot) || time < head.minValidMs) {
      if (isLate(head, { slot, time, headMaxMs }) && head.appendLate(slot, sampleOf(batch, row))) late.push(row)
      continue
    }
    if (kind <= STALE) head.appendFloat(slot, time, halves[row * 2] ?? 0, halves[row * 2 + 1] ?? 0)
    else head.appendHistogram(slot, sampleOf(batch, row))
    if (hasStarts) head.startTimes.note(slot, time, batch.starts.get(row) ?? 0)
  }
  return late
}

function isLate(head: Head, at: { slot: number; time: number; headMaxMs: number }): boolean {
  const { outOfOrderWindowMs } = head.options
  const isNewestAgain = at.time === head.maxTime(at.slot)
  return outOfOrderWindowMs > 0 && !isNewestAgain && at.time >= at.headMaxMs - outOfOrderWindowMs
}

function sampleOf(batch: Batch, row: number): BitSample {
  return {
    timestampMs: batch.times[row] ?? 0,
    high: batch.halves[row * 2] ?? 0,
    low: batch.halves[row * 2 + 1] ?? 0,
    histogram: batch.histograms.get(row),
    isInteger: batch.kinds[row] === INTEGER_HISTOGRAM,
  }
}
