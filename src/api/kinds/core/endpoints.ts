import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { Endpoints as EndpointsObject } from '../../types.generated.ts'
import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import { defaultEndpoints, endpointsWarnings, printEndpoints } from './endpoints-strategy.ts'
import { validateEndpoints, validateEndpointsUpdate } from './validate-endpoints.ts'

export type Endpoints = EndpointsObject

export const Endpoints: Kind<Endpoints> = {
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  singular: 'endpoints',
  namespaced: true,
  shortNames: ['ep'],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.core.v1.Endpoints'),

  default: defaultEndpoints,
  validate: (endpoints, old) =>
    old === undefined ? validateEndpoints(endpoints) : validateEndpointsUpdate(endpoints, old),
  warnings: endpointsWarnings,
  createOnUpdate: true,
  columns: [
    nameColumn(),
    {
      name: 'Endpoints',
      type: 'string',
      description: 'The set of all endpoints is the union of all subsets.',
      cell: printEndpoints,
    },
    ageColumn(),
  ],
}
