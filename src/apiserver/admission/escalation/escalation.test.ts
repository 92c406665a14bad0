import { describe, expect, test } from 'vitest'
import { type TestCluster, testCluster } from '../../../../test/support/cluster.ts'
import type { ClusterRole } from '../../../api/kinds/rbac/cluster-role.ts'
import type { ClusterRoleBinding } from '../../../api/kinds/rbac/cluster-role-binding.ts'
import type { Role } from '../../../api/kinds/rbac/role.ts'
import type { RoleBinding } from '../../../api/kinds/rbac/role-binding.ts'
import type { PolicyRule } from '../../../api/types.generated.ts'
import { RbacAuthorizer } from '../../authz/rbac.ts'
import type { AdmissionPlugin } from '../admission.ts'
import { escalationCheck } from '../escalation.ts'
import { printMissingRules } from './missing-rules.ts'

const RBAC = 'rbac.authorization.k8s.io'
const API = { apiVersion: `${RBAC}/v1` } as const
const ASHA = { username: 'asha', groups: ['dev', 'system:authenticated'] }

/** The check needs an authorizer over the store that the cluster is yet to make. */
function lateCheck(): AdmissionPlugin {
  let check: AdmissionPlugin | undefined
  return {
    name: 'check',
    admit: (request, context) =>
      (check ??= escalationCheck(new RbacAuthorizer(context.store))).admit?.(request, context),
  }
}

/** A cluster in which Asha holds these rules everywhere. */
async function clusterWith(rules: readonly PolicyRule[]): Promise<TestCluster> {
  const cluster = await testCluster({ admission: [lateCheck()] })
  const { client } = cluster
  await client.create({ ...API, kind: 'ClusterRole', metadata: { name: 'asha' }, rules } as ClusterRole)
  const subjects = [{ apiGroup: RBAC, kind: 'User', name: 'asha' }]
  const roleRef = { apiGroup: RBAC, kind: 'ClusterRole', name: 'asha' }
  await client.create({
    ...API,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'asha' },
    roleRef,
    subjects,
  } as ClusterRoleBinding)
  return cluster
}

const read: PolicyRule = { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }
const role = (rules: readonly PolicyRule[]): Role => ({
  ...API,
  kind: 'Role',
  metadata: { name: 'r', namespace: 'default' },
  rules,
})
const binding = (name: string): RoleBinding => ({
  ...API,
  kind: 'RoleBinding',
  metadata: { name: 'b', namespace: 'default' },
  roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name },
  subjects: [{ kind: 'ServiceAccount', name: 'web', namespace: 'default' }],
})

describe('roles', () => {
  test('say no more than their writer may do', async () => {
    await using cluster = await clusterWith([read])
    const asha = cluster.client.as(ASHA)
    await asha.create(role([read]))
    const more = { apiGroups: [''], resources: ['pods', 'secrets'], verbs: ['get', 'watch'] }
    await expect(asha.create({ ...role([more]), metadata: { name: 's', namespace: 'default' } })).rejects.toMatchObject(
      {
        code: 403,
        message: `roles.${RBAC} "s" is forbidden: user "asha" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:
{APIGroups:[""], Resources:["pods"], Verbs:["watch"]}
{APIGroups:[""], Resources:["secrets"], Verbs:["get" "watch"]}`,
      },
    )
  })

  test('say what they like where their writer may escalate', async () => {
    await using cluster = await clusterWith([{ apiGroups: [RBAC], resources: ['roles'], verbs: ['escalate'] }])
    await cluster.client.as(ASHA).create(role([read]))
  })

  test('gather from others only where their writer may do anything', async () => {
    await using cluster = await clusterWith([read])
    const gathering = {
      ...API,
      kind: 'ClusterRole',
      metadata: { name: 'all' },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] },
      rules: [],
    } as unknown as ClusterRole
    await expect(cluster.client.as(ASHA).create(gathering)).rejects.toThrow(
      `clusterroles.${RBAC} "all" is forbidden: must have cluster-admin privileges to use the aggregationRule`,
    )
  })

  test('lose a finalizer whoever takes it off', async () => {
    await using cluster = await clusterWith([])
    const { client } = cluster
    const metadata = { name: 'r', namespace: 'default', finalizers: ['a.example.com/b'] }
    const created = await client.create({ ...role([read]), metadata })
    const { finalizers: _, ...rest } = created.metadata
    await client.as(ASHA).update({ ...created, metadata: rest })
  })
})

describe('bindings', () => {
  test('hand out no more than their writer may do', async () => {
    await using cluster = await clusterWith([read])
    const { client } = cluster
    const rules = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]
    await client.create({ ...API, kind: 'ClusterRole', metadata: { name: 'root' }, rules } as ClusterRole)
    await client.as(ASHA).create(binding('asha'))
    await expect(client.as(ASHA).create({ ...binding('root'), metadata: { name: 'c', namespace: 'default' } })).rejects
      .toThrow(`rolebindings.${RBAC} "c" is forbidden: user "asha" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:
{APIGroups:["*"], Resources:["*"], Verbs:["*"]}`)
    await expect(client.as(ASHA).create(binding('none'))).rejects.toThrow(`clusterroles.${RBAC} "none" not found`)
  })

  test('hand out a role whose binding is allowed by name', async () => {
    const bind = { apiGroups: [RBAC], resources: ['clusterroles'], verbs: ['bind'], resourceNames: ['root'] }
    await using cluster = await clusterWith([bind])
    const { client } = cluster
    await client.create({ ...API, kind: 'ClusterRole', metadata: { name: 'root' }, rules: [read] } as ClusterRole)
    await client.as(ASHA).create(binding('root'))
  })
})

test('what is missing is printed once a resource, in order', () => {
  expect(
    printMissingRules([
      { nonResourceURLs: ['/metrics'], verbs: ['get'] },
      { apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['web'], verbs: ['get'] },
      { apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['web'], verbs: ['patch'] },
    ]),
  ).toBe(`{APIGroups:["apps"], Resources:["deployments"], ResourceNames:["web"], Verbs:["get" "patch"]}
{NonResourceURLs:["/metrics"], Verbs:["get"]}`)
})
