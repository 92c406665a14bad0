import { describe, expect, test } from 'vitest'
import { created, refusals, row, updateRefusals } from '../../../../test/support/problems.ts'
import type { PolicyRule, Subject } from '../../types.generated.ts'
import { ClusterRoleBinding } from './cluster-role-binding.ts'
import { ClusterRole } from './cluster-role.ts'
import { RoleBinding } from './role-binding.ts'
import { Role } from './role.ts'

const GROUP = 'rbac.authorization.k8s.io'
const META = { name: 'system:reader', namespace: 'shop' }
const apiVersion = 'rbac.authorization.k8s.io/v1'

const role = (...rules: readonly PolicyRule[]): Role => ({ apiVersion, kind: 'Role', metadata: META, rules })

function binding(subjects: readonly Subject[], roleName = 'reader'): RoleBinding {
  return {
    apiVersion,
    kind: 'RoleBinding',
    metadata: META,
    // As a protobuf client sends what it leaves out.
    roleRef: { apiGroup: '', kind: 'Role', name: roleName },
    subjects,
  }
}

describe('a Role', () => {
  test.each<[PolicyRule, readonly string[]]>([
    [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }, []],
    [
      { verbs: [] },
      [
        'rules[0].verbs: Required value: verbs must contain at least one value',
        'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
        'rules[0].resources: Required value: resource rules must supply at least one resource',
      ],
    ],
    [
      { verbs: ['get'], nonResourceURLs: ['/metrics'], resources: ['pods'] },
      [
        'rules[0].nonResourceURLs: Invalid value: ["/metrics"]: namespaced rules cannot apply to non-resource URLs',
        'rules[0].nonResourceURLs: Invalid value: ["/metrics"]: rules cannot apply to both regular resources and non-resource URLs',
      ],
    ],
  ])('%j', (rule, expected) => {
    expect(refusals(Role, role(rule))).toEqual(expected)
  })

  test('may have any name that fits in a path', () => {
    expect(refusals(Role, { ...role(), metadata: { name: 'a/b', namespace: 'shop' } })).toEqual([
      'metadata.name: Invalid value: "a/b": may not contain \'/\'',
    ])
  })
})

test('a ClusterRole aggregates by selectors', () => {
  const aggregate = (clusterRoleSelectors: readonly object[]): ClusterRole => ({
    apiVersion,
    kind: 'ClusterRole',
    metadata: { name: 'all' },
    rules: [{ verbs: ['get'], nonResourceURLs: ['/metrics'] }],
    aggregationRule: { clusterRoleSelectors },
  })
  expect(refusals(ClusterRole, aggregate([{ matchLabels: { a: 'b' } }]))).toEqual([])
  expect(refusals(ClusterRole, aggregate([]))).toEqual([
    'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
  ])
})

describe('a binding', () => {
  test('names groups that were left out', () => {
    const made = created(
      RoleBinding,
      binding([
        { kind: 'User', name: 'asha' },
        { kind: 'ServiceAccount', name: 'bot' },
      ]),
    )
    expect(made.roleRef.apiGroup).toBe(GROUP)
    expect(made.subjects).toEqual([
      { kind: 'User', name: 'asha', apiGroup: GROUP },
      { kind: 'ServiceAccount', name: 'bot' },
    ])
    expect(RoleBinding.default?.(made)).toBe(made)
  })

  test.each<[Subject, readonly string[]]>([
    [{ kind: 'Group', name: 'ops' }, []],
    [
      { kind: 'Robot', name: 'x' },
      ['subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"'],
    ],
    [
      { kind: 'User', name: '', apiGroup: 'x' },
      [
        'subjects[0].name: Required value',
        `subjects[0].apiGroup: Unsupported value: "x": supported values: "${GROUP}"`,
      ],
    ],
    [
      { kind: 'ServiceAccount', name: 'bot', apiGroup: GROUP },
      [`subjects[0].apiGroup: Unsupported value: "${GROUP}": supported values: ""`],
    ],
  ])('%j', (subject, expected) => {
    expect(refusals(RoleBinding, binding([subject]))).toEqual(expected)
  })

  test('stays bound to its role', () => {
    expect(updateRefusals(RoleBinding, binding([], 'writer'), binding([]))).toEqual([
      `roleRef: Invalid value: {"APIGroup":"${GROUP}","Kind":"Role","Name":"writer"}: cannot change roleRef`,
    ])
  })

  test('of the whole cluster is to a ClusterRole, and of accounts in a namespace', () => {
    const cluster: ClusterRoleBinding = {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'b' },
      roleRef: { kind: 'Role', name: 'reader' },
      subjects: [{ kind: 'ServiceAccount', name: 'bot' }],
    }
    expect(refusals(ClusterRoleBinding, cluster)).toEqual([
      'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
      'subjects[0].namespace: Required value',
    ])
  })

  test('kubectl get -o wide', () => {
    const subjects = [
      { kind: 'User', name: 'asha' },
      { kind: 'User', name: 'ravi' },
      { kind: 'ServiceAccount', name: 'bot', namespace: 'ops' },
    ]
    expect(row(RoleBinding, binding(subjects), 0)).toEqual({
      Name: 'system:reader',
      Role: 'Role/reader',
      Age: '<unknown>',
      Users: 'asha, ravi',
      Groups: '',
      ServiceAccounts: 'ops/bot',
    })
  })
})

test('roles and bindings may be created by an update', () => {
  for (const kind of [Role, ClusterRole, RoleBinding, ClusterRoleBinding]) expect(kind.createOnUpdate).toBe(true)
})
