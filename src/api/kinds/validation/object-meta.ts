import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue, required } from '../../errors.ts'
import { validateAnnotations, validateLabels, validateQualifiedName } from '../../names/labels.ts'
import { nameIsDnsLabel, type ObjectNameRule } from '../../names/object-names.ts'
import { parseApiVersion } from '../../kind.ts'
import type { ObjectMeta, OwnerReference } from '../../object.ts'
import { invalidFor } from './causes.ts'
import { validateNonNegative } from './numbers.ts'
import type { Unchecked } from './unchecked.ts'

export interface ObjectMetaRules {
  readonly namespaced: boolean
  readonly name: ObjectNameRule
  /** The core API demands that a finalizer without a prefix is one of Kubernetes' own; other groups only warn. */
  readonly allowAnyFinalizer?: boolean
}

/** k8s.io/apimachinery pkg/api/validation/objectmeta.go ValidateObjectMeta, with the core API's rule for finalizers. */
export function* validateObjectMeta(
  meta: ObjectMeta,
  { namespaced, name, allowAnyFinalizer = false }: ObjectMetaRules,
  field = 'metadata',
): Generator<Cause> {
  if (meta.generateName !== undefined && meta.generateName !== '') {
    yield* invalidFor(`${field}.generateName`, meta.generateName, name(meta.generateName, { prefix: true }))
  }
  if (meta.name === '' || meta.name === undefined) {
    yield required(`${field}.name`, 'name or generateName is required')
  } else yield* invalidFor(`${field}.name`, meta.name, name(meta.name))
  yield* validateNamespace(meta.namespace ?? '', namespaced, field)
  yield* validateNonNegative(meta.generation, `${field}.generation`)
  yield* validateDescriptions(meta, field)
  yield* validateFinalizers(meta.finalizers ?? [], `${field}.finalizers`)
  if (!allowAnyFinalizer) yield* validateFinalizerNames(meta.finalizers ?? [], `${field}.finalizers`)
}

/**
 * ValidateObjectMetaUpdate. The server restores what no update may change (name, uid, times) before anything is
 * validated. Parts that are still the stored ones were valid when they were stored.
 */
export function* validateObjectMetaUpdate(
  meta: ObjectMeta,
  old: ObjectMeta,
  field = 'metadata',
  { allowAnyFinalizer = false }: Pick<ObjectMetaRules, 'allowAnyFinalizer'> = {},
): Generator<Cause> {
  if (meta === old) return
  const { finalizers = [] } = meta
  if (old.deletionTimestamp !== undefined) {
    const added = finalizers.filter((one) => !(old.finalizers ?? []).includes(one)).toSorted()
    if (added.length > 0) {
      const list = added.map((one) => JSON.stringify(one)).join(', ')
      const rule = 'no new finalizers can be added if the object is being deleted'
      yield forbiddenField(`${field}.finalizers`, `${rule}, found new finalizers []string{${list}}`)
    }
  }
  if (meta.labels !== old.labels) yield* validateKnownLabels(meta.labels, `${field}.labels`)
  if (meta.annotations !== old.annotations) yield* validateAnnotations(meta.annotations, `${field}.annotations`)
  if (meta.ownerReferences !== old.ownerReferences) {
    yield* validateOwnerReferences(meta.ownerReferences ?? [], `${field}.ownerReferences`)
  }
  if (meta.finalizers === old.finalizers) return
  if (allowAnyFinalizer) yield* validateFinalizers(finalizers, `${field}.finalizers`)
  else yield* validateFinalizerNames(finalizers, `${field}.finalizers`)
}

/** Labels that were found valid, by reference: a template's labels come back with every pod. */
const validLabels = new WeakSet<object>()

/** As `validateLabels`; the same map is looked at once. */
export function* validateKnownLabels(labels: ObjectMeta['labels'], field: string): Generator<Cause> {
  if (labels === undefined || validLabels.has(labels)) return
  let valid = true
  for (const cause of validateLabels(labels, field)) {
    valid = false
    yield cause
  }
  if (valid) validLabels.add(labels)
}

/** Finalizers may be any qualified names, but a name without a prefix must be one of Kubernetes' own. */
export function* validateFinalizerName(finalizer: string, field: string): Generator<Cause> {
  yield* invalidFor(field, finalizer, validateQualifiedName(finalizer))
  yield* validateKubernetesFinalizer(finalizer, field)
}

function* validateNamespace(namespace: string, namespaced: boolean, field: string): Generator<Cause> {
  if (!namespaced) {
    if (namespace !== '') yield forbiddenField(`${field}.namespace`, 'not allowed on this type')
  } else if (namespace === '') yield required(`${field}.namespace`, '')
  else yield* invalidFor(`${field}.namespace`, namespace, nameIsDnsLabel(namespace))
}

function* validateDescriptions(meta: ObjectMeta, field: string): Generator<Cause> {
  yield* validateKnownLabels(meta.labels, `${field}.labels`)
  yield* validateAnnotations(meta.annotations, `${field}.annotations`)
  yield* validateOwnerReferences(meta.ownerReferences ?? [], `${field}.ownerReferences`)
}

function* validateOwnerReferences(references: readonly OwnerReference[], field: string): Generator<Cause> {
  let controller = ''
  for (const [index, reference] of references.entries()) {
    yield* validateOwnerReference(reference, `${field}[${index}]`)
    if (reference.controller !== true) continue
    const name = `${reference.kind}/${reference.name}`
    if (controller === '') controller = name
    else {
      const rule = 'Only one reference can have Controller set to true'
      yield invalidValue(field, references, `${rule}. Found "true" in references for ${controller} and ${name}`)
    }
  }
}

function* validateOwnerReference(reference: Unchecked<OwnerReference>, field: string): Generator<Cause> {
  const { apiVersion = '', kind = '', name = '', uid = '' } = reference
  if (apiVersion === '') yield required(`${field}.apiVersion`, 'must not be empty')
  else if (apiVersion.split('/').length > 2 || parseApiVersion(apiVersion).version === '') {
    yield invalidValue(`${field}.apiVersion`, apiVersion, 'must be <group>/<version> or <version>')
  }
  if (kind === '') yield required(`${field}.kind`, 'must not be empty')
  if (name === '') yield required(`${field}.name`, 'must not be empty')
  if (uid === '') yield required(`${field}.uid`, 'must not be empty')
  if (apiVersion === 'v1' && kind === 'Event') {
    yield invalidValue(field, reference, '/v1, Kind=Event is disallowed from being an owner')
  }
}

const ORPHAN = 'orphan'
const FOREGROUND = 'foregroundDeletion'
const STANDARD_FINALIZERS: readonly string[] = ['kubernetes', ORPHAN, FOREGROUND]

function* validateFinalizers(finalizers: readonly string[], field: string): Generator<Cause> {
  for (const finalizer of finalizers) yield* invalidFor(field, finalizer, validateQualifiedName(finalizer))
  if (finalizers.includes(ORPHAN) && finalizers.includes(FOREGROUND)) {
    yield invalidValue(field, finalizers, `finalizer ${ORPHAN} and ${FOREGROUND} cannot be both set`)
  }
}

function* validateFinalizerNames(finalizers: readonly string[], field: string): Generator<Cause> {
  for (const [index, finalizer] of finalizers.entries()) {
    yield* validateKubernetesFinalizer(finalizer, `${field}[${index}]`)
  }
}

function* validateKubernetesFinalizer(finalizer: string, field: string): Generator<Cause> {
  if (finalizer.includes('/') || STANDARD_FINALIZERS.includes(finalizer)) return
  yield invalidValue(field, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')
}
