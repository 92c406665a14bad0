import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { RoleBinding as RoleBindingObject } from '../../types.generated.ts'
import { bindingColumns, defaultBinding, validateBinding } from './binding-strategy.ts'

export type RoleBinding = RoleBindingObject

const RULES = { namespaced: true, roleKinds: ['Role', 'ClusterRole'] }

export const RoleBinding: Kind<RoleBinding> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  singular: 'rolebinding',
  namespaced: true,
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.rbac.v1.RoleBinding'),

  createOnUpdate: true,
  default: defaultBinding,
  validate: (binding, old) => validateBinding(binding, old, RULES),
  columns: bindingColumns('roleBinding'),
}
