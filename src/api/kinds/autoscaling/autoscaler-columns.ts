import { ageColumn, nameColumn, NONE } from '../../columns/common-columns.ts'
import type { Column } from '../../kind.ts'
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../../types.generated.ts'

const METRICS_SHOWN_MAX = 2
const UNKNOWN = '<unknown>'

/** pkg/printers/internalversion/printers.go printHorizontalPodAutoscaler. */
export const AUTOSCALER_COLUMNS: readonly Column<HorizontalPodAutoscaler>[] = [
  nameColumn(),
  {
    name: 'Reference',
    type: 'string',
    description: 'What is scaled.',
    cell: ({ spec: { scaleTargetRef } }) => `${scaleTargetRef.kind}/${scaleTargetRef.name}`,
  },
  { name: 'Targets', type: 'string', description: 'Each metric and its target.', cell: printTargets },
  {
    name: 'MinPods',
    type: 'string',
    description: 'The lower limit for the number of replicas.',
    cell: ({ spec }) => (spec.minReplicas === undefined ? '<unset>' : String(spec.minReplicas)),
  },
  {
    name: 'MaxPods',
    type: 'string',
    description: 'The upper limit for the number of replicas.',
    cell: ({ spec }) => spec.maxReplicas,
  },
  {
    name: 'Replicas',
    type: 'string',
    description: 'The current number of replicas.',
    cell: ({ status }) => status?.currentReplicas ?? 0,
  },
  ageColumn(),
]

function printTargets({ spec: { metrics = [] }, status }: HorizontalPodAutoscaler): string {
  if (metrics.length === 0) return NONE
  const texts = metrics.slice(0, METRICS_SHOWN_MAX).map((spec, index) => {
    return printMetric(spec, status?.currentMetrics?.[index])
  })
  const list = texts.join(', ')
  const rest = metrics.length - METRICS_SHOWN_MAX
  return rest > 0 ? `${list} + ${rest} more...` : list
}

/** `cpu: 42%/50%`, `100/2k (avg)`: what is, and what should be. */
function printMetric(spec: MetricSpec, status: MetricStatus | undefined): string {
  const { external, pods, object, resource, containerResource } = spec
  switch (spec.type) {
    case 'External':
      return external === undefined ? UNKNOWN_TYPE : printValue(external.target, status?.external?.current)
    case 'Object':
      return object === undefined ? UNKNOWN_TYPE : printValue(object.target, status?.object?.current)
    case 'Pods':
      return `${quantity(status?.pods?.current, 'averageValue')}/${pods?.target.averageValue ?? ''}`
    case 'Resource':
      if (resource === undefined) return UNKNOWN_TYPE
      return `${resource.name}: ${printUsage(resource.target, status?.resource?.current)}`
    case 'ContainerResource':
      if (containerResource === undefined) return UNKNOWN_TYPE
      return `${containerResource.name}: ${printUsage(containerResource.target, status?.containerResource?.current)}`
    default:
      return UNKNOWN_TYPE
  }
}

const UNKNOWN_TYPE = '<unknown type>'

function printValue(target: MetricTarget, current: MetricValueStatus | undefined): string {
  if (target.averageValue === undefined) return `${quantity(current, 'value')}/${target.value ?? ''}`
  return `${current?.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`
}

function printUsage(target: MetricTarget, current: MetricValueStatus | undefined): string {
  if (target.averageValue !== undefined) return `${quantity(current, 'averageValue')}/${target.averageValue}`
  return `${percent(current?.averageUtilization, UNKNOWN)}/${percent(target.averageUtilization, '<auto>')}`
}

/** A status that has no value prints as Go's absent quantity does. */
function quantity(current: MetricValueStatus | undefined, name: 'averageValue' | 'value'): string {
  return current === undefined ? UNKNOWN : (current[name] ?? '<nil>')
}

function percent(value: number | undefined, otherwise: string): string {
  return value === undefined ? otherwise : `${value}%`
}
