import { expect, test } from 'vitest'
import type { Kind } from '../../api/kind.ts'
import { ConfigMap } from '../../api/kinds/core/config-map.ts'
import { Event } from '../../api/kinds/core/event.ts'
import { Node } from '../../api/kinds/core/node.ts'
import type { ApiObject, OwnerReference } from '../../api/object.ts'
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
  await cluster.run(new GarbageCollector(cluster))
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

test('an owner in another namespace owns nothing here: an event says so, and the object goes', async () => {
  await using cluster = await collecting()
  const owner = await cluster.client.create<ConfigMap>({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'owner', namespace: 'kube-system' },
  })
  await owned(cluster, 'child', [owner])
  await cluster.clock.advance(1_000)
  expect(await names(cluster)).toEqual([])
  const { items } = await cluster.client.list(Event)
  expect(items.map(({ type, reason, message }) => `${type} ${reason}: ${message}`)).toEqual([
    `Warning OwnerRefInvalidNamespace: ownerRef [v1/ConfigMap, namespace: default, name: owner, uid: ${owner.metadata.uid}] does not exist in namespace "default"`,
  ])
})

test('an object in no namespace that names an owner in one stays', async () => {
  await using cluster = await collecting()
  const owner = await owned(cluster, 'owner')
  const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid ?? '' }
  const metadata = { name: 'n1', ownerReferences: [reference] }
  await cluster.client.create({ apiVersion: 'v1', kind: 'Node', metadata, spec: {} } as ApiObject)
  await cluster.clock.advance(60_000)
  expect(await cluster.client.get(Node, { name: 'n1' })).toBeDefined()
})

test('an object in a namespace that names an owner in none goes with it', async () => {
  await using cluster = await collecting()
  const node = await cluster.client.create({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n1' },
    spec: {},
  } as Node)
  const reference = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: node.metadata.uid ?? '' }
  const metadata = { namespace: 'default', name: 'child', ownerReferences: [reference] }
  await cluster.client.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata } as ApiObject)
  await cluster.clock.advance(1_000)
  expect(await names(cluster)).toEqual(['child'])
  await cluster.client.delete(Node as unknown as Kind, { name: 'n1' })
  await cluster.clock.advance(1_000)
  expect(await names(cluster)).toEqual([])
})

test('a reference to the right uid under a wrong name leads to nobody', async () => {
  await using cluster = await collecting()
  const owner = await owned(cluster, 'owner')
  await owned(cluster, 'child', [{ ...owner, metadata: { ...owner.metadata, name: 'other' } }])
  await cluster.clock.advance(1_000)
  expect(await names(cluster)).toEqual(['owner'])
})

test('an object that names an owner of a kind that is not served is left alone', async () => {
  await using cluster = await collecting()
  const reference = { apiVersion: 'example.com/v1', kind: 'Shop', name: 'main', uid: 'u1' }
  const metadata = { namespace: 'default', name: 'child', ownerReferences: [reference] }
  await cluster.client.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata } as ApiObject)
  await cluster.clock.advance(60_000)
  expect(await names(cluster)).toEqual(['child'])
})

test('in the foreground, dependents that do not block are not waited for', async () => {
  await using cluster = await collecting()
  const root = await owned(cluster, 'root')
  const child = await owned(cluster, 'child', [root], false)
  await cluster.client.update({ ...child, metadata: { ...child.metadata, finalizers: ['example.com/hold'] } })
  await remove(cluster, 'root', 'Foreground')
  await cluster.clock.advance(5_000)
  expect(await names(cluster)).toEqual(['child'])
})

test('in the foreground, a dependent that stops blocking frees its owner', async () => {
  await using cluster = await collecting()
  const root = await owned(cluster, 'root')
  const child = await owned(cluster, 'child', [root])
  const finalizers = ['example.com/hold']
  await cluster.client.update({ ...child, metadata: { ...child.metadata, finalizers } })
  await remove(cluster, 'root', 'Foreground')
  await cluster.clock.advance(5_000)
  expect(await names(cluster)).toEqual(['child', 'root'])
  await cluster.client.mergePatch(
    ConfigMap,
    { namespace: 'default', name: 'child' },
    { metadata: { ownerReferences: null } },
  )
  await cluster.clock.advance(1_000)
  expect(await names(cluster)).toEqual(['child'])
})

test('a chain goes in the foreground from its end', async () => {
  await using cluster = await collecting()
  const gone: string[] = []
  cluster.informers.of(ConfigMap).handle({ deleted: ({ metadata }) => gone.push(metadata.name) })
  const root = await owned(cluster, 'root')
  const child = await owned(cluster, 'child', [root])
  await owned(cluster, 'grandchild', [child])
  await remove(cluster, 'root', 'Foreground')
  await cluster.clock.advance(5_000)
  expect(gone).toEqual(['grandchild', 'child', 'root'])
})

test('an owner lets nobody go whom it could not disown', async () => {
  await using cluster = await collecting()
  const root = await owned(cluster, 'root')
  const child = await owned(cluster, 'child', [root])
  // Somebody writes the child whenever it is looked at.
  let writes = 0
  cluster.informers.of(ConfigMap).handle({
    updated: ({ metadata }) => {
      if (metadata.name !== 'root' || writes++ > 0) return
      void cluster.client.mergePatch(ConfigMap, child.metadata, { data: { n: String(writes) } })
    },
  })
  await remove(cluster, 'root', 'Orphan')
  await cluster.clock.advance(5_000)
  expect(await names(cluster)).toEqual(['child'])
})
