import { type Curve, curveAt } from '../../../api/kinds/dabba/curve.ts'

/** How finely use is summed up. */
const STEP_MS = 15_000

/**
 * The processor time of a run: the integral of its curve without jitter, up to its limit. It is summed on a grid that
 * begins with the run, so that it is the same whenever it was read before.
 */
export class CpuMeter {
  readonly #curve: Curve
  /** Whole steps that are summed up. */
  #steps = 0
  #coreMs = 0

  constructor(curve: Curve) {
    this.#curve = curve
  }

  /** In seconds; `elapsedMs` counts from the start of the run and never falls. */
  seconds(elapsedMs: number, limitCores: number): number {
    const whole = Math.floor(elapsedMs / STEP_MS)
    for (; this.#steps < whole; this.#steps++) this.#coreMs += this.#area(this.#steps * STEP_MS, STEP_MS, limitCores)
    const begunMs = whole * STEP_MS
    return (this.#coreMs + this.#area(begunMs, elapsedMs - begunMs, limitCores)) / 1_000
  }

  #area(fromMs: number, lengthMs: number, limitCores: number): number {
    const before = Math.min(curveAt(this.#curve, fromMs), limitCores)
    const after = Math.min(curveAt(this.#curve, fromMs + lengthMs), limitCores)
    return ((before + after) / 2) * lengthMs
  }
}
