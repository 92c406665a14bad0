import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { CSIStorageCapacity as CSIStorageCapacityObject } from '../../types.generated.ts'

export type CSIStorageCapacity = CSIStorageCapacityObject

export const CSIStorageCapacity: Kind<CSIStorageCapacity> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  singular: 'csistoragecapacity',
  namespaced: true,
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.storage.v1.CSIStorageCapacity'),
}
