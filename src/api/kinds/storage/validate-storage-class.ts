import type { Cause } from '../../errors.ts'
import { duplicate, forbiddenField, invalidValue, notSupported, required, tooLong } from '../../errors.ts'
import { validateLabelName } from '../../names/labels.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import type { StorageClass, TopologySelectorLabelRequirement, TopologySelectorTerm } from '../../types.generated.ts'
import { validateImmutable } from '../validation/immutability.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { semanticEqual } from '../validation/semantic-equal.ts'
import { type Unchecked, unchecked } from '../validation/unchecked.ts'

const PARAMETERS_MAX = 512
const PARAMETERS_SIZE_BYTES_MAX = 256 * 1024

const RECLAIM_POLICIES: readonly string[] = ['Delete', 'Retain']
const BINDING_MODES: readonly string[] = ['Immediate', 'WaitForFirstConsumer']

/** pkg/apis/storage/validation/validation.go ValidateStorageClass and ValidateStorageClassUpdate. */
export function* validateStorageClass(storageClass: StorageClass, old: StorageClass | undefined): Generator<Cause> {
  const { metadata, parameters, reclaimPolicy = '', volumeBindingMode, allowedTopologies = [] } = storageClass
  if (old === undefined) yield* validateObjectMeta(metadata, { namespaced: false, name: nameIsDnsSubdomain })
  else yield* validateObjectMetaUpdate(metadata, old.metadata)
  yield* validateProvisioner(unchecked(storageClass).provisioner ?? '', 'provisioner')
  yield* validateParameters(parameters ?? {}, 'parameters')
  if (reclaimPolicy !== '' && !RECLAIM_POLICIES.includes(reclaimPolicy)) {
    yield notSupported('reclaimPolicy', reclaimPolicy, RECLAIM_POLICIES)
  }
  if (volumeBindingMode === undefined) yield required('volumeBindingMode', '')
  else if (!BINDING_MODES.includes(volumeBindingMode)) {
    yield notSupported('volumeBindingMode', volumeBindingMode, BINDING_MODES)
  }
  yield* validateTopologies(allowedTopologies, 'allowedTopologies')
  if (old !== undefined) yield* validateUpdate(storageClass, old)
}

/** A driver's name, in any case. */
export function* validateProvisioner(provisioner: string, field: string): Generator<Cause> {
  if (provisioner === '') yield required(field, '')
  else yield* validateLabelName(provisioner.toLowerCase(), field)
}

/** What a driver is told, which only the driver understands. */
export function* validateParameters(parameters: Readonly<Record<string, string>>, field: string): Generator<Cause> {
  const entries = Object.entries(parameters)
  if (entries.length > PARAMETERS_MAX) {
    yield tooLong(field, PARAMETERS_MAX)
    return
  }
  let sizeBytes = 0
  for (const [name, value] of entries) {
    if (name === '') yield invalidValue(field, name, 'field can not be empty.')
    sizeBytes += Buffer.byteLength(name) + Buffer.byteLength(value)
  }
  if (sizeBytes > PARAMETERS_SIZE_BYTES_MAX) yield tooLong(field, PARAMETERS_SIZE_BYTES_MAX)
}

/** Volumes were made as the class said; it may not say something else afterwards. */
function* validateUpdate(storageClass: StorageClass, old: StorageClass): Generator<Cause> {
  for (const name of ['parameters', 'provisioner', 'reclaimPolicy'] as const) {
    if (semanticEqual(storageClass[name], old[name])) continue
    yield forbiddenField(name, `updates to ${name} are forbidden.`)
  }
  yield* validateImmutable(storageClass.volumeBindingMode, old.volumeBindingMode, 'volumeBindingMode')
}

function* validateTopologies(terms: readonly TopologySelectorTerm[], field: string): Generator<Cause> {
  const seen: string[] = []
  for (const [index, term] of terms.entries()) {
    const { matchLabelExpressions = [] } = term
    const place = `${field}[${index}].matchLabelExpressions`
    const keys = new Set<string>()
    for (const [at, requirement] of matchLabelExpressions.entries()) {
      yield* validateRequirement(requirement, `${place}[${at}]`)
      if (keys.has(requirement.key)) yield duplicate(`${place}[${at}].key`, requirement.key)
      keys.add(requirement.key)
    }
    const meaning = meaningOf(term)
    if (seen.includes(meaning)) yield duplicate(place, '')
    seen.push(meaning)
  }
}

function* validateRequirement(
  { key = '', values = [] }: Unchecked<TopologySelectorLabelRequirement>,
  field: string,
): Generator<Cause> {
  if (values.length === 0) yield required(`${field}.values`, '')
  for (const [index, value] of values.entries()) {
    if (values.indexOf(value) < index) yield duplicate(`${field}.values[${index}]`, value)
  }
  yield* validateLabelName(key, `${field}.key`)
}

/** Terms that allow the same nodes have the same text. */
function meaningOf({ matchLabelExpressions = [] }: TopologySelectorTerm): string {
  const byKey = matchLabelExpressions.map(({ key, values }) => [key, [...new Set(values)].toSorted()] as const)
  return JSON.stringify(Object.entries(Object.fromEntries(byKey)).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
