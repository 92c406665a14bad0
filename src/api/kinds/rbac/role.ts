import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { Role as RoleObject } from '../../types.generated.ts'

export type Role = RoleObject

export const Role: Kind<Role> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'Role',
  plural: 'roles',
  singular: 'role',
  namespaced: true,
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.rbac.v1.Role'),
}
