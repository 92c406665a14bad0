import { type Column, FLOAT } from '../column.ts'
import type { RangeWindow } from '../range-window.ts'
import type { RangeCall, Slide, WindowCounts } from './range-function.ts'
import { EXTRAPOLATION_FACTOR, type RateKind } from './rate-kind.ts'

/**
 * `rate`, `increase` and `delta` of a series of floats at all steps, in one loop without calls or objects: this is what
 * dashboards ask for most. Gives what `rate.ts`, which knows all the other cases, would give step by step.
 */
export function fillRate(
  window: RangeWindow,
  slide: Slide,
  out: Column,
  call: RangeCall,
  kind: RateKind,
): WindowCounts {
  const { times, values, floats } = window.samples
  const { ends } = slide
  const { resets } = window
  const { rangeMs } = call
  const { isCounter } = kind
  const { kinds, values: results } = out
  const divisor = kind.isPerSecond ? rangeMs / 1_000 : 1
  let from = 0
  let to = 0
  let firstReset = 0
  let seen = 0
  let most = 0
  let count = 0
  for (let step = 0; step < ends.length; step++) {
    const endMs = ends[step] as number
    const startMs = endMs - rangeMs
    while (to < floats && (times[to] as number) <= endMs) to++
    while (from < to && (times[from] as number) <= startMs) from++
    const size = to - from
    seen += size
    if (size > most) most = size
    if (size < 2) continue
    const firstValue = values[from] as number
    const firstMs = times[from] as number
    const lastMs = times[to - 1] as number
    let increase = (values[to - 1] as number) - firstValue
    while (firstReset < resets.length && (resets[firstReset] as number) <= from) firstReset++
    for (let index = firstReset; index < resets.length; index++) {
      const reset = resets[index] as number
      if (reset >= to) break
      increase += values[reset - 1] as number
    }
    const sampled = (lastMs - firstMs) / 1_000
    const gap = sampled / (size - 1)
    const threshold = gap * EXTRAPOLATION_FACTOR
    let toStart = (firstMs - startMs) / 1_000
    let toEnd = (endMs - lastMs) / 1_000
    if (toStart >= threshold) toStart = gap / 2
    if (isCounter && increase > 0 && firstValue >= 0) {
      const toZero = sampled * (firstValue / increase)
      if (toZero < toStart) toStart = toZero
    }
    if (toEnd >= threshold) toEnd = gap / 2
    results[step] = increase * ((sampled + toStart + toEnd) / sampled / divisor)
    kinds[step] = FLOAT
    count++
  }
  out.count = count
  return { seen, most }
}
