import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { ServiceAccount as ServiceAccountObject } from '../../types.generated.ts'

export type ServiceAccount = ServiceAccountObject

export const ServiceAccount: Kind<ServiceAccount> = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  singular: 'serviceaccount',
  namespaced: true,
  shortNames: ['sa'],
  subresources: [
    { name: 'token', verbs: ['create'], group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
  ],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.core.v1.ServiceAccount'),
}
