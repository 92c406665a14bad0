import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { ResourceSlice as ResourceSliceObject } from '../../types.generated.ts'
import { validateResourceSlice } from './validate-resource-slice.ts'

export type ResourceSlice = ResourceSliceObject

export const ResourceSlice: Kind<ResourceSlice> = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceSlice',
  plural: 'resourceslices',
  singular: 'resourceslice',
  namespaced: false,
  schema: () => builtinSchema('io.k8s.api.resource.v1.ResourceSlice'),

  validate: validateResourceSlice,
  columns: [
    nameColumn(),
    {
      name: 'Node',
      type: 'string',
      description: 'The node that the devices belong to.',
      cell: ({ spec }) => spec.nodeName ?? '',
    },
    {
      name: 'Driver',
      type: 'string',
      description: 'The driver that offers the devices.',
      cell: ({ spec }) => spec.driver,
    },
    {
      name: 'Pool',
      type: 'string',
      description: 'The pool that the devices belong to.',
      cell: ({ spec }) => spec.pool.name,
    },
    ageColumn(),
  ],
  selectableFields: [
    { path: 'spec.nodeName', value: ({ spec }) => spec.nodeName ?? '' },
    { path: 'spec.driver', value: ({ spec }) => spec.driver },
  ],
}
