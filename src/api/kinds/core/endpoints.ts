import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { Endpoints as EndpointsObject } from '../../types.generated.ts'

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
}
