import { describe, expect, test } from 'vitest'
import { Node } from '../../api/kinds/core/node.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import type { PodStatus } from '../../api/types.generated.ts'
import { type TestCluster, testCluster } from '../../../test/support/cluster.ts'
import { PodGcController } from './pod-gc-controller.ts'
import { surplusOf } from './terminated.ts'

async function start(options: { terminatedMax?: number } = {}): Promise<TestCluster> {
  const cluster = await testCluster()
  const { client, informers, clock } = cluster
  await client.create<Node>({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' }, spec: {} })
  await cluster.run(new PodGcController({ client, informers, clock, ...options }))
  return cluster
}

async function pod(cluster: TestCluster, name: string, rest: { node?: string; status?: PodStatus; held?: boolean }) {
  const { node, status = { phase: 'Running' }, held = false } = rest
  const created = await cluster.client.create<Pod>({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name, ...(held ? { finalizers: ['example.com/hold'] } : {}) },
    spec: { containers: [{ name: 'app', image: 'nginx' }], ...(node === undefined ? {} : { nodeName: node }) },
  })
  return cluster.client.updateStatus(created, status)
}

function get({ client }: TestCluster, name: string): Promise<Pod | undefined> {
  return client.get(Pod, { namespace: 'default', name })
}

async function names({ client }: TestCluster): Promise<string[]> {
  return (await client.list(Pod)).items.map(({ metadata }) => metadata.name)
}

describe('a pod whose node is gone', () => {
  test('is marked failed and deleted, after the node was missed for forty seconds', async () => {
    await using cluster = await start()
    await pod(cluster, 'web', { node: 'n1', held: true })
    await cluster.client.delete(Node, { name: 'n1' })
    await cluster.clock.advance(39_000)
    expect(await get(cluster, 'web')).toMatchObject({ status: { phase: 'Running' } })
    await cluster.clock.advance(2_000)
    const web = await get(cluster, 'web')
    expect(web?.metadata.deletionTimestamp).toBeDefined()
    expect(web?.status).toMatchObject({
      phase: 'Failed',
      conditions: [
        {
          type: 'DisruptionTarget',
          status: 'True',
          reason: 'DeletionByPodGC',
          message: 'PodGC: node no longer exists',
        },
      ],
    })
  })

  test('stays when the node turns up', async () => {
    await using cluster = await start()
    await pod(cluster, 'web', { node: 'n2' })
    await cluster.clock.advance(30_000)
    await cluster.client.create<Node>({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n2' }, spec: {} })
    await cluster.clock.advance(600_000)
    expect(await get(cluster, 'web')).toMatchObject({ status: { phase: 'Running' } })
  })
})

test('a pod that was deleted before it had a node goes', async () => {
  await using cluster = await start()
  await pod(cluster, 'web', { status: { phase: 'Pending' }, held: true })
  await cluster.client.delete(Pod, { namespace: 'default', name: 'web' })
  await cluster.clock.advance(0)
  const status = (await get(cluster, 'web'))?.status
  expect(status).toMatchObject({ phase: 'Failed' })
  expect(status?.conditions).toBeUndefined()
  await cluster.client.mergePatch(Pod, { namespace: 'default', name: 'web' }, { metadata: { finalizers: null } })
  expect(await names(cluster)).toEqual([])
})

describe('a node that is out of service', () => {
  const taints = [{ key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' }]

  test('lets its pods go that were told to, and no others', async () => {
    await using cluster = await start()
    await pod(cluster, 'told', { node: 'n1' })
    await pod(cluster, 'other', { node: 'n1' })
    await cluster.client.delete(Pod, { namespace: 'default', name: 'told' })
    await cluster.clock.advance(600_000)
    expect(await names(cluster)).toEqual(['other', 'told'])
    await cluster.client.mergePatch(Node, { name: 'n1' }, { spec: { taints } })
    await cluster.clock.advance(0)
    expect(await names(cluster)).toEqual(['other'])
  })

  test('keeps them while it is ready', async () => {
    await using cluster = await start()
    const node = await cluster.client.mergePatch(Node, { name: 'n1' }, { spec: { taints } })
    await cluster.client.updateStatus(node, { conditions: [{ type: 'Ready', status: 'True' }] })
    await pod(cluster, 'told', { node: 'n1' })
    await cluster.client.delete(Pod, { namespace: 'default', name: 'told' })
    await cluster.clock.advance(600_000)
    expect(await names(cluster)).toEqual(['told'])
  })
})

test('of too many ended pods the oldest go, those the kubelet evicted before others', async () => {
  await using cluster = await start({ terminatedMax: 2 })
  await pod(cluster, 'a', { node: 'n1', status: { phase: 'Succeeded' } })
  await cluster.clock.advance(1_000)
  await pod(cluster, 'b', { node: 'n1', status: { phase: 'Failed' } })
  await cluster.clock.advance(1_000)
  await pod(cluster, 'c', { node: 'n1', status: { phase: 'Failed', reason: 'Evicted' } })
  await pod(cluster, 'd', { node: 'n1', status: { phase: 'Succeeded' } })
  await pod(cluster, 'e', { node: 'n1' })
  await cluster.clock.advance(21_000)
  expect(await names(cluster)).toEqual(['b', 'd', 'e'])
})

test('no more ended pods than allowed is no surplus', () => {
  const ended = Array.from({ length: 3 }, (_, index): Pod => {
    return { apiVersion: 'v1', kind: 'Pod', metadata: { name: `p${index}` }, spec: { containers: [] } }
  })
  expect(surplusOf(ended, 3)).toEqual([])
  expect(surplusOf(ended, 1).map(({ metadata }) => metadata.name)).toEqual(['p0', 'p1'])
})
