import type { HPAScalingRules } from '../../api/types.generated.ts'
import type { Recommendation } from './recommendations.ts'
import { type ScaleEvent, withScaleEvent } from './scale-events.ts'

/** What is remembered of one autoscaler from round to round. It is lost with the process, as upstream. */
export class AutoscalerMemory {
  recommendations: readonly Recommendation[]
  #scaleUpEvents: readonly ScaleEvent[] = []
  #scaleDownEvents: readonly ScaleEvent[] = []

  /** The first thing remembered is the present size: so a restart does not scale down at once. */
  constructor(recommendations: readonly Recommendation[]) {
    this.recommendations = recommendations
  }

  get scaleUpEvents(): readonly ScaleEvent[] {
    return this.#scaleUpEvents
  }

  get scaleDownEvents(): readonly ScaleEvent[] {
    return this.#scaleDownEvents
  }

  noteScale(
    { from, to }: { readonly from: number; readonly to: number },
    { scaleUp, scaleDown, nowMs }: { scaleUp: HPAScalingRules; scaleDown: HPAScalingRules; nowMs: number },
  ): void {
    if (to > from) this.#scaleUpEvents = withScaleEvent(this.#scaleUpEvents, to - from, { rules: scaleUp, nowMs })
    else this.#scaleDownEvents = withScaleEvent(this.#scaleDownEvents, from - to, { rules: scaleDown, nowMs })
  }
}
