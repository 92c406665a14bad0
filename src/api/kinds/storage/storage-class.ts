import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { StorageClass as StorageClassObject } from '../../types.generated.ts'

export type StorageClass = StorageClassObject

export const StorageClass: Kind<StorageClass> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  singular: 'storageclass',
  namespaced: false,
  shortNames: ['sc'],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.storage.v1.StorageClass'),
}
