import { describe, expect, test } from 'vitest'
import { Event } from '../../api/kinds/core/event.ts'
import { Node } from '../../api/kinds/core/node.ts'
import type { Pod } from '../../api/kinds/core/pod.ts'
import { isPodReady } from '../../api/kinds/pod-spec/pod-state.ts'
import {
  type KubeletCluster,
  type KubeletClusterOptions,
  kubeletCluster,
} from '../../../test/support/kubelet-cluster.ts'
import { TaintEvictionController } from '../tainteviction/taint-eviction-controller.ts'
import { NodeLifecycleController } from './node-lifecycle-controller.ts'

async function start(options: KubeletClusterOptions): Promise<KubeletCluster> {
  const cluster = await kubeletCluster(options)
  const { client, informers, clock } = cluster
  const events = (component: string) => cluster.events(component)
  const deps = { client, informers, clock, events }
  await cluster.run(new NodeLifecycleController(deps), new TaintEvictionController(deps))
  await cluster.clock.advance(30_000)
  return cluster
}

async function taintsOf({ client }: KubeletCluster, name: string): Promise<string[]> {
  const node = await client.get(Node, { name })
  return (node?.spec?.taints ?? []).map(({ key, effect }) => `${key.replace('node.kubernetes.io/', '')}:${effect}`)
}

async function readyOf({ client }: KubeletCluster, name: string): Promise<string | undefined> {
  const node = await client.get(Node, { name })
  return node?.status?.conditions?.find(({ type }) => type === 'Ready')?.status
}

async function eventsOf({ client }: KubeletCluster, about: string): Promise<string[]> {
  const { items } = await client.list(Event)
  return items
    .filter(({ involvedObject, source }) => involvedObject.name === about && source?.component !== 'kubelet')
    .map(({ type, reason, message }) => `${type} ${reason}: ${message}`)
}

describe('a node falls silent', () => {
  test('it is unknown after its grace, and drives its pods away five seconds later', async () => {
    await using cluster = await start({ nodes: 2 })
    await cluster.pod('web', { tolerations: [unreachableFor(300)] })
    await cluster.clock.advance(10_000)
    expect(isPodReady((await cluster.get('web')) as Pod)).toBe(true)
    cluster.kubelets.setFault('node-1', 'down')
    await cluster.clock.advance(39_000)
    expect(await readyOf(cluster, 'node-1')).toBe('True')
    await cluster.clock.advance(12_000)
    expect(await readyOf(cluster, 'node-1')).toBe('Unknown')
    expect(await taintsOf(cluster, 'node-1')).toContain('unreachable:NoSchedule')
    expect(isPodReady((await cluster.get('web')) as Pod)).toBe(false)
    await cluster.clock.advance(6_000)
    expect(await taintsOf(cluster, 'node-1')).toEqual(['unreachable:NoSchedule', 'unreachable:NoExecute'])
    expect(await eventsOf(cluster, 'node-1')).toEqual([
      'Normal RegisteredNode: Node node-1 event: Registered Node node-1 in Controller',
      'Normal NodeNotReady: Node node-1 status is now: NodeNotReady',
    ])
    expect(await eventsOf(cluster, 'web')).toEqual(['Warning NodeNotReady: Node is not ready'])
    await cluster.clock.advance(290_000)
    expect((await cluster.get('web'))?.metadata.deletionTimestamp).toBeUndefined()
    await cluster.clock.advance(11_000)
    expect((await cluster.get('web'))?.metadata.deletionTimestamp).toBeDefined()
  })

  test('when it comes back in time, its pods stay', async () => {
    await using cluster = await start({ nodes: 2 })
    await cluster.pod('web', { tolerations: [unreachableFor(300)] })
    cluster.kubelets.setFault('node-1', 'down')
    await cluster.clock.advance(120_000)
    cluster.kubelets.setFault('node-1', undefined)
    await cluster.clock.advance(60_000)
    expect(await readyOf(cluster, 'node-1')).toBe('True')
    expect(await taintsOf(cluster, 'node-1')).toEqual([])
    await cluster.clock.advance(600_000)
    expect((await cluster.get('web'))?.metadata.deletionTimestamp).toBeUndefined()
    expect(isPodReady((await cluster.get('web')) as Pod)).toBe(true)
  })
})

describe('many nodes fall silent', () => {
  test('all of them: nobody is driven away, until one is back', async () => {
    await using cluster = await start({ nodes: 2 })
    for (const name of ['node-1', 'node-2']) cluster.kubelets.setFault(name, 'down')
    await cluster.clock.advance(600_000)
    for (const name of ['node-1', 'node-2']) expect(await taintsOf(cluster, name)).toEqual(['unreachable:NoSchedule'])
    cluster.kubelets.setFault('node-2', undefined)
    await cluster.clock.advance(60_000)
    expect(await taintsOf(cluster, 'node-1')).toEqual(['unreachable:NoSchedule', 'unreachable:NoExecute'])
    expect(await taintsOf(cluster, 'node-2')).toEqual([])
  })

  test('a last node that goes too takes the taints of the others off', async () => {
    await using cluster = await start({ nodes: 2 })
    cluster.kubelets.setFault('node-1', 'down')
    await cluster.clock.advance(90_000)
    expect(await taintsOf(cluster, 'node-1')).toContain('unreachable:NoExecute')
    cluster.kubelets.setFault('node-2', 'down')
    await cluster.clock.advance(90_000)
    expect(await taintsOf(cluster, 'node-1')).toEqual(['unreachable:NoSchedule'])
  })

  test('two of five: one is driven empty ten seconds after the other', async () => {
    await using cluster = await start({ nodes: 5, profile: { zones: [] } })
    const addedAt = new Map<string, number>()
    cluster.informers.of(Node).handle({
      updated: ({ metadata, spec }) => {
        const isDriven = spec?.taints?.some(({ effect }) => effect === 'NoExecute') === true
        if (isDriven && !addedAt.has(metadata.name)) addedAt.set(metadata.name, cluster.clock.now())
      },
    })
    for (const name of ['node-1', 'node-2']) cluster.kubelets.setFault(name, 'down')
    await cluster.clock.advance(120_000)
    const [first = 0, second = 0] = [...addedAt.values()]
    expect(addedAt.size).toBe(2)
    expect(second - first).toBeGreaterThanOrEqual(10_000)
    expect(second - first).toBeLessThan(20_000)
  })

  test('most of a small zone: nobody is driven away', async () => {
    await using cluster = await start({ nodes: 5, profile: { zones: [] } })
    for (const name of ['node-1', 'node-2', 'node-3']) cluster.kubelets.setFault(name, 'down')
    await cluster.clock.advance(600_000)
    const tainted = await Promise.all(['node-1', 'node-2', 'node-3'].map((name) => taintsOf(cluster, name)))
    // The first may have had its turn before the third was missed.
    expect(tainted.filter((taints) => taints.includes('unreachable:NoExecute')).length).toBeLessThanOrEqual(1)
  })
})

test('a cordoned node has the taint, and loses it again', async () => {
  await using cluster = await start({ nodes: 1 })
  await cluster.client.mergePatch(Node, { name: 'node-1' }, { spec: { unschedulable: true } })
  await cluster.clock.advance(0)
  expect(await taintsOf(cluster, 'node-1')).toEqual(['unschedulable:NoSchedule'])
  await cluster.client.mergePatch(Node, { name: 'node-1' }, { spec: { unschedulable: null } })
  await cluster.clock.advance(0)
  expect(await taintsOf(cluster, 'node-1')).toEqual([])
})

test('a node that is deleted is missed by name', async () => {
  await using cluster = await start({ nodes: 2 })
  await cluster.client.delete(Node, { name: 'node-2' })
  await cluster.clock.advance(0)
  expect(await eventsOf(cluster, 'node-2')).toContain(
    'Normal RemovingNode: Node node-2 event: Removing Node node-2 from Controller',
  )
  expect(cluster.errors).toEqual([])
})

function unreachableFor(tolerationSeconds: number) {
  return { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds }
}
