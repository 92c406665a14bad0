import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue, notSupported, required } from '../../errors.ts'
import { validateDns1123Label } from '../../names/dns.ts'
import { nameIsPathSegment } from '../../names/object-names.ts'
import { QuantityError } from '../../quantity-parse.ts'
import { printQuantity, signOfQuantity } from '../../quantity.ts'
import type {
  ContainerResourceMetricSource,
  CrossVersionObjectReference,
  ExternalMetricSource,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
  ObjectMetricSource,
  PodsMetricSource,
  ResourceMetricSource,
} from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { readQuantity } from '../validation/resource-lists.ts'
import { validateContainerResourceName } from '../validation/resource-names.ts'
import { type Unchecked, unchecked } from '../validation/unchecked.ts'

/** A target of which nothing was said. */
const NO_TARGET: Unchecked<MetricTarget> = {}

type ValidateReference = (reference: Unchecked<CrossVersionObjectReference>, field: string) => Iterable<Cause>

/** In the order in which upstream looks for them. */
const SOURCES = ['object', 'external', 'pods', 'resource', 'containerResource'] as const
type SourceName = (typeof SOURCES)[number]

const SOURCE_OF_TYPE: ReadonlyMap<string, SourceName> = new Map([
  ['ContainerResource', 'containerResource'],
  ['External', 'external'],
  ['Object', 'object'],
  ['Pods', 'pods'],
  ['Resource', 'resource'],
])
const TYPES: readonly string[] = [...SOURCE_OF_TYPE.keys()]

/** pkg/apis/autoscaling/validation/validation.go validateMetricSpec. Only the first of several sources is looked into. */
export function* validateMetric(
  metric: MetricSpec,
  field: string,
  validateReference: ValidateReference,
): Generator<Cause> {
  const { type = '' } = unchecked(metric)
  if (type === '') yield required(`${field}.type`, 'must specify a metric source type')
  if (!TYPES.includes(type)) yield notSupported(`${field}.type`, type, TYPES)
  const present = SOURCES.filter((name) => metric[name] !== undefined)
  const [first] = present
  if (first !== undefined) yield* validateSource(metric, first, { field, validateReference })
  const expected = SOURCE_OF_TYPE.get(type)
  if (expected === undefined) yield notSupported(`${field}.type`, type, TYPES)
  else if (metric[expected] === undefined) {
    yield required(`${field}.${expected}`, 'must populate information for the given metric source')
  }
  if (present.length === 1) return
  for (const name of present.toSorted()) {
    if (name !== expected) yield forbiddenField(`${field}.${name}`, 'must populate the given metric source only')
  }
}

function* validateSource(
  metric: MetricSpec,
  name: SourceName,
  { field, validateReference }: { field: string; validateReference: ValidateReference },
): Generator<Cause> {
  const place = `${field}.${name}`
  const { object, external, pods, resource, containerResource } = metric
  if (name === 'object' && object !== undefined) yield* validateObject(object, place, validateReference)
  if (name === 'external' && external !== undefined) yield* validateExternal(external, place)
  if (name === 'pods' && pods !== undefined) yield* validatePods(pods, place)
  if (name === 'resource' && resource !== undefined) yield* validateResource(resource, place)
  if (name === 'containerResource' && containerResource !== undefined) {
    yield* validateContainerResource(containerResource, place)
  }
}

function* validateObject(
  source: ObjectMetricSource,
  field: string,
  validateReference: ValidateReference,
): Generator<Cause> {
  const { describedObject = {}, metric = {}, target = NO_TARGET } = unchecked(source)
  yield* validateReference(describedObject, `${field}.describedObject`)
  yield* validateIdentifier(metric, `${field}.metric`)
  yield* validateTarget(target, `${field}.target`)
  if (target.value === undefined && target.averageValue === undefined) {
    yield required(`${field}.target.averageValue`, 'must set either a target value or averageValue')
  }
}

function* validateExternal(source: ExternalMetricSource, field: string): Generator<Cause> {
  const { metric = {}, target = NO_TARGET } = unchecked(source)
  yield* validateIdentifier(metric, `${field}.metric`)
  yield* validateTarget(target, `${field}.target`)
  const { value, averageValue } = target
  if (value === undefined && averageValue === undefined) {
    yield required(`${field}.target.averageValue`, 'must set either a target value for metric or a per-pod target')
  }
  if (value !== undefined && averageValue !== undefined) {
    yield forbiddenField(`${field}.target.value`, 'may not set both a target value for metric and a per-pod target')
  }
}

function* validatePods(source: PodsMetricSource, field: string): Generator<Cause> {
  const { metric = {}, target = NO_TARGET } = unchecked(source)
  yield* validateIdentifier(metric, `${field}.metric`)
  yield* validateTarget(target, `${field}.target`)
  if (target.averageValue === undefined) {
    yield required(`${field}.target.averageValue`, 'must specify a positive target averageValue')
  }
}

function* validateContainerResource(source: ContainerResourceMetricSource, field: string): Generator<Cause> {
  const { name = '', container = '', target = NO_TARGET } = unchecked(source)
  if (name === '') yield required(`${field}.name`, 'must specify a resource name')
  else yield* validateContainerResourceName(name, `${field}.name`)
  if (container === '') yield required(`${field}.container`, 'must specify a container')
  else yield* invalidFor(`${field}.container`, container, validateDns1123Label(container))
  yield* validateResourceTarget(target, `${field}.target`)
}

function* validateResource(source: ResourceMetricSource, field: string): Generator<Cause> {
  const { name = '', target = NO_TARGET } = unchecked(source)
  if (name === '') yield required(`${field}.name`, 'must specify a resource name')
  yield* validateResourceTarget(target, `${field}.target`)
}

function* validateResourceTarget(target: Unchecked<MetricTarget>, field: string): Generator<Cause> {
  yield* validateTarget(target, field)
  const { averageUtilization, averageValue } = target
  if (averageUtilization === undefined && averageValue === undefined) {
    yield required(`${field}.averageUtilization`, 'must set either a target raw value or a target utilization')
  }
  if (averageUtilization !== undefined && averageValue !== undefined) {
    yield forbiddenField(`${field}.averageValue`, 'may not set both a target raw value and a target utilization')
  }
}

const TARGET_TYPES: readonly string[] = ['Utilization', 'Value', 'AverageValue']

function* validateTarget(target: Unchecked<MetricTarget>, field: string): Generator<Cause> {
  const { type = '', averageUtilization } = target
  if (type === '') yield required(`${field}.type`, 'must specify a metric target type')
  if (!TARGET_TYPES.includes(type)) {
    yield invalidValue(`${field}.type`, type, 'must be either Utilization, Value, or AverageValue')
  }
  for (const name of ['value', 'averageValue'] as const) {
    const text = target[name]
    if (text !== undefined) yield* validatePositive(text, `${field}.${name}`)
  }
  if (averageUtilization !== undefined && averageUtilization < 1) {
    yield invalidValue(`${field}.averageUtilization`, averageUtilization, 'must be greater than 0')
  }
}

function* validatePositive(text: string, field: string): Generator<Cause> {
  const value = readQuantity(text)
  if (value instanceof QuantityError) yield invalidValue(field, text, value.message)
  else if (signOfQuantity(value) <= 0) yield invalidValue(field, printQuantity(value), 'must be positive')
}

function* validateIdentifier({ name = '' }: Unchecked<MetricIdentifier>, field: string): Generator<Cause> {
  if (name === '') yield required(`${field}.name`, 'must specify a metric name')
  else yield* invalidFor(`${field}.name`, name, nameIsPathSegment(name))
}
