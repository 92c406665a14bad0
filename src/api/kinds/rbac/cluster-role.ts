import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { ClusterRole as ClusterRoleObject } from '../../types.generated.ts'

export type ClusterRole = ClusterRoleObject

export const ClusterRole: Kind<ClusterRole> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  singular: 'clusterrole',
  namespaced: false,
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.rbac.v1.ClusterRole'),
}
