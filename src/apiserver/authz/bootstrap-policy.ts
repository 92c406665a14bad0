import type { ApiObject } from '../../api/object.ts'
import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  Subject,
} from '../../api/types.generated.ts'
import policy from './bootstrap-policy.json' with { type: 'json' }

const GROUP = 'rbac.authorization.k8s.io'
const API_VERSION = `${GROUP}/v1`
const CONTROLLER_PREFIX = 'system:controller:'

/** What every default role and binding carries, so that it is known as one. */
const METADATA = {
  labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
}

interface RoleData {
  readonly name: string
  readonly aggregates?: string
  readonly aggregateTo?: string
  readonly rules?: readonly (readonly string[])[]
}

/**
 * The roles and bindings that every cluster starts with (k8s.io/kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy,
 * with the features that are on by default). A rule in the data is `[verbs, groups, resources, names?]`, or
 * `[verbs, "urls", paths]`.
 */
export function bootstrapPolicy(): readonly ApiObject[] {
  return [
    ...policy.clusterRoles.map((data) => clusterRole(data)),
    ...policy.controllerRoles.map((data) => clusterRole({ ...data, name: `${CONTROLLER_PREFIX}${data.name}` })),
    ...policy.clusterRoleBindings.map(({ role, subjects }) => clusterRoleBinding(role, subjects)),
    ...policy.controllerRoles.map(({ name }) =>
      clusterRoleBinding(`${CONTROLLER_PREFIX}${name}`, [`account kube-system/${name}`]),
    ),
    ...policy.roles.map(({ namespace, name, rules }): Role => ({
      apiVersion: API_VERSION,
      kind: 'Role',
      metadata: { name, namespace, ...METADATA },
      rules: rules.map(ruleOf),
    })),
    ...policy.roleBindings.map((data) => roleBinding(data)),
  ]
}

function clusterRole({ name, aggregates, aggregateTo, rules }: RoleData): ClusterRole {
  const labels = {
    ...METADATA.labels,
    ...(aggregateTo === undefined ? {} : { [`${GROUP}/aggregate-to-${aggregateTo}`]: 'true' }),
  }
  const matchLabels = { [`${GROUP}/aggregate-to-${aggregates ?? ''}`]: 'true' }
  return {
    apiVersion: API_VERSION,
    kind: 'ClusterRole',
    metadata: { name, labels, annotations: METADATA.annotations },
    ...(aggregates === undefined ? {} : { aggregationRule: { clusterRoleSelectors: [{ matchLabels }] } }),
    rules: (rules ?? []).map(ruleOf),
  }
}

function clusterRoleBinding(role: string, subjects: readonly string[]): ClusterRoleBinding {
  return {
    apiVersion: API_VERSION,
    kind: 'ClusterRoleBinding',
    metadata: { name: role, ...METADATA },
    roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: role },
    ...(subjects.length === 0 ? {} : { subjects: subjects.map(subjectOf) }),
  }
}

function roleBinding(data: {
  readonly namespace: string
  readonly role: string
  readonly name?: string
  readonly subjects: readonly string[]
}): RoleBinding {
  const { namespace, role, name = role, subjects } = data
  return {
    apiVersion: API_VERSION,
    kind: 'RoleBinding',
    metadata: { name, namespace, ...METADATA },
    roleRef: { apiGroup: GROUP, kind: 'Role', name: role },
    subjects: subjects.map(subjectOf),
  }
}

function ruleOf([verbs = '', groups = '', things = '', names]: readonly string[]): PolicyRule {
  if (groups === 'urls') return { verbs: verbs.split(' '), nonResourceURLs: things.split(' ') }
  return {
    verbs: verbs.split(' '),
    apiGroups: groups.split(' ').map((group) => (group === 'core' ? '' : group)),
    resources: things.split(' '),
    ...(names === undefined ? {} : { resourceNames: names.split(' ') }),
  }
}

/** `group G`, `user U` or `account NAMESPACE/NAME`. */
function subjectOf(text: string): Subject {
  const space = text.indexOf(' ')
  const kind = text.slice(0, space)
  const name = text.slice(space + 1)
  if (kind === 'group') return { apiGroup: GROUP, kind: 'Group', name }
  if (kind === 'user') return { apiGroup: GROUP, kind: 'User', name }
  const [namespace = '', account = ''] = name.split('/')
  return { kind: 'ServiceAccount', namespace, name: account }
}
