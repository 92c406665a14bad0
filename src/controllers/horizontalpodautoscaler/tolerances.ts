import type { HorizontalPodAutoscalerBehavior } from '../../api/types.generated.ts'
import { approximateFloatOf } from '../../api/quantity.ts'
import { quantity } from '../../api/quantity-cache.ts'
import type { AutoscalerOptions } from './autoscaler-options.ts'

/** How far usage may be from its target before anything is done; 0.1 is a tenth. */
export interface Tolerances {
  readonly scaleUp: number
  readonly scaleDown: number
}

export function tolerancesOf(
  behavior: HorizontalPodAutoscalerBehavior | undefined,
  { tolerance, configurableTolerance }: Pick<AutoscalerOptions, 'tolerance' | 'configurableTolerance'>,
): Tolerances {
  const own = (text: string | undefined): number =>
    text === undefined || !configurableTolerance ? tolerance : approximateFloatOf(quantity(text))
  return { scaleUp: own(behavior?.scaleUp?.tolerance), scaleDown: own(behavior?.scaleDown?.tolerance) }
}

export function isTolerated(usageRatio: number, { scaleUp, scaleDown }: Tolerances): boolean {
  return 1 - scaleDown <= usageRatio && usageRatio <= 1 + scaleUp
}
