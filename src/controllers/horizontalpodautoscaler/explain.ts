import type { HorizontalPodAutoscaler } from '../../api/kinds/autoscaling/horizontal-pod-autoscaler.ts'
import { parseLabelSelector } from '../../api/selectors/parse-labels.ts'
import type { Event, MetricSpec, MetricTarget, Pod, Scale } from '../../api/types.generated.ts'
import { AUTOSCALER_DEFAULTS, type AutoscalerOptions } from './autoscaler-options.ts'
import { type MetricContext, MetricFailure, proposeFor } from './metric-proposal.ts'
import { printMetricValue } from './metric-quantity.ts'
import type { MetricsSource } from './metrics-source.ts'
import { tolerancesOf } from './tolerances.ts'

/** One metric of an autoscaler: what was read, and what the formula makes of it. */
export interface MetricExplanation {
  readonly metric: string
  readonly target: string
  /** What was read; absent when nothing could be. */
  readonly current?: string
  readonly usageRatio?: number
  readonly podCount?: number
  readonly tolerance?: { readonly from: number; readonly to: number }
  readonly replicas?: number
  /** `ceil(1.42 × 6) = 9` */
  readonly formula?: string
  readonly error?: string
}

/** Why a target has the size it has, from what the cluster holds now. */
export interface AutoscalerExplanation {
  readonly target: string
  readonly currentReplicas: number
  readonly minReplicas: number
  readonly maxReplicas: number
  readonly metrics: readonly MetricExplanation[]
  /** What the metrics together ask for, before stabilization and limits; absent when they give nothing to go by. */
  readonly desiredReplicas?: number
  readonly conditions: readonly string[]
  /** What the controller did and could not do, the newest last. */
  readonly decisions: readonly string[]
}

export interface ExplainDeps {
  readonly scale: Scale
  readonly pods: readonly Pod[]
  /** Events about the autoscaler. */
  readonly events: readonly Event[]
  readonly source: MetricsSource
  readonly nowMs: number
  readonly options?: Partial<AutoscalerOptions>
}

/** Computes an autoscaler's wish as the controller does, and keeps what it computed with. */
export async function explainAutoscaler(
  autoscaler: HorizontalPodAutoscaler,
  { scale, pods, events, source, nowMs, options: given = {} }: ExplainDeps,
): Promise<AutoscalerExplanation> {
  const options = { ...AUTOSCALER_DEFAULTS, ...given }
  const { minReplicas = 1, maxReplicas, metrics = [], behavior, scaleTargetRef } = autoscaler.spec
  const currentReplicas = scale.spec?.replicas ?? 0
  const podSelector = parseLabelSelector(scale.status?.selector ?? '')
  const { cpuInitializationPeriodMs, initialReadinessDelayMs } = options
  const context: MetricContext = {
    namespace: autoscaler.metadata.namespace ?? '',
    specReplicas: currentReplicas,
    statusReplicas: scale.status?.replicas ?? 0,
    podSelector,
    pods: pods.filter(({ metadata }) => podSelector.matches(metadata.labels)),
    source,
    tolerances: tolerancesOf(behavior, options),
    grouping: { cpuInitializationPeriodMs, initialReadinessDelayMs, nowMs },
  }
  const explained: MetricExplanation[] = []
  for (const spec of metrics) explained.push(await explainMetric(spec, context))
  const wishes = explained.flatMap(({ replicas }) => (replicas === undefined ? [] : [replicas]))
  const wish = Math.max(...wishes)
  const isUsable = wishes.length > 0 && (wishes.length === metrics.length || wish >= currentReplicas)
  return {
    target: `${scaleTargetRef.kind}/${scaleTargetRef.name}`,
    currentReplicas,
    minReplicas,
    maxReplicas,
    metrics: explained,
    ...(isUsable ? { desiredReplicas: wish } : {}),
    conditions: (autoscaler.status?.conditions ?? []).map(
      ({ type, status, reason = '', message = '' }) => `${type}=${status} ${reason}: ${message}`,
    ),
    decisions: events.map(({ lastTimestamp, reason = '', message = '', count = 1 }) => {
      const times = count > 1 ? ` (${count} times)` : ''
      return `${lastTimestamp ?? ''} ${reason}: ${message}${times}`
    }),
  }
}

async function explainMetric(spec: MetricSpec, context: MetricContext): Promise<MetricExplanation> {
  const target = targetOf(spec)
  const about = { metric: nameOf(spec), target: target === undefined ? '' : printTarget(target) }
  try {
    const { proposal } = await proposeFor(spec, context)
    const { replicas, usageMilli, utilization, usageRatio, podCount } = proposal
    const printed = printMetricValue(spec.resource?.name ?? spec.containerResource?.name ?? '', usageMilli)
    const { scaleUp, scaleDown } = context.tolerances
    const ratio = round(usageRatio)
    const isKept = replicas === context.specReplicas
    return {
      ...about,
      current: utilization === undefined ? printed : `${utilization}% (${printed})`,
      usageRatio: ratio,
      podCount,
      tolerance: { from: round(1 - scaleDown), to: round(1 + scaleUp) },
      replicas,
      formula: isKept ? `${ratio} leaves ${replicas}` : `ceil(${ratio} × ${podCount}) = ${replicas}`,
    }
  } catch (error) {
    if (!(error instanceof MetricFailure)) throw error
    return { ...about, error: error.message }
  }
}

function targetOf({ resource, containerResource, pods, object, external }: MetricSpec): MetricTarget | undefined {
  return (resource ?? containerResource ?? pods ?? object ?? external)?.target
}

function printTarget({ averageUtilization, averageValue, value }: MetricTarget): string {
  if (averageUtilization !== undefined) return `${averageUtilization}%`
  return averageValue === undefined ? (value ?? '') : `${averageValue} per pod`
}

function nameOf({ type, resource, containerResource, pods, object, external }: MetricSpec): string {
  if (resource !== undefined) return `${resource.name} of the pods`
  if (containerResource !== undefined) return `${containerResource.name} of container ${containerResource.container}`
  if (pods !== undefined) return `${pods.metric.name} of the pods`
  if (object !== undefined)
    return `${object.metric.name} of ${object.describedObject.kind}/${object.describedObject.name}`
  return external === undefined ? type : `${external.metric.name} from outside`
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000
}
