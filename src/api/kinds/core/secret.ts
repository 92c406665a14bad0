import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { Secret as SecretObject } from '../../types.generated.ts'

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
}
