import { expect, test } from 'vitest'
import { ConfigMap } from '../../api/kinds/core/config-map.ts'
import type { OwnerReference } from '../../api/object.ts'
import { type TestCluster, testCluster } from '../../../test/support/cluster.ts'
import { GarbageCollector } from './garbage-collector.ts'

async function owned(
  cluster: TestCluster,
  name: string,
  owners: readonly ConfigMap[] = [],
  block = true,
): Promise<ConfigMap> {
  const ownerReferences: OwnerReference[] = owners.map(({ metadata }) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: metadata.name,
    uid: metadata.uid ?? '',
    blockOwnerDeletion: block,
  }))
  const metadata = { name, namespace: 'default', ...(owners.length === 0 ? {} : { ownerReferences }) }
  return cluster.client.create<ConfigMap>({ apiVersion: 'v1', kind: 'ConfigMap', metadata })
}

async function names(cluster: TestCluster): Promise<string[]> {
  const { items } = await cluster.client.list(ConfigMap, { namespace: 'default' })
  return items.map(({ metadata }) => metadata.name)
}

async function collecting(): Promise<TestCluster> {
  const cluster = await testCluster()
  await cluster.run(new GarbageCollector(cluster.client))
  return cluster
}

function remove(
  cluster: TestCluster,
  name: string,
  propagationPolicy: 'Background' | 'Foreground' | 'Orphan',
): Promise<void> {
  return cluster.client.delete(ConfigMap, { namespace: 'default', name }, { propagationPolicy })
}

test('in the background, what an object owned goes after it, all the way down', async () => {
  await using cluster = await collecting()
  const root = await owned(cluster, 'root')
  const child = await owned(cluster, 'child', [root])
  await owned(cluster, 'grandchild', [child])
  await owned(cluster, 'other')
  await remove(cluster, 'root', 'Background')
  expect(await names(cluster)).toContain('child')
  await cluster.clock.advance(1_000)
  expect(await names(cluster)).toEqual(['other'])
})

test('in the foreground, the owner goes last', async () => {
  await using cluster = await collecting()
  const root = await owned(cluster, 'root')
  const child = await owned(cluster, 'child', [root])
  await cluster.client.update({ ...child, metadata: { ...child.metadata, finalizers: ['example.com/hold'] } })
  await remove(cluster, 'root', 'Foreground')
  await cluster.clock.advance(5_000)
  expect(await names(cluster)).toEqual(['child', 'root'])
  await cluster.client.mergePatch(
    ConfigMap,
    { namespace: 'default', name: 'child' },
    { metadata: { finalizers: null } },
  )
  await cluster.clock.advance(5_000)
  expect(await names(cluster)).toEqual([])
})

test('orphaned, dependents live on without their owner', async () => {
  await using cluster = await collecting()
  const root = await owned(cluster, 'root')
  await owned(cluster, 'child', [root])
  await remove(cluster, 'root', 'Orphan')
  await cluster.clock.advance(1_000)
  expect(await names(cluster)).toEqual(['child'])
  const child = await cluster.client.get(ConfigMap, { namespace: 'default', name: 'child' })
  expect(child?.metadata.ownerReferences).toBeUndefined()
})

test('an object with an owner left stays, and forgets the one that went', async () => {
  await using cluster = await collecting()
  const first = await owned(cluster, 'first')
  const second = await owned(cluster, 'second')
  await owned(cluster, 'child', [first, second])
  await remove(cluster, 'first', 'Background')
  await cluster.clock.advance(1_000)
  const child = await cluster.client.get(ConfigMap, { namespace: 'default', name: 'child' })
  expect(child?.metadata.ownerReferences?.map(({ name }) => name)).toEqual(['second'])
})

test('an object that names an owner who never was is collected', async () => {
  await using cluster = await collecting()
  const ghost = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ghost', uid: 'none' } } as ConfigMap
  await owned(cluster, 'child', [ghost])
  await cluster.clock.advance(1_000)
  expect(await names(cluster)).toEqual([])
})

test('objects that own each other in a circle do not wait for each other for ever', async () => {
  await using cluster = await collecting()
  const a = await owned(cluster, 'a')
  const b = await owned(cluster, 'b', [a])
  const toB = { apiVersion: 'v1', kind: 'ConfigMap', name: 'b', uid: b.metadata.uid ?? '', blockOwnerDeletion: true }
  await cluster.client.update({ ...a, metadata: { ...a.metadata, ownerReferences: [toB] } })
  await remove(cluster, 'a', 'Foreground')
  await cluster.clock.advance(20_000)
  expect(await names(cluster)).toEqual([])
})
