import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue, notSupported, required } from '../../errors.ts'
import { validateDns1123Label } from '../../names/dns.ts'
import { nameIsDnsLabel } from '../../names/object-names.ts'
import type {
  PodTemplateSpec,
  RollingUpdateStatefulSetStrategy,
  StatefulSet,
  StatefulSetSpec,
  StatefulSetUpdateStrategy,
  Volume,
} from '../../types.generated.ts'
import { validatePodTemplate } from '../pod-spec/validate-pod-template.ts'
import { amountOf, validateNotMoreThan100Percent, validatePositiveIntOrPercent } from '../strategy/int-or-percent.ts'
import { readSelector, validateTemplateIsSelected } from '../strategy/selectors.ts'
import { sortedSelector } from '../strategy/sorted-map.ts'
import { validateCounts, validateNotDecremented, validatePartsOfReplicas } from '../strategy/status-numbers.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateClaimSpec } from '../validation/claim-spec.ts'
import { validateNonNegative } from '../validation/numbers.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { semanticEqual } from '../validation/semantic-equal.ts'
import { unchecked } from '../validation/unchecked.ts'
import { validateLastingTemplate, validateWorkloadSelector } from './validate-replicated-template.ts'

/** In upstream's words and order. */
const UPDATE_RULE =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"

/** pkg/apis/apps/validation/validation.go ValidateStatefulSet and ValidateStatefulSetUpdate. */
export function* validateStatefulSet(set: StatefulSet, old: StatefulSet | undefined): Generator<Cause> {
  if (old === undefined) {
    yield* validateObjectMeta(set.metadata, { namespaced: true, name: nameIsDnsLabel })
    yield* validateSpec(set.spec, undefined)
    return
  }
  yield* validateObjectMetaUpdate(set.metadata, old.metadata)
  if (set.spec === old.spec) return
  yield* validateSpec(set.spec, old.spec)
  if (!semanticEqual(withUpdatesUndone(set.spec, old.spec), old.spec)) yield forbiddenField('spec', UPDATE_RULE)
}

/** ValidateStatefulSetStatusUpdate. */
export function* validateStatefulSetStatus(
  { status = { replicas: 0 } }: StatefulSet,
  old: StatefulSet,
): Generator<Cause> {
  const parts = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const
  yield* validateCounts(status, ['replicas', ...parts, 'observedGeneration', 'collisionCount'], 'status')
  yield* validatePartsOfReplicas(status, parts)
  const { availableReplicas = 0, readyReplicas = 0, collisionCount } = status
  if (availableReplicas > readyReplicas) {
    yield invalidValue('status.availableReplicas', availableReplicas, 'cannot be greater than status.readyReplicas')
  }
  yield* validateNotDecremented(collisionCount, old.status?.collisionCount, 'status.collisionCount')
}

/** The new spec with everything as before that may be updated. */
function withUpdatesUndone(spec: StatefulSetSpec, old: StatefulSetSpec): object {
  return {
    ...spec,
    replicas: old.replicas,
    template: old.template,
    updateStrategy: old.updateStrategy,
    minReadySeconds: old.minReadySeconds,
    ordinals: old.ordinals,
    revisionHistoryLimit: old.revisionHistoryLimit,
    persistentVolumeClaimRetentionPolicy: old.persistentVolumeClaimRetentionPolicy,
  }
}

/** What cannot be changed is looked at only once, when the set is created. */
function* validateSpec(spec: StatefulSetSpec, old: StatefulSetSpec | undefined): Generator<Cause> {
  const { podManagementPolicy = '', serviceName = '', selector } = spec
  if (podManagementPolicy === '') yield required('spec.podManagementPolicy', '')
  else if (podManagementPolicy !== 'OrderedReady' && podManagementPolicy !== 'Parallel') {
    yield invalidValue('spec.podManagementPolicy', podManagementPolicy, "must be 'OrderedReady' or 'Parallel'")
  }
  yield* validateUpdateStrategy(spec.updateStrategy ?? {}, 'spec.updateStrategy')
  yield* validateRetention(spec)
  if (old === undefined) yield* validateClaims(spec)
  yield* validateCounts(spec, ['replicas', 'minReadySeconds'], 'spec')
  yield* validateNonNegative(spec.ordinals?.start, 'spec.ordinals.start')
  if (old === undefined && serviceName !== '') {
    yield* invalidFor('spec.serviceName', serviceName, validateDns1123Label(serviceName))
  }
  yield* validateWorkloadSelector(selector, 'empty selector is invalid for statefulset')
  yield* validateTemplate(spec)
  yield* validateLastingTemplate(spec.template, 'activeDeadlineSeconds in StatefulSet is not Supported')
}

function* validateUpdateStrategy(
  { type = '', rollingUpdate }: StatefulSetUpdateStrategy,
  field: string,
): Generator<Cause> {
  const place = `${field}.rollingUpdate`
  if (type === '') yield required(field, '')
  else if (type === 'RollingUpdate') {
    if (rollingUpdate !== undefined) yield* validateRollingUpdate(rollingUpdate, place)
  } else if (type === 'OnDelete') {
    if (rollingUpdate !== undefined) {
      yield invalidValue(place, capitalized(rollingUpdate), "only allowed for updateStrategy 'RollingUpdate'")
    }
  } else {
    const shown = { Type: type, RollingUpdate: rollingUpdate === undefined ? null : capitalized(rollingUpdate) }
    yield invalidValue(field, shown, "must be 'RollingUpdate' or 'OnDelete'")
  }
}

/** Upstream shows its own form of the strategy, whose fields are capitalized. */
function capitalized({ partition = 0, maxUnavailable = null }: Nullable<RollingUpdateStatefulSetStrategy>): object {
  return { Partition: partition, MaxUnavailable: maxUnavailable }
}

type Nullable<T> = { readonly [Name in keyof T]?: T[Name] | null }

function* validateRollingUpdate(
  { partition, maxUnavailable }: RollingUpdateStatefulSetStrategy,
  field: string,
): Generator<Cause> {
  yield* validateNonNegative(partition, `${field}.partition`)
  if (maxUnavailable === undefined) return
  const place = `${field}.maxUnavailable`
  yield* validatePositiveIntOrPercent(maxUnavailable, place)
  if (amountOf(maxUnavailable) === 0) yield invalidValue(place, maxUnavailable, 'cannot be 0')
  yield* validateNotMoreThan100Percent(maxUnavailable, place)
}

const RETENTION_POLICIES: readonly string[] = ['Retain', 'Delete']

function* validateRetention({ persistentVolumeClaimRetentionPolicy: policy }: StatefulSetSpec): Generator<Cause> {
  if (policy === undefined) return
  for (const name of ['whenDeleted', 'whenScaled'] as const) {
    const value = policy[name] ?? ''
    if (RETENTION_POLICIES.includes(value)) continue
    yield notSupported(`spec.persistentVolumeClaimRetentionPolicy.${name}`, value, RETENTION_POLICIES)
  }
}

function* validateClaims({ volumeClaimTemplates = [] }: StatefulSetSpec): Generator<Cause> {
  for (const [index, claim] of volumeClaimTemplates.entries()) {
    yield* validateClaimSpec(unchecked(claim).spec ?? {}, `spec.volumeClaimTemplates[${index}].spec`)
  }
}

function* validateTemplate(spec: StatefulSetSpec): Generator<Cause> {
  const matcher = readSelector(spec.selector)
  if (matcher === undefined) {
    yield invalidValue('spec.selector', sortedSelector(spec.selector), '')
    return
  }
  if (!matcher.isEmpty) yield* validateTemplateIsSelected(spec.template, matcher, 'spec.template')
  yield* validatePodTemplate(templateOfPods(spec), 'spec.template')
}

/**
 * The template as the set's pods will have it: each claim brings a volume of its name, and the pods' names replace
 * whatever host names the template gives.
 */
function templateOfPods({ template, volumeClaimTemplates = [] }: StatefulSetSpec): PodTemplateSpec {
  const { spec } = template
  if (spec === undefined) return template
  if (spec.subdomain === undefined && spec.hostname === undefined && volumeClaimTemplates.length === 0) return template
  const { subdomain: _subdomain, hostname: _hostname, ...rest } = spec
  const claimed = volumeClaimTemplates.map(({ metadata: { name } }): Volume => {
    return { name, persistentVolumeClaim: { claimName: name } }
  })
  const names = new Set(claimed.map(({ name }) => name))
  const volumes = [...claimed, ...(spec.volumes ?? []).filter(({ name }) => !names.has(name))]
  return { ...template, spec: { ...rest, volumes } }
}
