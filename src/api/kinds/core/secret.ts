import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { Secret as SecretObject } from '../../types.generated.ts'
import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import { defaultSecret, prepareSecretForUpdate } from './secret-strategy.ts'
import { validateSecret, validateSecretUpdate } from './validate-secret.ts'

export type Secret = SecretObject

export const Secret: Kind<Secret> = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  singular: 'secret',
  namespaced: true,
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.core.v1.Secret'),

  default: defaultSecret,
  prepareForUpdate: prepareSecretForUpdate,
  validate: (secret, old) => (old === undefined ? validateSecret(secret) : validateSecretUpdate(secret, old)),
  columns: [
    nameColumn(),
    {
      name: 'Type',
      type: 'string',
      description: 'Used to facilitate programmatic handling of secret data.',
      cell: ({ type }) => type ?? '',
    },
    {
      name: 'Data',
      type: 'string',
      description: 'Data contains the secret data.',
      cell: ({ data = {} }) => Object.keys(data).length,
    },
    ageColumn(),
  ],
  selectableFields: [{ path: 'type', value: ({ type }) => type ?? '' }],
}
