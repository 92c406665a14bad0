import type { BitSample } from '../chunks/encode-runs.ts'

/** A series' samples that came late, oldest first, until there are enough of them for a chunk. */
export class OutOfOrderSamples {
  readonly samples: BitSample[] = []

  /** Returns false for an instant that is there already. */
  insert(sample: BitSample): boolean {
    const { samples } = this
    let at = samples.length
    while (at > 0 && (samples[at - 1]?.timestampMs ?? 0) > sample.timestampMs) at--
    if (samples[at - 1]?.timestampMs === sample.timestampMs) return false
    samples.splice(at, 0, sample)
    return true
  }
}
