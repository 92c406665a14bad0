import { deepEqual } from '../../../base/equal.ts'
import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import type { Cause } from '../../errors.ts'
import { invalidValue } from '../../errors.ts'
import type { Kind } from '../../kind.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { DeviceClass as DeviceClassObject } from '../../types.generated.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { isExtendedResource } from '../validation/resource-names.ts'
import { validateList } from './bounded-lists.ts'
import { validateDeviceSelectors } from './device-selectors.ts'
import { CONFIGURATION_COUNT_MAX } from './validate-device-claim.ts'
import { validateConfiguration } from './validate-device-parts.ts'

export type DeviceClass = DeviceClassObject

export const DeviceClass: Kind<DeviceClass> = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'DeviceClass',
  plural: 'deviceclasses',
  singular: 'deviceclass',
  namespaced: false,
  schema: () => builtinSchema('io.k8s.api.resource.v1.DeviceClass'),

  validate,
  columns: [nameColumn(), ageColumn()],
}

/** pkg/apis/resource/validation/validation.go ValidateDeviceClass and ValidateDeviceClassUpdate. */
function* validate({ metadata, spec }: DeviceClass, old?: DeviceClass): Generator<Cause> {
  if (old === undefined) yield* validateObjectMeta(metadata, { namespaced: false, name: nameIsDnsSubdomain })
  else yield* validateObjectMetaUpdate(metadata, old.metadata)
  const { selectors = [], config = [], extendedResourceName } = spec
  if (!deepEqual(selectors, old?.spec.selectors)) yield* validateDeviceSelectors(selectors, 'spec.selectors')
  const isStored = deepEqual(config, old?.spec.config)
  yield* validateList(config, 'spec.config', { countMax: CONFIGURATION_COUNT_MAX }, (one, field) =>
    validateConfiguration(one, field, { isStored }),
  )
  if (extendedResourceName !== undefined && !isExtendedResource(extendedResourceName)) {
    yield invalidValue('spec.extendedResourceName', extendedResourceName, 'must be a valid extended resource name')
  }
}
