import type { Cause } from '../../errors.ts'
import type { Kind } from '../../kind.ts'
import { nameIsPathSegment } from '../../names/object-names.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { Role as RoleObject } from '../../types.generated.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { validateRules } from './validate-rules.ts'

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

  createOnUpdate: true,
  validate,
}

/** pkg/apis/rbac/validation/validation.go ValidateRole and ValidateRoleUpdate. */
function* validate({ metadata, rules = [] }: Role, old?: Role): Generator<Cause> {
  if (old === undefined) yield* validateObjectMeta(metadata, { namespaced: true, name: nameIsPathSegment })
  else yield* validateObjectMetaUpdate(metadata, old.metadata)
  yield* validateRules(rules, { namespaced: true })
}
