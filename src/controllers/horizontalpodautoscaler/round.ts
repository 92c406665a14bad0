import type { LabelMatcher } from '../../api/selectors/label-matcher.ts'
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerStatus,
  MetricStatus,
  Pod,
} from '../../api/types.generated.ts'
import type { EventNote } from '../../client/events.ts'
import { printTime } from '../../world/clock.ts'
import type { AutoscalerMemory } from './autoscaler-memory.ts'
import type { AutoscalerOptions } from './autoscaler-options.ts'
import type { Condition, Conditions } from './conditions.ts'
import { MetricFailure, proposeFor } from './metric-proposal.ts'
import type { MetricsSource } from './metrics-source.ts'
import { normalize } from './normalize.ts'
import { tolerancesOf } from './tolerances.ts'

/** The size of what is scaled, and how its pods are found. */
export interface ScaleView {
  readonly specReplicas: number
  readonly statusReplicas: number
  /** As its status has it: text, empty when there is none. */
  readonly selector: string
}

export interface RoundContext {
  readonly source: MetricsSource
  readonly memory: AutoscalerMemory
  readonly options: AutoscalerOptions
  readonly nowMs: number
  /** Finds the pods of the target; throws a SelectorFailure when its selector cannot be used. */
  select(selector: string): { readonly matcher: LabelMatcher; readonly pods: readonly Pod[] }
}

/** What a round has found out: how large the target should be, and what is to be told. */
export interface Decision {
  readonly replicas: number
  readonly isRescale: boolean
  readonly reason: string
  readonly metricStatuses: readonly MetricStatus[] | undefined
  readonly events: readonly EventNote[]
  /** Set when the metrics gave nothing to go by: nothing is scaled then. */
  readonly error?: Error
}

/** Why the selector of a scale cannot be used, as condition and event. */
export class SelectorFailure extends Error {
  override readonly name = 'SelectorFailure'
  readonly event: EventNote
  readonly condition: Condition

  constructor(message: string, { event, reason, words }: { event: string; reason: string; words: string }) {
    super(message)
    this.event = { type: 'Warning', reason: event, message }
    this.condition = { type: 'ScalingActive', status: 'False', reason, message: words }
  }
}

const DISABLED: Condition = {
  type: 'ScalingActive',
  status: 'False',
  reason: 'ScalingDisabled',
  message: 'scaling is disabled since the replica count of the target is zero',
}

/**
 * Decides how large a target should be; changes nothing but `conditions` and what is remembered
 * (kubernetes/kubernetes:pkg/controller/podautoscaler/horizontal.go reconcileAutoscaler).
 */
export async function decide(
  autoscaler: HorizontalPodAutoscaler,
  scale: ScaleView,
  { conditions, ...context }: RoundContext & { readonly conditions: Conditions },
): Promise<Decision> {
  const { maxReplicas, minReplicas = 1 } = autoscaler.spec
  const { specReplicas } = scale
  const isScaledToZero = context.options.scaleToZero && conditions.isTrue('ScaledToZero')
  if (specReplicas === 0 && !isScaledToZero) {
    conditions.set(DISABLED)
    return { ...NOTHING, replicas: 0 }
  }
  if (specReplicas > maxReplicas) {
    return rescale(maxReplicas, 'Current number of replicas above Spec.MaxReplicas')
  }
  if (specReplicas < minReplicas && specReplicas !== 0) {
    return rescale(minReplicas, 'Current number of replicas below Spec.MinReplicas')
  }
  const wish = await wishOfMetrics(autoscaler, scale, { ...context, conditions })
  if (wish.error !== undefined) return { ...NOTHING, ...wish, replicas: specReplicas }
  const replicas = normalize(
    autoscaler,
    { currentReplicas: specReplicas, desiredReplicas: wish.replicas },
    { ...context, conditions },
  )
  const reason = wish.replicas > specReplicas ? `${wish.metricName} above target` : 'All metrics below target'
  return {
    ...wish,
    replicas,
    isRescale: replicas !== specReplicas,
    reason: wish.replicas === specReplicas ? '' : reason,
  }
}

const NOTHING = { isRescale: false, reason: '', metricStatuses: undefined, events: [] } as const

function rescale(replicas: number, reason: string): Decision {
  return { ...NOTHING, replicas, isRescale: true, reason }
}

interface MetricsWish {
  readonly replicas: number
  readonly metricName: string
  readonly metricStatuses: readonly MetricStatus[] | undefined
  readonly events: readonly EventNote[]
  readonly error?: Error
}

/** The largest number that any metric asks for. One that cannot be read keeps the target from shrinking. */
async function wishOfMetrics(
  autoscaler: HorizontalPodAutoscaler,
  scale: ScaleView,
  context: RoundContext & { readonly conditions: Conditions },
): Promise<MetricsWish> {
  const { conditions, options, nowMs, source } = context
  const specs = autoscaler.spec.metrics ?? []
  let selected
  try {
    selected = context.select(scale.selector)
  } catch (error) {
    if (!(error instanceof SelectorFailure)) throw error
    conditions.set(error.condition)
    return { replicas: 0, metricName: '', metricStatuses: undefined, ...failed(error, [error.event]) }
  }
  const { specReplicas, statusReplicas } = scale
  const { cpuInitializationPeriodMs, initialReadinessDelayMs } = options
  const metricContext = {
    namespace: autoscaler.metadata.namespace ?? '',
    specReplicas,
    statusReplicas,
    podSelector: selected.matcher,
    pods: selected.pods,
    source,
    tolerances: tolerancesOf(autoscaler.spec.behavior, options),
    grouping: { cpuInitializationPeriodMs, initialReadinessDelayMs, nowMs },
  }
  const failures: MetricFailure[] = []
  const metricStatuses: MetricStatus[] = []
  let replicas = 0
  let metricName = ''
  for (const spec of specs) {
    try {
      const { proposal, name, status } = await proposeFor(spec, metricContext)
      metricStatuses.push(status)
      if (replicas === 0 || proposal.replicas > replicas) {
        replicas = proposal.replicas
        metricName = name
      }
    } catch (error) {
      if (!(error instanceof MetricFailure)) throw error
      failures.push(error)
      metricStatuses.push({ type: '' })
    }
  }
  const events = failures.map(({ reason, detail }): EventNote => ({ type: 'Warning', reason, message: detail }))
  const [first] = failures
  if (first !== undefined && (failures.length >= specs.length || replicas < specReplicas)) {
    const message = `the HPA was unable to compute the replica count: ${first.detail}`
    conditions.set({ type: 'ScalingActive', status: 'False', reason: first.reason, message })
    const counts = `invalid metrics (${failures.length} invalid out of ${specs.length})`
    const error = new Error(`${counts}, first error is: ${first.message}`)
    return { replicas, metricName, metricStatuses, ...failed(error, events) }
  }
  const message = `the HPA was able to successfully calculate a replica count from ${metricName}`
  conditions.set({ type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound', message })
  return { replicas, metricName, metricStatuses, events }
}

function failed(
  error: Error,
  events: readonly EventNote[],
): { readonly error: Error; readonly events: readonly EventNote[] } {
  return {
    error,
    events: [...events, { type: 'Warning', reason: 'FailedComputeMetricsReplicas', message: error.message }],
  }
}

/** The status after a round. `metrics` of `undefined` leaves those that are there. */
export function statusAfter(
  autoscaler: HorizontalPodAutoscaler,
  {
    currentReplicas,
    decision,
    conditions,
    nowMs,
  }: { currentReplicas: number; decision: Decision | undefined; conditions: Conditions; nowMs: number },
): HorizontalPodAutoscalerStatus {
  const before = autoscaler.status
  const { generation } = autoscaler.metadata
  const desiredReplicas = decision === undefined ? (before?.desiredReplicas ?? 0) : decision.replicas
  const currentMetrics = decision === undefined ? before?.currentMetrics : decision.metricStatuses
  const lastScaleTime = decision?.isRescale === true ? printTime(nowMs) : before?.lastScaleTime
  return {
    ...(generation === undefined || before?.observedGeneration === undefined ? {} : { observedGeneration: generation }),
    ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
    currentReplicas,
    desiredReplicas,
    ...(currentMetrics === undefined ? {} : { currentMetrics }),
    conditions: conditions.list,
  }
}
