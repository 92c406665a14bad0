import { describe, expect, test } from 'vitest'
import { testCluster } from '../../../test/support/cluster.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { Expectations } from './expectations.ts'

function ownedPod(name: string): Pod {
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'owner', controller: true }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', ownerReferences: [owner] },
    spec: { containers: [{ name: 'c', image: 'a:1' }] },
  }
}

describe('an owner', () => {
  test('is up to date again once its creations and deletions were seen', async () => {
    await using cluster = await testCluster()
    const { client, informers, clock } = cluster
    const expectations = new Expectations(clock)
    expectations.watch(informers)
    expectations.expectCreations('owner', 2)
    await client.create(ownedPod('a'))
    expect(expectations.isSatisfied('owner')).toBe(false)
    const pod = await client.create(ownedPod('b'))
    expect(expectations.isSatisfied('owner')).toBe(true)
    expectations.expectDeletions('owner', [pod])
    expect(expectations.isSatisfied('owner')).toBe(false)
    await client.deleteObject(pod)
    expect(expectations.isSatisfied('owner')).toBe(true)
  })

  test('does not wait for what failed, nor for ever', async () => {
    await using cluster = await testCluster()
    const expectations = new Expectations(cluster.clock)
    expectations.watch(cluster.informers)
    expectations.expectCreations('owner', 3)
    expectations.lowerCreations('owner', 3)
    expect(expectations.isSatisfied('owner')).toBe(true)
    expectations.expectDeletions('owner', [ownedPod('never-seen')])
    await cluster.clock.advance(299_000)
    expect(expectations.isSatisfied('owner')).toBe(false)
    await cluster.clock.advance(1_000)
    expect(expectations.isSatisfied('owner')).toBe(true)
  })

  test('does not take over what another expects', async () => {
    await using cluster = await testCluster()
    const expectations = new Expectations(cluster.clock)
    expectations.watch(cluster.informers)
    expectations.expectCreations('other', 1)
    await cluster.client.create(ownedPod('a'))
    expect(expectations.isSatisfied('other')).toBe(false)
    expect(expectations.isSatisfied('owner')).toBe(true)
    expect([...cluster.informers.of(Pod).values()]).toHaveLength(1)
  })
})
