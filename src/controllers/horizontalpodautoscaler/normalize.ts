import type { HorizontalPodAutoscaler, HPAScalingRules } from '../../api/types.generated.ts'
import type { AutoscalerMemory } from './autoscaler-memory.ts'
import type { AutoscalerOptions } from './autoscaler-options.ts'
import type { Conditions } from './conditions.ts'
import { stabilizeBothWays, stabilizeDown } from './recommendations.ts'
import { type LimitedWish, limitWithBehavior, limitWithoutBehavior } from './scale-limits.ts'

const STABILIZED_UP = {
  reason: 'ScaleUpStabilized',
  message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
} as const
const STABILIZED_DOWN = {
  reason: 'ScaleDownStabilized',
  message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
} as const
const READY = { reason: 'ReadyForNewScale', message: 'recommended size matches current size' } as const

interface Sizes {
  readonly currentReplicas: number
  readonly desiredReplicas: number
}

export interface NormalizeContext {
  readonly memory: AutoscalerMemory
  readonly conditions: Conditions
  readonly options: AutoscalerOptions
  readonly nowMs: number
}

/** What metrics ask for, made steady by what they asked for before, and within what the autoscaler allows. */
export function normalize(autoscaler: HorizontalPodAutoscaler, sizes: Sizes, context: NormalizeContext): number {
  const { conditions } = context
  const { desiredReplicas, currentReplicas } = sizes
  const { replicas: steady, limited } =
    autoscaler.spec.behavior === undefined
      ? withoutBehavior(autoscaler, sizes, context)
      : withBehavior(autoscaler, sizes, context)
  const isUp = autoscaler.spec.behavior !== undefined && desiredReplicas >= currentReplicas
  const told = steady === desiredReplicas ? READY : isUp ? STABILIZED_UP : STABILIZED_DOWN
  conditions.set({ type: 'AbleToScale', status: 'True', ...told })
  const { replicas, reason, message } = limited
  conditions.set({ type: 'ScalingLimited', status: replicas === steady ? 'False' : 'True', reason, message })
  return replicas
}

interface Normalized {
  /** After stabilization, before the limits. */
  readonly replicas: number
  readonly limited: LimitedWish
}

function withoutBehavior(autoscaler: HorizontalPodAutoscaler, sizes: Sizes, context: NormalizeContext): Normalized {
  const { memory, options, nowMs } = context
  const windowMs = options.downscaleStabilizationMs
  const { replicas, recommendations } = stabilizeDown(sizes.desiredReplicas, memory.recommendations, {
    windowMs,
    nowMs,
  })
  memory.recommendations = recommendations
  return { replicas, limited: limitWithoutBehavior(wishOf(autoscaler, sizes, replicas), options.scaleUpLimit) }
}

function withBehavior(autoscaler: HorizontalPodAutoscaler, sizes: Sizes, context: NormalizeContext): Normalized {
  const { memory, options, nowMs } = context
  const rules = rulesOf(autoscaler)
  const downMs = windowMs(rules.scaleDown, options.downscaleStabilizationMs)
  const windows = { upMs: windowMs(rules.scaleUp, 0), downMs }
  const { replicas, recommendations } = stabilizeBothWays(sizes, memory.recommendations, { windows, nowMs })
  memory.recommendations = recommendations
  const { scaleUpEvents, scaleDownEvents } = memory
  const history = { scaleUpEvents, scaleDownEvents, nowMs }
  return { replicas, limited: limitWithBehavior(wishOf(autoscaler, sizes, replicas), rules, history) }
}

function wishOf(autoscaler: HorizontalPodAutoscaler, { currentReplicas }: Sizes, desiredReplicas: number) {
  const { minReplicas = 1, maxReplicas } = autoscaler.spec
  return { currentReplicas, desiredReplicas, minReplicas, maxReplicas }
}

/** The API server has filled in both ways of a behaviour that is there. */
export function rulesOf({ spec }: HorizontalPodAutoscaler): {
  readonly scaleUp: HPAScalingRules
  readonly scaleDown: HPAScalingRules
} {
  return { scaleUp: spec.behavior?.scaleUp ?? {}, scaleDown: spec.behavior?.scaleDown ?? {} }
}

function windowMs({ stabilizationWindowSeconds }: HPAScalingRules, defaultMs: number): number {
  return stabilizationWindowSeconds === undefined ? defaultMs : stabilizationWindowSeconds * 1_000
}
