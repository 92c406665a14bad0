import type { Cause } from '../../errors.ts'
import { required } from '../../errors.ts'
import type { Kind } from '../../kind.ts'
import { nameIsPathSegment } from '../../names/object-names.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import { validateLabelSelector } from '../../selectors/label-selector.ts'
import type { AggregationRule, ClusterRole as ClusterRoleObject } from '../../types.generated.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { validateRules } from './validate-rules.ts'

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

  createOnUpdate: true,
  validate,
}

/** pkg/apis/rbac/validation/validation.go ValidateClusterRole and ValidateClusterRoleUpdate. */
function* validate({ metadata, rules = [], aggregationRule }: ClusterRole, old?: ClusterRole): Generator<Cause> {
  if (old === undefined) yield* validateObjectMeta(metadata, { namespaced: false, name: nameIsPathSegment })
  else yield* validateObjectMetaUpdate(metadata, old.metadata)
  yield* validateRules(rules, { namespaced: false })
  if (aggregationRule !== undefined) yield* validateAggregation(aggregationRule)
}

function* validateAggregation({ clusterRoleSelectors: selectors = [] }: AggregationRule): Generator<Cause> {
  const field = 'aggregationRule.clusterRoleSelectors'
  if (selectors.length === 0) {
    yield required(field, 'at least one clusterRoleSelector required if aggregationRule is non-nil')
  }
  for (const [index, selector] of selectors.entries()) yield* validateLabelSelector(selector, `${field}[${index}]`)
}
