import type { Draw } from './draw.ts'

/** How long something takes, as a distribution in milliseconds. */
export type LatencyCurve =
  | { readonly kind: 'fixed'; readonly ms: number }
  | { readonly kind: 'uniform'; readonly minMs: number; readonly maxMs: number }
  | { readonly kind: 'normal' | 'logNormal'; readonly p50Ms: number; readonly p99Ms: number }

export const NO_LATENCY: LatencyCurve = { kind: 'fixed', ms: 0 }

/** How many standard deviations above the middle of a bell its 99th percentile is. */
const P99_DEVIATIONS = 2.326_347_874_040_841

/** One reading, in milliseconds with decimals. A fixed latency draws nothing. */
export function drawLatency(latency: LatencyCurve, draw: Draw): number {
  switch (latency.kind) {
    case 'fixed':
      return latency.ms
    case 'uniform':
      return latency.minMs + (latency.maxMs - latency.minMs) * draw()
    case 'normal': {
      const { p50Ms, p99Ms } = latency
      return Math.max(0, p50Ms + ((p99Ms - p50Ms) / P99_DEVIATIONS) * bell(draw))
    }
    case 'logNormal': {
      const { p50Ms, p99Ms } = latency
      return p50Ms * Math.exp((Math.log(p99Ms / p50Ms) / P99_DEVIATIONS) * bell(draw))
    }
  }
}

/** The longest that it can be, as far as there is a bound. */
export function latencyMax(latency: LatencyCurve): number {
  if (latency.kind === 'fixed') return latency.ms
  return latency.kind === 'uniform' ? latency.maxMs : Number.POSITIVE_INFINITY
}

/** The standard normal distribution (Box and Muller, 1958). Always two draws. */
function bell(draw: Draw): number {
  const radius = Math.sqrt(-2 * Math.log(1 - draw()))
  return radius * Math.cos(2 * Math.PI * draw())
}
