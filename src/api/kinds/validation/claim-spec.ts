import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue, notSupported, required } from '../../errors.ts'
import { validateDns1123Subdomain } from '../../names/dns.ts'
import { validateAnnotations, validateLabels } from '../../names/labels.ts'
import { nameIsDnsLabel, nameIsDnsSubdomain } from '../../names/object-names.ts'
import { QuantityError } from '../../quantity-parse.ts'
import { printQuantity, signOfQuantity } from '../../quantity.ts'
import { validateLabelSelector } from '../../selectors/label-selector.ts'
import type {
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimTemplate,
  TypedObjectReference,
} from '../../types.generated.ts'
import { invalidFor } from './causes.ts'
import { validateOptionalChoice } from './choices.ts'
import { NOT_POSITIVE_MESSAGE } from './numbers.ts'
import { validateResourceQuantity } from './quantities.ts'
import { readQuantity } from './resource-lists.ts'
import type { Unchecked } from './unchecked.ts'

const ACCESS_MODES: readonly string[] = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']
export const VOLUME_MODES: readonly string[] = ['Block', 'Filesystem']

/** pkg/apis/core/validation/validation.go ValidatePersistentVolumeClaimSpec. */
export function* validateClaimSpec(spec: PersistentVolumeClaimSpec, field: string): Generator<Cause> {
  const { accessModes = [], selector, resources, storageClassName = '', volumeMode } = spec
  if (accessModes.length === 0) yield required(`${field}.accessModes`, 'at least 1 access mode is required')
  yield* validateLabelSelector(selector, `${field}.selector`)
  yield* validateAccessModes(accessModes, `${field}.accessModes`)
  yield* validateStorage(resources?.requests?.['storage'], `${field}.resources[storage]`)
  if (storageClassName !== '') {
    yield* invalidFor(`${field}.storageClassName`, storageClassName, nameIsDnsSubdomain(storageClassName))
  }
  yield* validateOptionalChoice(volumeMode, `${field}.volumeMode`, VOLUME_MODES)
  yield* validateDataSources(spec, field)
  const { volumeAttributesClassName: attributes = '' } = spec
  if (attributes !== '') {
    yield* invalidFor(`${field}.volumeAttributesClassName`, attributes, nameIsDnsSubdomain(attributes))
  }
}

/** ValidatePersistentVolumeClaimTemplate: of an object's metadata a template has only labels and annotations. */
export function* validateClaimTemplate(
  template: PersistentVolumeClaimTemplate | undefined,
  field: string,
): Generator<Cause> {
  const place = `${field}.volumeClaimTemplate`
  if (template === undefined) {
    yield required(place, '')
    return
  }
  const { annotations, labels, ...others } = template.metadata ?? { name: '' }
  yield* validateAnnotations(annotations, `${place}.metadata.annotations`)
  yield* validateLabels(labels, `${place}.metadata.labels`)
  for (const [name, value] of Object.entries(others)) {
    if (value === undefined || value === null || value === '') continue
    yield forbiddenField(`${place}.metadata.${name}`, 'cannot be set')
  }
  yield* validateClaimSpec(template.spec ?? {}, `${place}.spec`)
}

export function* validateAccessModes(modes: readonly string[], field: string): Generator<Cause> {
  for (const mode of modes) if (!ACCESS_MODES.includes(mode)) yield notSupported(field, mode, ACCESS_MODES)
  const known = modes.filter((mode) => ACCESS_MODES.includes(mode))
  if (known.includes('ReadWriteOncePod') && known.some((mode) => mode !== 'ReadWriteOncePod')) {
    yield forbiddenField(field, 'may not use ReadWriteOncePod with other access modes')
  }
}

function* validateStorage(text: string | undefined, field: string): Generator<Cause> {
  if (text === undefined) {
    yield required(field, '')
    return
  }
  const storage = readQuantity(text)
  if (!(storage instanceof QuantityError) && signOfQuantity(storage) <= 0) {
    yield invalidValue(field, printQuantity(storage), NOT_POSITIVE_MESSAGE)
  } else yield* validateResourceQuantity('storage', text, field)
}

function* validateDataSources(
  { dataSource, dataSourceRef }: PersistentVolumeClaimSpec,
  field: string,
): Generator<Cause> {
  if (dataSource !== undefined) yield* validateDataSource(dataSource, `${field}.dataSource`)
  if (dataSourceRef !== undefined) yield* validateDataSource(dataSourceRef, `${field}.dataSourceRef`)
  if (dataSource === undefined || dataSourceRef === undefined) return
  // Upstream gives a path as the bad value, which prints as an empty object.
  if ((dataSourceRef.namespace ?? '') !== '') {
    yield invalidValue(field, {}, 'may not be specified when dataSourceRef.namespace is specified')
  } else if (
    dataSource.apiGroup !== dataSourceRef.apiGroup ||
    dataSource.kind !== dataSourceRef.kind ||
    dataSource.name !== dataSourceRef.name
  ) {
    yield invalidValue(field, {}, 'must match dataSourceRef')
  }
}

function* validateDataSource(
  { name = '', kind = '', apiGroup = '', namespace = '' }: Unchecked<TypedObjectReference>,
  field: string,
): Generator<Cause> {
  if (name === '') yield required(`${field}.name`, '')
  if (kind === '') yield required(`${field}.kind`, '')
  if (apiGroup !== '') yield* invalidFor(`${field}.apiGroup`, apiGroup, validateDns1123Subdomain(apiGroup))
  else if (kind !== 'PersistentVolumeClaim') {
    yield invalidValue(field, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup")
  }
  if (namespace !== '') yield* invalidFor(`${field}.namespace`, namespace, nameIsDnsLabel(namespace))
}
