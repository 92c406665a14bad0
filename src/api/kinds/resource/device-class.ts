import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { DeviceClass as DeviceClassObject } from '../../types.generated.ts'

export type DeviceClass = DeviceClassObject

export const DeviceClass: Kind<DeviceClass> = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'DeviceClass',
  plural: 'deviceclasses',
  singular: 'deviceclass',
  namespaced: false,
  schema: () => builtinSchema('io.k8s.api.resource.v1.DeviceClass'),
}
