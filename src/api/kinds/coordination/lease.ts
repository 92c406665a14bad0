import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { Lease as LeaseObject } from '../../types.generated.ts'

export type Lease = LeaseObject

export const Lease: Kind<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  singular: 'lease',
  namespaced: true,
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.coordination.v1.Lease'),
}
