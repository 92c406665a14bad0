import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { ClusterRoleBinding as ClusterRoleBindingObject } from '../../types.generated.ts'
import { bindingColumns, defaultBinding, validateBinding } from './binding-strategy.ts'

export type ClusterRoleBinding = ClusterRoleBindingObject

const RULES = { namespaced: false, roleKinds: ['ClusterRole'] }

export const ClusterRoleBinding: Kind<ClusterRoleBinding> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  singular: 'clusterrolebinding',
  namespaced: false,
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.rbac.v1.ClusterRoleBinding'),

  createOnUpdate: true,
  default: defaultBinding,
  validate: (binding, old) => validateBinding(binding, old, RULES),
  columns: bindingColumns('clusterRoleBinding'),
}
