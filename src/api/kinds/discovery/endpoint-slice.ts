import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { EndpointSlice as EndpointSliceObject } from '../../types.generated.ts'

export type EndpointSlice = EndpointSliceObject

export const EndpointSlice: Kind<EndpointSlice> = {
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  singular: 'endpointslice',
  namespaced: true,
  schema: () => builtinSchema('io.k8s.api.discovery.v1.EndpointSlice'),
}
