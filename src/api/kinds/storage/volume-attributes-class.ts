import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import type { Cause } from '../../errors.ts'
import { forbiddenField, required } from '../../errors.ts'
import type { Kind } from '../../kind.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { VolumeAttributesClass as VolumeAttributesClassObject } from '../../types.generated.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { semanticEqual } from '../validation/semantic-equal.ts'
import { validateParameters, validateProvisioner } from './validate-storage-class.ts'

export type VolumeAttributesClass = VolumeAttributesClassObject

export const VolumeAttributesClass: Kind<VolumeAttributesClass> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  plural: 'volumeattributesclasses',
  singular: 'volumeattributesclass',
  namespaced: false,
  shortNames: ['vac'],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.storage.v1.VolumeAttributesClass'),

  validate,
  columns: [
    nameColumn(),
    { name: 'DriverName', type: 'string', description: 'Name of the CSI driver', cell: ({ driverName }) => driverName },
    ageColumn(),
  ],
}

/** pkg/apis/storage/validation/validation.go ValidateVolumeAttributesClass and its update. */
function* validate(
  { metadata, driverName, parameters = {} }: VolumeAttributesClass,
  old?: VolumeAttributesClass,
): Generator<Cause> {
  if (old === undefined) yield* validateObjectMeta(metadata, { namespaced: false, name: nameIsDnsSubdomain })
  else {
    yield* validateObjectMetaUpdate(metadata, old.metadata)
    if (driverName !== old.driverName) yield forbiddenField('driverName', 'updates to driverName are forbidden.')
    if (!semanticEqual(parameters, old.parameters)) {
      yield forbiddenField('parameters', 'updates to parameters are forbidden.')
    }
  }
  yield* validateProvisioner(driverName ?? '', 'driverName')
  yield* validateParameters(parameters, 'parameters')
  if (Object.keys(parameters).length === 0) {
    yield required('parameters', 'must contain at least one key/value pair')
  }
}
