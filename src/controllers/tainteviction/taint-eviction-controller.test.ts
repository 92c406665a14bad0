import { describe, expect, test } from 'vitest'
import { Event } from '../../api/kinds/core/event.ts'
import { Node } from '../../api/kinds/core/node.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import type { Taint, Toleration } from '../../api/types.generated.ts'
import { type TestCluster, testCluster } from '../../../test/support/cluster.ts'
import { TaintEvictionController } from './taint-eviction-controller.ts'

const KEY = { namespace: 'default', name: 'web' }
const TAINT: Taint = { key: 'maintenance', effect: 'NoExecute' }
const BRIEF: Toleration = { key: 'maintenance', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }

async function start(tolerations: readonly Toleration[] = [], nodeName = 'n1'): Promise<TestCluster> {
  const cluster = await testCluster()
  const { client, informers, clock } = cluster
  await client.create<Node>({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' }, spec: {} })
  await client.create<Pod>({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...KEY },
    spec: { nodeName, tolerations, containers: [{ name: 'app', image: 'nginx' }] },
  })
  const events = (component: string) => cluster.events(component)
  await cluster.run(new TaintEvictionController({ client, informers, clock, events }))
  return cluster
}

function taint({ client }: TestCluster, taints: readonly Taint[]): Promise<Node> {
  return client.mergePatch(Node, { name: 'n1' }, { spec: { taints: taints.length === 0 ? null : taints } })
}

async function isEvicted({ client, clock }: TestCluster): Promise<boolean> {
  await clock.advance(0)
  return (await client.get(Pod, KEY))?.metadata.deletionTimestamp !== undefined
}

async function eventsOf({ client }: TestCluster): Promise<readonly string[]> {
  const { items } = await client.list(Event)
  return items.map(({ reason, message, source }) => `${source?.component} ${reason}: ${message}`)
}

describe('a node gets a NoExecute taint', () => {
  test('a pod that does not tolerate it goes at once, and says why', async () => {
    await using cluster = await start()
    await taint(cluster, [TAINT])
    expect(await isEvicted(cluster)).toBe(true)
    const pod = await cluster.client.get(Pod, KEY)
    expect(pod?.status?.conditions).toContainEqual(
      expect.objectContaining({
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'DeletionByTaintManager',
        message: 'Taint manager: deleting due to NoExecute taint',
      }),
    )
    expect(await eventsOf(cluster)).toEqual([
      'taint-eviction-controller TaintManagerEviction: Marking for deletion Pod default/web',
    ])
  })

  test('a pod stays as long as it tolerates it, from when the taint came', async () => {
    await using cluster = await start([BRIEF])
    await cluster.clock.advance(600_000)
    await taint(cluster, [TAINT])
    await cluster.clock.advance(59_000)
    expect(await isEvicted(cluster)).toBe(false)
    await cluster.clock.advance(2_000)
    expect(await isEvicted(cluster)).toBe(true)
  })

  test('taking the taint off cancels the deletion', async () => {
    await using cluster = await start([BRIEF])
    await taint(cluster, [TAINT])
    await cluster.clock.advance(30_000)
    await taint(cluster, [])
    await cluster.clock.advance(600_000)
    expect(await isEvicted(cluster)).toBe(false)
    expect(await eventsOf(cluster)).toEqual([
      'taint-eviction-controller TaintManagerEviction: Cancelling deletion of Pod default/web',
    ])
  })

  test('a taint that comes again starts the time anew', async () => {
    await using cluster = await start([BRIEF])
    await taint(cluster, [TAINT])
    await cluster.clock.advance(50_000)
    await taint(cluster, [])
    await cluster.clock.advance(1_000)
    await taint(cluster, [TAINT])
    await cluster.clock.advance(50_000)
    expect(await isEvicted(cluster)).toBe(false)
    await cluster.clock.advance(11_000)
    expect(await isEvicted(cluster)).toBe(true)
  })

  test('a taint in place of another lets the time run on', async () => {
    await using cluster = await start([{ operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }])
    await taint(cluster, [{ key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' }])
    await cluster.clock.advance(50_000)
    await taint(cluster, [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }])
    await cluster.clock.advance(11_000)
    expect(await isEvicted(cluster)).toBe(true)
    expect(await eventsOf(cluster)).toEqual([
      'taint-eviction-controller TaintManagerEviction: Marking for deletion Pod default/web',
    ])
  })

  test('a toleration that is added later keeps the pod', async () => {
    await using cluster = await start([BRIEF])
    await taint(cluster, [TAINT])
    await cluster.clock.advance(30_000)
    await cluster.client.mergePatch(Pod, KEY, {
      spec: { tolerations: [{ operator: 'Exists' }, BRIEF] },
    })
    await cluster.clock.advance(600_000)
    expect(await isEvicted(cluster)).toBe(false)
  })

  test('other effects drive nobody away', async () => {
    await using cluster = await start()
    await taint(cluster, [
      { key: 'maintenance', effect: 'NoSchedule' },
      { key: 'maintenance', effect: 'PreferNoSchedule' },
    ])
    await cluster.clock.advance(60_000)
    expect(await isEvicted(cluster)).toBe(false)
  })
})

test('a pod that lands on a tainted node goes', async () => {
  await using cluster = await start([], 'n0')
  await taint(cluster, [TAINT])
  await cluster.client.create<Pod>({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name: 'late' },
    spec: { nodeName: 'n1', containers: [{ name: 'app', image: 'nginx' }] },
  })
  await cluster.clock.advance(0)
  const late = await cluster.client.get(Pod, { namespace: 'default', name: 'late' })
  expect(late?.metadata.deletionTimestamp).toBeDefined()
})

test('a pod that somebody else deletes meanwhile is not waited for', async () => {
  await using cluster = await start([BRIEF])
  await taint(cluster, [TAINT])
  await cluster.clock.advance(10_000)
  await cluster.client.delete(Pod, KEY, { gracePeriodSeconds: 0 })
  await cluster.clock.advance(600_000)
  expect(await eventsOf(cluster)).toEqual([
    'taint-eviction-controller TaintManagerEviction: Cancelling deletion of Pod default/web',
  ])
  expect(cluster.errors).toEqual([])
})
