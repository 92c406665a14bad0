import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerBehavior,
  HorizontalPodAutoscalerCondition,
  HorizontalPodAutoscalerStatus,
  HorizontalPodAutoscalerStatusV1,
  HorizontalPodAutoscalerV1,
  HPAScalingRules,
  MetricSpec,
  MetricStatus,
} from '../../types.generated.ts'
import { goForm } from '../strategy/go-form.ts'
import {
  BEHAVIOR_ANNOTATION,
  CONDITIONS_ANNOTATION,
  CURRENT_METRICS_ANNOTATION,
  METRICS_ANNOTATION,
  withoutConversionAnnotations,
} from './conversion-annotations.ts'
import { cpuUtilization, DEFAULT_METRICS } from './default-autoscaler.ts'
import { metricFromV1, metricStatusFromV1, metricStatusToV1, metricToV1, type MetricV1 } from './metrics-v1.ts'

/** pkg/apis/autoscaling/v1/conversion.go: what v1 has no fields for stands in its annotations. */
export function autoscalerToV1(stored: HorizontalPodAutoscaler): HorizontalPodAutoscalerV1 {
  const { metadata, spec, status } = withoutConversionAnnotations(stored)
  const { minReplicas, maxReplicas, scaleTargetRef, metrics = [] } = spec
  const cpuPercent = metrics.find(isCpuUtilization)?.resource?.target.averageUtilization
  const added = annotationsOf(stored)
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscaler',
    metadata:
      Object.keys(added).length === 0 ? metadata : { ...metadata, annotations: { ...metadata.annotations, ...added } },
    spec: {
      scaleTargetRef,
      ...(minReplicas === undefined ? {} : { minReplicas }),
      maxReplicas,
      ...(cpuPercent === undefined ? {} : { targetCPUUtilizationPercentage: cpuPercent }),
    },
    ...(status === undefined ? {} : { status: statusToV1(status) }),
  }
}

export function autoscalerFromV1(given: HorizontalPodAutoscalerV1): HorizontalPodAutoscaler {
  const { annotations = {} } = given.metadata
  const { metadata, spec, status } = withoutConversionAnnotations(given)
  const { targetCPUUtilizationPercentage: cpuPercent, ...rest } = spec
  const metrics: readonly MetricSpec[] = [
    ...(readJson<readonly MetricV1[]>(annotations[METRICS_ANNOTATION], isMetrics) ?? []).map(metricFromV1),
    ...(cpuPercent === undefined ? [] : [cpuUtilization(cpuPercent)]),
  ]
  const behavior = readBehavior(annotations[BEHAVIOR_ANNOTATION])
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata,
    spec: {
      ...rest,
      metrics: metrics.length === 0 ? DEFAULT_METRICS : metrics,
      ...(behavior === undefined ? {} : { behavior }),
    },
    ...(status === undefined ? {} : { status: statusFromV1(status, annotations) }),
  }
}

function isCpuUtilization({ type, resource }: MetricSpec): boolean {
  return type === 'Resource' && resource?.name === 'cpu' && resource.target.averageUtilization !== undefined
}

function annotationsOf({ spec, status }: HorizontalPodAutoscaler): Record<string, string> {
  const { metrics = [], behavior } = spec
  const { currentMetrics = [], conditions = [] } = status ?? {}
  const others = metrics.filter((metric) => !isCpuUtilization(metric))
  return {
    ...(others.length === 0 ? {} : { [METRICS_ANNOTATION]: JSON.stringify(others.map(metricToV1)) }),
    ...(currentMetrics.length === 0
      ? {}
      : { [CURRENT_METRICS_ANNOTATION]: JSON.stringify(currentMetrics.map(metricStatusToV1)) }),
    ...(behavior === undefined ? {} : { [BEHAVIOR_ANNOTATION]: JSON.stringify(printedBehavior(behavior)) }),
    ...(conditions.length === 0 ? {} : { [CONDITIONS_ANNOTATION]: JSON.stringify(conditions) }),
  }
}

/** The behavior stands there in upstream's own form, with capitalized fields, all of them. */
function printedBehavior({ scaleUp, scaleDown }: HorizontalPodAutoscalerBehavior): object {
  return { ScaleUp: printedRules(scaleUp), ScaleDown: printedRules(scaleDown) }
}

function printedRules(rules: HPAScalingRules | undefined): object | null {
  if (rules === undefined) return null
  return {
    StabilizationWindowSeconds: rules.stabilizationWindowSeconds ?? null,
    SelectPolicy: rules.selectPolicy ?? null,
    Policies: goForm(rules.policies),
    Tolerance: rules.tolerance ?? null,
  }
}

function readBehavior(text: string | undefined): HorizontalPodAutoscalerBehavior | undefined {
  const printed = readJson<object>(text, isRecord)
  if (printed === undefined) return undefined
  const behavior = fromGoForm(printed) as HorizontalPodAutoscalerBehavior
  return behavior.scaleUp === undefined && behavior.scaleDown === undefined ? undefined : behavior
}

/** Field names of upstream's own form begin with a capital letter; what is null there is absent here. */
function fromGoForm(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromGoForm)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, part]) =>
      part === null ? [] : [[`${name.slice(0, 1).toLowerCase()}${name.slice(1)}`, fromGoForm(part)]],
    ),
  )
}

function statusToV1(status: HorizontalPodAutoscalerStatus): HorizontalPodAutoscalerStatusV1 {
  const { conditions: _, currentMetrics = [], currentReplicas = 0, ...rest } = status
  const cpu = currentMetrics.findLast(({ type, resource }) => {
    return type === 'Resource' && resource?.name === 'cpu' && resource.current.averageUtilization !== undefined
  })
  const cpuPercent = cpu?.resource?.current.averageUtilization
  return {
    ...rest,
    currentReplicas,
    ...(cpuPercent === undefined ? {} : { currentCPUUtilizationPercentage: cpuPercent }),
  }
}

function statusFromV1(
  { currentCPUUtilizationPercentage: cpuPercent, ...status }: HorizontalPodAutoscalerStatusV1,
  annotations: Readonly<Record<string, string>>,
): HorizontalPodAutoscalerStatus {
  const annotated = readJson<readonly MetricV1[]>(annotations[CURRENT_METRICS_ANNOTATION], isMetrics)
  const cpu: readonly MetricStatus[] =
    cpuPercent === undefined
      ? []
      : [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: cpuPercent } } }]
  const currentMetrics = annotated?.map(metricStatusFromV1) ?? cpu
  const conditions = readJson<readonly HorizontalPodAutoscalerCondition[]>(
    annotations[CONDITIONS_ANNOTATION],
    isMetrics,
  )
  return {
    ...status,
    ...(currentMetrics.length === 0 ? {} : { currentMetrics }),
    ...(conditions === undefined ? {} : { conditions }),
  }
}

/** An annotation is the user's text: what cannot be understood says nothing. */
function readJson<T>(text: string | undefined, isOfShape: (value: unknown) => boolean): T | undefined {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isOfShape(value) ? (value as T) : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** A list of things of some type whose parts are objects again. */
function isMetrics(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((item) => {
      if (!isRecord(item) || typeof item['type'] !== 'string') return false
      return SOURCES.every((name) => item[name] === undefined || isRecord(item[name]))
    })
  )
}

const SOURCES = ['object', 'pods', 'resource', 'containerResource', 'external']

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
