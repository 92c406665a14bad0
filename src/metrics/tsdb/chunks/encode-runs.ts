import type { FloatHistogram } from '../../model/histogram.ts'
import type { Chunk } from './chunk-list.ts'
import { FLOAT_HISTOGRAM, HISTOGRAM, XOR } from './encoding.ts'
import { isStaleBits } from './float-bits.ts'
import { appendFitting, headerAfter, judge } from './histogram-append.ts'
import { HistogramChunk } from './histogram-chunk.ts'
import { SAMPLES_PER_CHUNK } from '../head/chunk-times.ts'
import { READ_SLACK_BYTES } from './xor-decoder.ts'
import { XorEncoders } from './xor-encoder.ts'

/** One sample: a float by the halves of its bits, or a histogram. */
export interface BitSample {
  readonly timestampMs: number
  readonly high: number
  readonly low: number
  /** `undefined` for floats, and for stale markers whatever they end. */
  readonly histogram?: FloatHistogram | undefined
  readonly isInteger?: boolean
}

/** Encodes samples, oldest first, as few chunks as their kinds and layouts allow. */
export function encodeRuns(samples: Iterable<BitSample>): Chunk[] {
  const chunks: Chunk[] = []
  const xor = new XorEncoders()
  xor.reserve(1)
  let histograms: HistogramChunk | undefined
  let floatsFrom = 0

  function sealFloats(): void {
    if (xor.count(0) === 0) return
    const length = xor.sizeBytes(0)
    const bytes = new Uint8Array(length + READ_SLACK_BYTES)
    xor.copyTo(0, bytes, 0)
    chunks.push({ bytes, offset: 0, length, encoding: XOR, minMs: floatsFrom, maxMs: xor.lastTime(0) })
    xor.clear(0)
  }

  function sealHistograms(): void {
    if (histograms === undefined) return
    const length = histograms.sizeBytes
    const bytes = new Uint8Array(length + READ_SLACK_BYTES)
    histograms.copyTo(bytes, 0)
    const encoding = histograms.isInteger ? HISTOGRAM : FLOAT_HISTOGRAM
    chunks.push({ bytes, offset: 0, length, encoding, minMs: histograms.minMs, maxMs: histograms.maxMs })
    histograms = undefined
  }

  for (const sample of samples) {
    const isStale = isStaleBits(sample.high, sample.low)
    if (sample.histogram === undefined && !(isStale && histograms !== undefined)) {
      sealHistograms()
      if (xor.count(0) >= SAMPLES_PER_CHUNK) sealFloats()
      if (xor.count(0) === 0) floatsFrom = sample.timestampMs
      xor.append(0, sample.timestampMs, sample.high, sample.low)
      continue
    }
    sealFloats()
    const isInteger = sample.histogram === undefined ? (histograms?.isInteger ?? false) : (sample.isInteger ?? false)
    const previous = histograms?.isInteger === isInteger ? histograms : undefined
    const verdict = previous === undefined ? undefined : judge(previous, sample.histogram)
    if (previous !== undefined && verdict?.fits === true && previous.samples < SAMPLES_PER_CHUNK) {
      histograms = appendFitting(previous, sample.histogram, sample.timestampMs)
      continue
    }
    sealHistograms()
    const reset = verdict?.fits === false ? verdict.reset : headerAfter(previous, sample.histogram)
    histograms = new HistogramChunk(sample.histogram, { timestampMs: sample.timestampMs, isInteger, reset })
  }
  sealFloats()
  sealHistograms()
  return chunks
}
