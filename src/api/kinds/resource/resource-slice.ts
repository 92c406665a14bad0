import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { ResourceSlice as ResourceSliceObject } from '../../types.generated.ts'

export type ResourceSlice = ResourceSliceObject

export const ResourceSlice: Kind<ResourceSlice> = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceSlice',
  plural: 'resourceslices',
  singular: 'resourceslice',
  namespaced: false,
  schema: () => builtinSchema('io.k8s.api.resource.v1.ResourceSlice'),
}
