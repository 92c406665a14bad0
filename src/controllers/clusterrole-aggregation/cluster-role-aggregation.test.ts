import { expect, test } from 'vitest'
import { testCluster } from '../../../test/support/cluster.ts'
import { ClusterRole } from '../../api/kinds/rbac/cluster-role.ts'
import type { Kind } from '../../api/kind.ts'
import { bootstrapPolicy } from '../../apiserver/authz/bootstrap-policy.ts'
import { ClusterRoleAggregationController } from './cluster-role-aggregation-controller.ts'

test('admin can do what edit can, and edit what view can, custom resources included', async () => {
  await using cluster = await testCluster()
  const { client, informers, clock, world } = cluster
  const events = (component: string) => cluster.events(component)
  await cluster.run(new ClusterRoleAggregationController({ client, informers, clock, random: world.random, events }))
  for (const object of bootstrapPolicy()) await client.create(object)
  await clock.advance(10)
  const rulesOf = async (name: string): Promise<readonly string[]> =>
    ((await client.get(ClusterRole, { name }))?.rules ?? []).map((rule) => JSON.stringify(rule))
  const [admin, edit, view] = [await rulesOf('admin'), await rulesOf('edit'), await rulesOf('view')]
  expect([admin.length, edit.length, view.length]).toEqual([27, 25, 11])
  expect(edit).toEqual(expect.arrayContaining([...view]))
  expect(admin).toEqual(expect.arrayContaining([...edit]))
  const labels = { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' }
  const rules = [{ apiGroups: ['example.com'], resources: ['carts'], verbs: ['get'] }]
  await client.create({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'carts', labels },
    rules,
  } as ClusterRole)
  await clock.advance(10)
  expect(await rulesOf('admin')).toContain(JSON.stringify(rules[0]))
  await client.delete(ClusterRole as unknown as Kind, { name: 'carts' })
  await clock.advance(10)
  expect(await rulesOf('admin')).toEqual(admin)
  expect(cluster.errors).toEqual([])
})
