import { matcherOfSelector } from '../../api/selectors/label-selector.ts'
import { quantity } from '../../api/quantity-cache.ts'
import { scaledValueOf } from '../../api/quantity.ts'
import type { LabelMatcher } from '../../api/selectors/label-matcher.ts'
import type {
  ExternalMetricSource,
  MetricIdentifier,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
  ObjectMetricSource,
  Pod,
  PodsMetricSource,
} from '../../api/types.generated.ts'
import { printMetricValue } from './metric-quantity.ts'
import type { MetricsSource, PodMetrics } from './metrics-source.ts'
import type { GroupingContext } from './pod-groups.ts'
import { printSelectorValue } from './print-selector-value.ts'
import {
  type PodsCase,
  type Proposal,
  proposeByAverage,
  proposeByShare,
  proposeByTotal,
  proposeByUtilization,
  sumOf,
} from './replica-calculator.ts'
import type { Tolerances } from './tolerances.ts'

const MILLI = -3

/** What one metric of an autoscaler leads to. */
export interface MetricProposal {
  readonly proposal: Proposal
  /** How messages call the metric. */
  readonly name: string
  readonly status: MetricStatus
}

/** A metric that gave nothing to go by: what the event and the condition say, and what the round says as a whole. */
export class MetricFailure extends Error {
  override readonly name = 'MetricFailure'
  readonly reason: string
  /** The innermost words: those of the event and the condition. */
  readonly detail: string

  constructor(reason: string, { detail, message }: { detail: string; message: string }) {
    super(message)
    this.reason = reason
    this.detail = detail
  }
}

export interface MetricContext {
  readonly namespace: string
  readonly specReplicas: number
  readonly statusReplicas: number
  readonly podSelector: LabelMatcher
  readonly pods: readonly Pod[]
  readonly source: MetricsSource
  readonly tolerances: Tolerances
  readonly grouping: Omit<GroupingContext, 'resource'>
}

/** Reads a metric and says how many replicas it asks for. Throws a MetricFailure (horizontal.go computeReplicasForMetric). */
export async function proposeFor(spec: MetricSpec, context: MetricContext): Promise<MetricProposal> {
  const { resource, containerResource, pods, object, external } = spec
  if (spec.type === 'Resource' && resource !== undefined) return proposeForResource(resource, context)
  if (spec.type === 'ContainerResource' && containerResource !== undefined) {
    return proposeForResource(containerResource, context)
  }
  if (spec.type === 'Pods' && pods !== undefined) return proposeForPods(pods, context)
  if (spec.type === 'Object' && object !== undefined) return proposeForObject(object, context)
  if (spec.type === 'External' && external !== undefined) return proposeForExternal(external, context)
  const message = `unknown metric source type ${JSON.stringify(spec.type)}`
  throw new MetricFailure('InvalidMetricSourceType', { detail: message, message })
}

interface ResourceMetric {
  readonly name: string
  readonly container?: string
  readonly target: MetricTarget
}

async function proposeForResource(metric: ResourceMetric, context: MetricContext): Promise<MetricProposal> {
  const { name, container, target } = metric
  const kind = container === undefined ? 'Resource' : 'ContainerResource'
  const what = container === undefined ? 'resource' : 'container'
  const failure = failureOf(`FailedGet${kind}Metric`, `failed to get ${name} ${what} metric value: `)
  const { averageUtilization, averageValue } = target
  if (averageValue === undefined && averageUtilization === undefined) {
    throw failure(
      new Error(
        `invalid ${what === 'resource' ? what : 'container resource'} metric source: neither an average utilization target nor an average value (usage) target was set`,
      ),
    )
  }
  const usedWord = averageValue === undefined ? 'utilization' : 'usage'
  const measured = await failing(
    async () => {
      const metrics = await resourceMetrics(metric, context)
      const given = podsCase(metrics, name, context)
      if (averageValue !== undefined) return proposeByAverage(milliOf(averageValue), given)
      return proposeByUtilization(averageUtilization ?? 0, {
        ...given,
        ...(container === undefined ? {} : { container }),
      })
    },
    failureOf(
      `FailedGet${kind}Metric`,
      `failed to get ${name} ${what} metric value: failed to get ${name} ${usedWord}: `,
    ),
  )
  const printed = printMetricValue(name, measured.usageMilli)
  const current: MetricValueStatus =
    measured.utilization === undefined
      ? { averageValue: printed }
      : { averageUtilization: measured.utilization, averageValue: printed }
  const status: MetricStatus =
    container === undefined
      ? { type: 'Resource', resource: { name, current } }
      : { type: 'ContainerResource', containerResource: { name, container, current } }
  const measure = averageValue === undefined ? 'resource utilization (percentage of request)' : 'resource'
  return { proposal: measured, name: `${name} ${container === undefined ? '' : 'container '}${measure}`, status }
}

async function resourceMetrics({ name, container }: ResourceMetric, context: MetricContext): Promise<PodMetrics> {
  const { namespace, podSelector, source } = context
  const query = { resource: name, namespace, podSelector }
  return prefixed(`unable to get metrics for resource ${name}: `, async () => {
    const metrics = await source.resource(container === undefined ? query : { ...query, container })
    if (metrics.size === 0) throw new Error('no metrics returned from resource metrics API')
    return metrics
  })
}

async function proposeForPods({ metric, target }: PodsMetricSource, context: MetricContext): Promise<MetricProposal> {
  const { namespace, podSelector, source } = context
  const failure = failureOf('FailedGetPodsMetric', 'failed to get pods metric value: ')
  const proposal = await failing(async () => {
    checkSelector(metric)
    const metrics = await prefixed(`unable to get metric ${metric.name}: `, async () => {
      const found = await source.pods({ metric, namespace, podSelector })
      if (found.size === 0) throw new Error('no metrics returned from custom metrics API')
      return found
    })
    return proposeByAverage(milliOf(target.averageValue), podsCase(metrics, '', context))
  }, failure)
  const current = { averageValue: printMetricValue('', proposal.usageMilli) }
  return {
    proposal,
    name: `pods metric ${metric.name}`,
    status: { type: 'Pods', pods: { metric: plain(metric), current } },
  }
}

async function proposeForObject(spec: ObjectMetricSource, context: MetricContext): Promise<MetricProposal> {
  const { metric, target, describedObject: object } = spec
  const { namespace, source } = context
  const failure = failureOf('FailedGetObjectMetric', 'failed to get object metric value: ')
  if (target.type !== 'Value' && target.type !== 'AverageValue') {
    throw failure(new Error('invalid object metric source: neither a value target nor an average value target was set'))
  }
  const proposal = await failing(async () => {
    checkSelector(metric)
    const where = `${object.kind} on ${namespace} ${object.name}/`
    const usageMilli = await prefixed(`unable to get metric ${metric.name}: ${where}`, () =>
      source.object({ metric, namespace, object }),
    )
    return proposeForFigure(target, usageMilli, context)
  }, failure)
  const name =
    target.type === 'Value'
      ? `${object.kind} metric ${metric.name}`
      : `external metric ${metric.name}(${printSelectorValue(metric.selector)})`
  const current = figureStatus(target, proposal)
  return {
    proposal,
    name,
    status: { type: 'Object', object: { metric: plain(metric), current, describedObject: object } },
  }
}

async function proposeForExternal(spec: ExternalMetricSource, context: MetricContext): Promise<MetricProposal> {
  const { metric, target } = spec
  const { namespace, source } = context
  const failure = failureOf('FailedGetExternalMetric', `failed to get ${metric.name} external metric value: `)
  if (target.value === undefined && target.averageValue === undefined) {
    throw failure(
      new Error('invalid external metric source: neither a value target nor an average value target was set'),
    )
  }
  const printedSelector = printSelectorValue(metric.selector)
  const proposal = await failing(
    async () => {
      checkSelector(metric)
      const values = await prefixed(
        `unable to get external metric ${namespace}/${metric.name}/${printedSelector}: `,
        () => source.external({ metric, namespace }),
      )
      return proposeForFigure(target, sumOf(values), context)
    },
    failureOf(
      'FailedGetExternalMetric',
      `failed to get ${metric.name} external metric value: failed to get ${metric.name} external metric: `,
    ),
  )
  const current = figureStatus(target, proposal)
  return {
    proposal,
    name: `external metric ${metric.name}(${printedSelector})`,
    status: { type: 'External', external: { metric: plain(metric), current } },
  }
}

/** One figure for the whole target: an object's, or the sum of an external metric's series. */
function proposeForFigure(target: MetricTarget, usageMilli: bigint, context: MetricContext): Proposal {
  const { specReplicas, statusReplicas, pods, tolerances } = context
  if (target.averageValue !== undefined) {
    return proposeByShare(milliOf(target.averageValue), { statusReplicas, usageMilli, tolerances })
  }
  return proposeByTotal(milliOf(target.value), { currentReplicas: specReplicas, pods, usageMilli, tolerances })
}

function figureStatus(target: MetricTarget, { usageMilli }: Proposal): MetricValueStatus {
  const printed = printMetricValue('', usageMilli)
  return target.averageValue === undefined ? { value: printed } : { averageValue: printed }
}

function podsCase(metrics: PodMetrics, resource: string, context: MetricContext): PodsCase {
  const { specReplicas: currentReplicas, pods, tolerances, grouping } = context
  return { currentReplicas, pods, metrics, tolerances, grouping: { ...grouping, resource } }
}

function milliOf(text: string | undefined): bigint {
  return scaledValueOf(quantity(text ?? '0'), MILLI)
}

/** A metric's name and selector as a status repeats them. */
function plain({ name, selector }: MetricIdentifier): MetricIdentifier {
  return selector === undefined ? { name } : { name, selector }
}

function checkSelector({ selector }: MetricIdentifier): void {
  if (selector !== undefined) matcherOfSelector(selector)
}

async function prefixed<T>(prefix: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw error instanceof Error ? new Error(`${prefix}${error.message}`, { cause: error }) : error
  }
}

type Failing = (cause: Error) => MetricFailure

function failureOf(reason: string, prefix: string): Failing {
  return (cause) => new MetricFailure(reason, { detail: cause.message, message: `${prefix}${cause.message}` })
}

/** Whatever keeps a metric from being read or computed with is the metric's failure, and the other metrics go on. */
async function failing<T>(work: () => Promise<T>, failure: Failing): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Error) throw failure(error)
    throw error
  }
}
