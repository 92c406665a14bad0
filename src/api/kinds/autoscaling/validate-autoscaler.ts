import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue, required } from '../../errors.ts'
import { nameIsDnsSubdomain, nameIsPathSegment } from '../../names/object-names.ts'
import type {
  CrossVersionObjectReference,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerSpec,
} from '../../types.generated.ts'
import { validateCounts } from '../strategy/status-numbers.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { type Unchecked, unchecked } from '../validation/unchecked.ts'
import { validateBehavior } from './validate-behavior.ts'
import { validateMetric } from './validate-metric.ts'

/** pkg/apis/autoscaling/validation/validation.go ValidateHorizontalPodAutoscaler and its update. */
export function* validateAutoscaler(
  autoscaler: HorizontalPodAutoscaler,
  old: HorizontalPodAutoscaler | undefined,
): Generator<Cause> {
  const { metadata, spec } = autoscaler
  if (old === undefined) yield* validateObjectMeta(metadata, { namespaced: true, name: nameIsDnsSubdomain })
  else yield* validateObjectMetaUpdate(metadata, old.metadata)
  if (spec !== old?.spec) yield* validateSpec(spec, old?.spec)
}

/** ValidateHorizontalPodAutoscalerStatusUpdate. */
export function* validateAutoscalerStatus({ status = NO_STATUS }: HorizontalPodAutoscaler): Generator<Cause> {
  yield* validateCounts(status, ['currentReplicas', 'desiredReplicas'], 'status')
}

const NO_STATUS = { desiredReplicas: 0 }

function* validateSpec(
  spec: HorizontalPodAutoscalerSpec,
  old: HorizontalPodAutoscalerSpec | undefined,
): Generator<Cause> {
  const { minReplicas, maxReplicas = 0, metrics = [], scaleTargetRef = {} } = unchecked(spec)
  // An autoscaler that may scale to nothing since before may go on doing so.
  const floor = old?.minReplicas === 0 ? 0 : 1
  if (minReplicas !== undefined && minReplicas < floor) {
    yield invalidValue('spec.minReplicas', minReplicas, `must be greater than or equal to ${floor}`)
  }
  if (maxReplicas < 1) yield invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than 0')
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    yield invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`')
  }
  yield* validateReference(scaleTargetRef, 'spec.scaleTargetRef', rulesOfTarget(scaleTargetRef, old))
  const describedRules = old === undefined || describesProperly(old) ? ANY_GROUP : NO_RULES
  for (const [index, metric] of metrics.entries()) {
    yield* validateMetric(metric, `spec.metrics[${index}]`, (reference, field) =>
      validateReference(reference, field, describedRules),
    )
  }
  if (minReplicas === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External')) {
    const rule = 'must specify at least one Object or External metric to support scaling to zero replicas'
    yield forbiddenField('spec.metrics', rule)
  }
  if (spec.behavior !== undefined) yield* validateBehavior(spec.behavior, 'spec.behavior')
}

interface VersionRules {
  readonly allowEmptyGroup: boolean
  readonly allowAnything: boolean
}

const NAMED_GROUP: VersionRules = { allowEmptyGroup: false, allowAnything: false }
const ANY_GROUP: VersionRules = { allowEmptyGroup: true, allowAnything: false }
const NO_RULES: VersionRules = { allowEmptyGroup: true, allowAnything: true }

type Reference = Unchecked<CrossVersionObjectReference>

/** pkg/registry/autoscaling/horizontalpodautoscaler/strategy.go: what was stored may stay; one kind has no group. */
function rulesOfTarget(target: Reference, old: HorizontalPodAutoscalerSpec | undefined): VersionRules {
  const { apiVersion = '', kind = '' } = target
  const before: Reference | undefined = old?.scaleTargetRef
  if (before !== undefined && (before.apiVersion ?? '') === apiVersion && (before.kind ?? '') === kind) return NO_RULES
  return kind === 'ReplicationController' ? ANY_GROUP : NAMED_GROUP
}

function describesProperly({ metrics = [] }: HorizontalPodAutoscalerSpec): boolean {
  return metrics.every(({ type, object }) => {
    if (type !== 'Object' || object === undefined) return true
    return problemOfVersion(unchecked(object).describedObject ?? {}, ANY_GROUP) === undefined
  })
}

/** ValidateCrossVersionObjectReference. */
function* validateReference(reference: Reference, field: string, rules: VersionRules): Generator<Cause> {
  for (const part of ['kind', 'name'] as const) {
    const value = reference[part] ?? ''
    if (value === '') yield required(`${field}.${part}`, '')
    else yield* invalidFor(`${field}.${part}`, value, nameIsPathSegment(value))
  }
  const problem = problemOfVersion(reference, rules)
  if (problem !== undefined) yield invalidValue(`${field}.apiVersion`, reference.apiVersion ?? '', problem)
}

function problemOfVersion(
  { apiVersion = '' }: Reference,
  { allowAnything, allowEmptyGroup }: VersionRules,
): string | undefined {
  if (allowAnything) return undefined
  const parts = apiVersion.split('/')
  if (parts.length > 2) return `unexpected GroupVersion string: ${apiVersion}`
  const group = parts.length === 2 ? parts[0] : ''
  return group === '' && !allowEmptyGroup ? 'apiVersion must specify API group' : undefined
}
