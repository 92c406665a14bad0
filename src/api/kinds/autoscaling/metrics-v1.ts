import type {
  LabelSelector,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
  ObjectMetricSource,
} from '../../types.generated.ts'

/**
 * The metrics of autoscaling/v1, which stand in annotations as JSON: k8s.io/api autoscaling/v1 types.go MetricSpec and
 * MetricStatus, converted as in pkg/apis/autoscaling/v1/conversion.go.
 *
 *     {"type":"Pods","pods":{"metricName":"orders","targetAverageValue":"100"}}
 */
export interface MetricV1 {
  readonly type: string
  readonly object?: ValuesV1 & { readonly target: TargetV1; readonly metricName: string }
  readonly pods?: ValuesV1 & { readonly metricName: string }
  readonly resource?: ValuesV1 & { readonly name: string }
  readonly containerResource?: ValuesV1 & { readonly name: string; readonly container: string }
  readonly external?: ValuesV1 & { readonly metricName: string; readonly metricSelector?: LabelSelector }
}

type TargetV1 = ObjectMetricSource['describedObject']

interface ValuesV1 {
  readonly selector?: LabelSelector
  readonly averageValue?: string
  readonly targetValue?: string
  readonly targetAverageValue?: string
  readonly targetAverageUtilization?: number
  readonly currentValue?: string
  readonly currentAverageValue?: string
  readonly currentAverageUtilization?: number
}

/** The part of a MetricSpec and of a MetricStatus that says which metric it is. */
type Subject = Pick<MetricSpec, 'type'> & {
  readonly [Name in 'containerResource' | 'external' | 'object' | 'pods' | 'resource']?: Omit<
    NonNullable<MetricSpec[Name]>,
    'target'
  >
}

export function metricToV1(metric: MetricSpec): MetricV1 {
  return subjectToV1(metric, {
    object: given({
      targetValue: metric.object?.target.value ?? '0',
      averageValue: metric.object?.target.averageValue,
    }),
    pods: { targetAverageValue: metric.pods?.target.averageValue ?? '0' },
    resource: targetToV1(metric.resource?.target),
    containerResource: targetToV1(metric.containerResource?.target),
    external: given({
      targetValue: metric.external?.target.value,
      targetAverageValue: metric.external?.target.averageValue,
    }),
  })
}

export function metricStatusToV1(status: MetricStatus): MetricV1 {
  return subjectToV1(status, {
    object: given({
      currentValue: status.object?.current.value ?? '0',
      averageValue: status.object?.current.averageValue,
    }),
    pods: { currentAverageValue: status.pods?.current.averageValue ?? '0' },
    resource: currentToV1(status.resource?.current),
    containerResource: currentToV1(status.containerResource?.current),
    external: given({
      currentValue: status.external?.current.value ?? '0',
      currentAverageValue: status.external?.current.averageValue,
    }),
  })
}

export function metricFromV1(metric: MetricV1): MetricSpec {
  const { object, pods, resource, containerResource, external } = metric
  return withSubject<MetricSpec>(metric, 'target', {
    object: object && {
      type: object.averageValue === undefined ? 'Value' : 'AverageValue',
      ...withValue(object.targetValue, object.averageValue),
      ...given({ averageValue: object.averageValue }),
    },
    pods: pods && { type: 'AverageValue', averageValue: pods.targetAverageValue ?? '0' },
    resource: resource && targetFromV1(resource),
    containerResource: containerResource && targetFromV1(containerResource),
    external: external && {
      type: external.targetValue === undefined ? 'AverageValue' : 'Value',
      ...given({ value: external.targetValue, averageValue: external.targetAverageValue }),
    },
  })
}

export function metricStatusFromV1(status: MetricV1): MetricStatus {
  const { object, pods, resource, containerResource, external } = status
  return withSubject<MetricStatus>(status, 'current', {
    object: object && {
      ...withValue(object.currentValue, object.averageValue),
      ...given({ averageValue: object.averageValue }),
    },
    pods: pods && { averageValue: pods.currentAverageValue ?? '0' },
    resource: resource && currentFromV1(resource),
    containerResource: containerResource && currentFromV1(containerResource),
    external: external && {
      ...withValue(external.currentValue, external.currentAverageValue),
      ...given({ averageValue: external.currentAverageValue }),
    },
  })
}

type SourceName = 'containerResource' | 'external' | 'object' | 'pods' | 'resource'
type Values = Readonly<Record<SourceName, ValuesV1>>

function subjectToV1({ type, object, pods, resource, containerResource, external }: Subject, values: Values): MetricV1 {
  return {
    type,
    ...given({
      object: object && {
        target: object.describedObject,
        metricName: object.metric.name,
        ...given({ selector: object.metric.selector }),
        ...values.object,
      },
      pods: pods && { metricName: pods.metric.name, ...given({ selector: pods.metric.selector }), ...values.pods },
      resource: resource && { name: resource.name, ...values.resource },
      containerResource: containerResource && {
        name: containerResource.name,
        container: containerResource.container,
        ...values.containerResource,
      },
      external: external && {
        metricName: external.metric.name,
        ...given({ metricSelector: external.metric.selector }),
        ...values.external,
      },
    }),
  }
}

/** `name` is where the values stand: `target` of a spec, `current` of a status. */
function withSubject<T extends { readonly type: string }>(
  { type, object, pods, resource, containerResource, external }: MetricV1,
  name: 'current' | 'target',
  values: Readonly<Record<SourceName, object | undefined>>,
): T {
  const metric = (metricName: string, selector: LabelSelector | undefined): object => ({
    name: metricName,
    ...given({ selector }),
  })
  return {
    type,
    ...given({
      object: object && {
        describedObject: object.target,
        metric: metric(object.metricName, object.selector),
        [name]: values.object,
      },
      pods: pods && { metric: metric(pods.metricName, pods.selector), [name]: values.pods },
      resource: resource && { name: resource.name, [name]: values.resource },
      containerResource: containerResource && {
        name: containerResource.name,
        container: containerResource.container,
        [name]: values.containerResource,
      },
      external: external && { metric: metric(external.metricName, external.metricSelector), [name]: values.external },
    }),
  } as unknown as T
}

function targetToV1(target: MetricTarget | undefined): ValuesV1 {
  return given({
    targetAverageUtilization: target?.averageUtilization,
    targetAverageValue: target?.averageValue,
  })
}

function targetFromV1({ targetAverageUtilization, targetAverageValue }: ValuesV1): MetricTarget {
  return {
    type: targetAverageUtilization === undefined ? 'AverageValue' : 'Utilization',
    ...given({ averageUtilization: targetAverageUtilization, averageValue: targetAverageValue }),
  }
}

function currentToV1(current: MetricValueStatus | undefined): ValuesV1 {
  return {
    ...given({ currentAverageUtilization: current?.averageUtilization }),
    currentAverageValue: current?.averageValue ?? '0',
  }
}

function currentFromV1({ currentAverageUtilization, currentAverageValue }: ValuesV1): MetricValueStatus {
  return {
    ...given({ averageUtilization: currentAverageUtilization }),
    averageValue: currentAverageValue ?? '0',
  }
}

/** v1 cannot leave the value out; beside an average a zero stands for none. */
function withValue(value: string | undefined, averageValue: string | undefined): { readonly value?: string } {
  if (averageValue !== undefined && (value === undefined || value === '0')) return {}
  return { value: value ?? '0' }
}

type Given<T> = { readonly [Name in keyof T]?: Exclude<T[Name], undefined> }

/** Without the fields that are `undefined`. */
function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>
}
