import type { HPAScalingRules } from '../../api/types.generated.ts'
import type { AutoscalerOptions } from './autoscaler-options.ts'
import { changePerPeriod, type ScaleEvent } from './scale-events.ts'

/*
 * How far one step may go: the bounds of the autoscaler, and how fast its behaviour lets it grow or shrink
 * (kubernetes/kubernetes:pkg/controller/podautoscaler/horizontal.go convertDesiredReplicas…).
 */

/** What became of a wish, with the reason and message of the condition ScalingLimited. */
export interface LimitedWish {
  readonly replicas: number
  readonly reason: 'DesiredWithinRange' | 'TooFewReplicas' | 'TooManyReplicas' | 'ScaleUpLimit' | 'ScaleDownLimit'
  readonly message: string
}

const TOO_FAST_UP = 'the desired replica count is increasing faster than the maximum scale rate'
const TOO_FAST_DOWN = 'the desired replica count is decreasing faster than the maximum scale rate'
const TOO_MANY = 'the desired replica count is more than the maximum replica count'
const TOO_FEW = 'the desired replica count is less than the minimum replica count'
const WITHIN = 'the desired count is within the acceptable range'

export interface Wish {
  readonly currentReplicas: number
  readonly desiredReplicas: number
  readonly minReplicas: number
  readonly maxReplicas: number
}

export function limitWithoutBehavior(wish: Wish, { factor, minimum }: AutoscalerOptions['scaleUpLimit']): LimitedWish {
  const { currentReplicas, desiredReplicas, minReplicas, maxReplicas } = wish
  if (desiredReplicas < minReplicas) return { replicas: minReplicas, reason: 'TooFewReplicas', message: TOO_FEW }
  const limit = Math.trunc(Math.max(factor * currentReplicas, minimum))
  if (desiredReplicas > Math.min(limit, maxReplicas)) return tooMany(maxReplicas, limit)
  return { replicas: desiredReplicas, reason: 'DesiredWithinRange', message: WITHIN }
}

export interface ScalingHistory {
  readonly scaleUpEvents: readonly ScaleEvent[]
  readonly scaleDownEvents: readonly ScaleEvent[]
  readonly nowMs: number
}

export interface BothRules {
  readonly scaleUp: HPAScalingRules
  readonly scaleDown: HPAScalingRules
}

export function limitWithBehavior(wish: Wish, rules: BothRules, history: ScalingHistory): LimitedWish {
  const { currentReplicas, desiredReplicas, minReplicas, maxReplicas } = wish
  if (desiredReplicas > currentReplicas) {
    // A limit below the present size comes from steps just made, and holds it until they are old.
    const limit = Math.max(scaleUpLimit(currentReplicas, rules.scaleUp, history), currentReplicas)
    if (desiredReplicas > Math.min(limit, maxReplicas)) return tooMany(maxReplicas, limit)
  }
  if (desiredReplicas < currentReplicas) {
    const limit = Math.min(scaleDownLimit(currentReplicas, rules.scaleDown, history), currentReplicas)
    if (desiredReplicas < Math.max(limit, minReplicas)) {
      if (minReplicas < limit) return { replicas: limit, reason: 'ScaleDownLimit', message: TOO_FAST_DOWN }
      return { replicas: minReplicas, reason: 'TooFewReplicas', message: TOO_FEW }
    }
  }
  return { replicas: desiredReplicas, reason: 'DesiredWithinRange', message: WITHIN }
}

function tooMany(maxReplicas: number, limit: number): LimitedWish {
  if (maxReplicas > limit) return { replicas: limit, reason: 'ScaleUpLimit', message: TOO_FAST_UP }
  return { replicas: maxReplicas, reason: 'TooManyReplicas', message: TOO_MANY }
}

/**
 * How many replicas the rules for growing allow now. Each policy counts from where its period began: steps within it
 * are undone first, those downwards too.
 */
export function scaleUpLimit(currentReplicas: number, rules: HPAScalingRules, history: ScalingHistory): number {
  if (rules.selectPolicy === 'Disabled') return currentReplicas
  const proposals = (rules.policies ?? []).map(({ type, value, periodSeconds }) => {
    const start = startOfPeriod(currentReplicas, periodSeconds, history)
    // Rounded up, or a small percentage of few replicas would never let them grow.
    return type === 'Pods' ? start + value : Math.ceil(start * (1 + value / 100))
  })
  return rules.selectPolicy === 'Min' ? Math.min(...proposals) : Math.max(...proposals)
}

export function scaleDownLimit(currentReplicas: number, rules: HPAScalingRules, history: ScalingHistory): number {
  if (rules.selectPolicy === 'Disabled') return currentReplicas
  const proposals = (rules.policies ?? []).map(({ type, value, periodSeconds }) => {
    const start = startOfPeriod(currentReplicas, periodSeconds, history)
    return type === 'Pods' ? start - value : Math.trunc(start * (1 - value / 100))
  })
  // The smallest change is the largest result.
  return rules.selectPolicy === 'Min' ? Math.max(...proposals) : Math.min(...proposals)
}

function startOfPeriod(currentReplicas: number, periodSeconds: number, history: ScalingHistory): number {
  const { scaleUpEvents, scaleDownEvents, nowMs } = history
  const added = changePerPeriod(scaleUpEvents, { periodSeconds, nowMs })
  const removed = changePerPeriod(scaleDownEvents, { periodSeconds, nowMs })
  return currentReplicas - added + removed
}
