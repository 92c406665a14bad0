import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue, notSupported, required } from '../../errors.ts'
import { validateQualifiedName } from '../../names/labels.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import { quantity } from '../../quantity-cache.ts'
import { QuantityError } from '../../quantity-parse.ts'
import { compareQuantities, type Quantity, signOfQuantity, valueOf, ZERO } from '../../quantity.ts'
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateClaimSpec } from '../validation/claim-spec.ts'
import { IMMUTABLE_MESSAGE, printDifference, validateImmutable } from '../validation/immutability.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { validateResourceQuantity } from '../validation/quantities.ts'
import { readQuantity } from '../validation/resource-lists.ts'
import { isNativeResource } from '../validation/resource-names.ts'
import { semanticEqual } from '../validation/semantic-equal.ts'
import { STORAGE_CLASS_ANNOTATION } from './claim-strategy.ts'

/** pkg/apis/core/validation/validation.go ValidatePersistentVolumeClaim. */
export function* validateClaim({ metadata, spec }: PersistentVolumeClaim): Generator<Cause> {
  yield* validateObjectMeta(metadata, { namespaced: true, name: nameIsDnsSubdomain })
  yield* validateClaimSpec(spec, 'spec')
}

/** ValidatePersistentVolumeClaimUpdate: a bound claim may grow, and change its class of attributes; nothing else. */
export function* validateClaimUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): Generator<Cause> {
  yield* validateObjectMetaUpdate(claim.metadata, old.metadata)
  yield* validateClaim(claim)
  const annotation = claim.metadata.annotations?.[STORAGE_CLASS_ANNOTATION]
  const oldAnnotation = old.metadata.annotations?.[STORAGE_CLASS_ANNOTATION]
  const isUpgrade = movesClassToField(claim, old)
  if (!isUpgrade && annotation !== oldAnnotation) {
    yield invalidValue(`metadata.annotations.${STORAGE_CLASS_ANNOTATION}`, annotation ?? '', IMMUTABLE_MESSAGE)
  }
  const undone = withUpdatesUndone(claim, old)
  const before = (old.spec.volumeName ?? '') === '' ? withVolumeName(old.spec, undone.volumeName) : old.spec
  if (!semanticEqual(undone, before)) {
    const rule = 'spec is immutable after creation except resources.requests and volumeAttributesClassName'
    yield forbiddenField('spec', `${rule} for bound claims\n${printDifference(before, undone)}`)
  }
  const size = storageOf(claim.spec.resources?.requests)
  const isSmaller = compareQuantities(size, storageOf(old.spec.resources?.requests)) < 0
  if (isSmaller && compareQuantities(size, storageOf(old.status?.capacity)) <= 0) {
    yield forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity')
  }
  yield* validateImmutable(claim.spec.volumeMode, old.spec.volumeMode, 'volumeMode')
  yield* validateAttributesClass(claim.spec, old.spec)
}

const RESIZE_STATES: readonly string[] = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
  'NodeResizePending',
].toSorted()

/** ValidatePersistentVolumeClaimStatusUpdate. */
export function* validateClaimStatus(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): Generator<Cause> {
  yield* validateObjectMetaUpdate(claim.metadata, old.metadata)
  if ((claim.spec.accessModes ?? []).length === 0) yield required('Spec.accessModes', '')
  const { capacity = {}, allocatedResourceStatuses = {}, allocatedResources = {} } = claim.status ?? {}
  for (const [name, text] of Object.entries(capacity)) yield* validateBasicQuantity(text, `status.capacity[${name}]`)
  for (const [name, state] of Object.entries(allocatedResourceStatuses)) {
    yield* validateResourceKey(name, 'status.allocatedResourceStatus')
    if (!RESIZE_STATES.includes(state)) yield notSupported('status.allocatedResourceStatus', name, RESIZE_STATES)
  }
  for (const [name, text] of Object.entries(allocatedResources)) {
    const causes = [...validateResourceKey(name, 'status.allocatedResources')]
    yield* causes
    if (causes.length === 0) yield* validateResourceQuantity('storage', text, `status.allocatedResources[${name}]`)
  }
}

/** What may change, as it was before. */
function withUpdatesUndone(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): PersistentVolumeClaimSpec {
  const { spec, status } = claim
  const isBound = status?.phase === 'Bound'
  const requests = spec.resources?.requests
  const storage = old.spec.resources?.requests?.['storage']
  const keepsClass = movesClassToField(claim, old) || namesClassLate(claim, old)
  const undone: Record<string, unknown> = {
    ...spec,
    ...(keepsClass ? { storageClassName: old.spec.storageClassName } : {}),
    ...(isBound && requests !== undefined
      ? { resources: { ...spec.resources, requests: { ...requests, storage } } }
      : {}),
    ...(isBound && spec.volumeAttributesClassName !== undefined
      ? { volumeAttributesClassName: old.spec.volumeAttributesClassName }
      : {}),
  }
  return undone as PersistentVolumeClaimSpec
}

/** A class that an old annotation named moves to the field. */
function movesClassToField(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean {
  const before = old.metadata.annotations?.[STORAGE_CLASS_ANNOTATION]
  const after = claim.metadata.annotations?.[STORAGE_CLASS_ANNOTATION]
  return (
    before !== undefined &&
    old.spec.storageClassName === undefined &&
    claim.spec.storageClassName === before &&
    (after === undefined || after === before)
  )
}

/** A claim without a class gets one, once there is a default one. */
function namesClassLate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean {
  const annotation = old.metadata.annotations?.[STORAGE_CLASS_ANNOTATION]
  const { storageClassName } = claim.spec
  return (
    storageClassName !== undefined &&
    old.spec.storageClassName === undefined &&
    (annotation === undefined || annotation === storageClassName)
  )
}

function* validateAttributesClass(spec: PersistentVolumeClaimSpec, old: PersistentVolumeClaimSpec): Generator<Cause> {
  const field = 'spec.volumeAttributesClassName'
  if (old.volumeAttributesClassName === undefined) return
  if (spec.volumeAttributesClassName === undefined) {
    yield forbiddenField(field, 'update from non-nil value to nil is forbidden')
  } else if (spec.volumeAttributesClassName === '' && old.volumeAttributesClassName !== '') {
    yield forbiddenField(field, 'update from non-nil value to an empty string is forbidden')
  }
}

function* validateResourceKey(name: string, field: string): Generator<Cause> {
  const problems = validateQualifiedName(name)
  yield* invalidFor(field, name, problems)
  if (problems.length === 0 && isNativeResource(name) && name !== 'storage') {
    yield notSupported(field, name, ['storage'])
  }
}

function* validateBasicQuantity(text: string, field: string): Generator<Cause> {
  const value = readQuantity(text)
  if (value instanceof QuantityError) yield invalidValue(field, text, value.message)
  else if (signOfQuantity(value) < 0) yield invalidValue(field, valueOf(value), 'must be a valid resource quantity')
}

function storageOf(list: Readonly<Record<string, string>> | undefined): Quantity {
  const text = list?.['storage']
  if (text === undefined || readQuantity(text) instanceof QuantityError) return ZERO
  return quantity(text)
}

function withVolumeName(spec: PersistentVolumeClaimSpec, name: string | undefined): PersistentVolumeClaimSpec {
  return name === undefined ? spec : { ...spec, volumeName: name }
}
