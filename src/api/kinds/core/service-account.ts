import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { ServiceAccount as ServiceAccountObject } from '../../types.generated.ts'
import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'

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

  *validate({ metadata }, old) {
    if (old !== undefined) yield* validateObjectMetaUpdate(metadata, old.metadata)
    yield* validateObjectMeta(metadata, { namespaced: true, name: nameIsDnsSubdomain })
  },
  columns: [
    nameColumn(),
    {
      name: 'Secrets',
      type: 'string',
      description:
        'Secrets is a list of the secrets in the same namespace that pods running using this ServiceAccount are allowed to use.',
      cell: ({ secrets = [] }) => secrets.length,
    },
    ageColumn(),
  ],
}
