import { describe, expect, test } from 'vitest'
import {
  container,
  kubeletCluster,
  type KubeletCluster,
  messagesOf,
  statesOf,
} from '../../../test/support/kubelet-cluster.ts'
import { Lease } from '../../api/kinds/coordination/lease.ts'
import { Node } from '../../api/kinds/core/node.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { CSINode } from '../../api/kinds/storage/csi-node.ts'
import { FAULT_ANNOTATION } from './ours.ts'

const small = { nodes: 1, profile: { capacity: { cpu: '2', memory: '4Gi', pods: '3' } } }

function wanting(requests: Readonly<Record<string, string>>) {
  return { containers: [container('web', { resources: { requests } })] }
}

describe('a node does not take a pod', () => {
  test.each([
    {
      why: 'too little cpu',
      spec: wanting({ cpu: '1500m' }),
      reason: 'OutOfcpu',
      message: "Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 2000",
    },
    {
      why: 'too little memory',
      spec: wanting({ memory: '4Gi' }),
      reason: 'OutOfmemory',
      message:
        "Node didn't have enough resource: memory, requested: 4294967296, used: 1073741824, capacity: 4294967296",
    },
    {
      why: 'a node selector',
      spec: { nodeSelector: { disk: 'ssd' } },
      reason: 'NodeAffinity',
      message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    },
    {
      why: 'a port that is taken',
      spec: { containers: [container('web', { ports: [{ containerPort: 80, hostPort: 8080, protocol: 'TCP' }] })] },
      reason: 'NodePorts',
      message: "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
    },
  ])('$why', async ({ spec, reason, message }) => {
    await using cluster = await kubeletCluster(small)
    const ports = [{ containerPort: 80, hostPort: 8080, protocol: 'TCP' }]
    const resources = { requests: { cpu: '1', memory: '1Gi' } }
    await cluster.pod('first', { containers: [container('web', { ports, resources })] })
    await cluster.clock.advance(5_000)
    await cluster.pod('second', spec)
    await cluster.clock.advance(5_000)
    const status = (await cluster.get('second'))?.status
    expect(status).toMatchObject({ phase: 'Failed', reason, message: `Pod was rejected: ${message}` })
    expect(status?.containerStatuses).toBeUndefined()
    expect(await messagesOf(cluster, 'second', reason)).toEqual([message])
  })

  test('as long as others hold what it needs', async () => {
    await using cluster = await kubeletCluster(small)
    for (const name of ['a', 'b', 'c', 'd']) await cluster.pod(name, {})
    await cluster.clock.advance(5_000)
    expect((await cluster.get('d'))?.status?.reason).toBe('OutOfpods')
    await cluster.client.delete(Pod, { namespace: 'default', name: 'a' })
    await cluster.clock.advance(5_000)
    await cluster.pod('e', {})
    await cluster.clock.advance(5_000)
    expect((await cluster.get('e'))?.status?.phase).toBe('Running')
  })
})

describe('a node under memory pressure', () => {
  async function pressed(): Promise<KubeletCluster> {
    const cluster = await kubeletCluster({ nodes: 1, profile: { capacity: { cpu: '4', memory: '1Gi', pods: '20' } } })
    cluster.model('steady', { selector: {}, usage: { memory: { points: [{ value: '100Mi' }] } } })
    cluster.model('leak', {
      selector: { containers: ['leak'] },
      usage: { memory: { points: [{ value: '100Mi' }], growth: { amount: '10Mi', every: '1s' } } },
    })
    const requests = { memory: '200Mi' }
    await cluster.pod('modest', { containers: [container('web', { resources: { requests } })] })
    await cluster.pod('greedy', { containers: [container('leak')] })
    await cluster.pod('plain', { containers: [container('web')] })
    return cluster
  }

  test('evicts the pod furthest above its request, and says why', async () => {
    await using cluster = await pressed()
    await cluster.clock.advance(90_000)
    const status = (await cluster.get('greedy'))?.status
    // At the beat of 70 s, 69.4 s after its start.
    const message =
      'The node was low on resource: memory. Threshold quantity: 100Mi, available: 30Mi. Container leak was using 794Mi, request is 0, has larger consumption of memory. '
    expect(status).toMatchObject({ phase: 'Failed', reason: 'Evicted', message })
    expect(status?.conditions?.[0]).toMatchObject({
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'TerminationByKubelet',
      message,
    })
    expect((await cluster.get('modest'))?.status?.phase).toBe('Running')
    expect((await cluster.get('plain'))?.status?.phase).toBe('Running')
  })

  test('says so in its conditions, takes no pods that ask for nothing, and recovers', async () => {
    await using cluster = await pressed()
    const condition = async () => {
      const node = await cluster.client.get(Node, { name: 'node-1' })
      return node?.status?.conditions?.find(({ type }) => type === 'MemoryPressure')?.status
    }
    await cluster.clock.advance(90_000)
    expect(await condition()).toBe('True')
    await cluster.pod('late', {})
    await cluster.clock.advance(2_000)
    expect((await cluster.get('late'))?.status).toMatchObject({
      reason: 'Evicted',
      message: 'Pod was rejected: The node had condition: [MemoryPressure]. ',
    })
    await cluster.clock.advance(320_000)
    expect(await condition()).toBe('False')
    expect(await messagesOf(cluster, 'node-1', 'EvictionThresholdMet')).toEqual(['Attempting to reclaim memory'])
  })
})

describe('a node that fails', () => {
  async function leaseAge(cluster: KubeletCluster): Promise<number> {
    const lease = await cluster.client.get(Lease, { namespace: 'kube-node-lease', name: 'node-1' })
    return cluster.clock.now() - Date.parse(lease?.spec?.renewTime ?? '')
  }

  async function annotate(cluster: KubeletCluster, fault: string | null): Promise<void> {
    await cluster.client.mergePatch(
      Node,
      { name: 'node-1' },
      { metadata: { annotations: { [FAULT_ANNOTATION]: fault } } },
    )
  }

  test('unreachable: no sign of life, no news of its pods, which go on', async () => {
    await using cluster = await kubeletCluster()
    await cluster.pod('app', {})
    await cluster.clock.advance(5_000)
    await annotate(cluster, 'unreachable')
    await cluster.pod('later', {})
    await cluster.client.delete(Pod, { namespace: 'default', name: 'app' })
    await cluster.clock.advance(120_000)
    expect(await leaseAge(cluster)).toBeGreaterThan(110_000)
    expect((await cluster.get('app'))?.status?.phase).toBe('Running')
    expect((await cluster.get('later'))?.status?.containerStatuses).toBeUndefined()
    await annotate(cluster, null)
    await cluster.clock.advance(40_000)
    expect(await leaseAge(cluster)).toBeLessThan(10_001)
    expect(await cluster.get('app')).toBeUndefined()
    expect((await cluster.get('later'))?.status?.phase).toBe('Running')
    expect(cluster.failures).toEqual([])
  })

  test('down: what ran on it starts anew when it comes back', async () => {
    await using cluster = await kubeletCluster()
    await cluster.pod('app', {})
    await cluster.pod('once', { restartPolicy: 'Never' }, { labels: { keep: 'running' } })
    cluster.model('stays', { selector: { podSelector: { matchLabels: { keep: 'running' } } }, runs: [{}] })
    await cluster.clock.advance(5_000)
    cluster.kubelets.setFault('node-1', 'down')
    await cluster.clock.advance(60_000)
    expect((await cluster.get('app'))?.status?.phase).toBe('Running')
    cluster.kubelets.setFault('node-1', undefined)
    await cluster.clock.advance(5_000)
    expect((await cluster.get('app'))?.status).toMatchObject({
      phase: 'Running',
      containerStatuses: [
        { restartCount: 1, ready: true, lastState: { terminated: { exitCode: 255, reason: 'Unknown' } } },
      ],
    })
    expect((await cluster.get('once'))?.status?.phase).toBe('Failed')
    expect(await messagesOf(cluster, 'node-1', 'Rebooted')).toHaveLength(1)
    expect(cluster.failures).toEqual([])
  })
})

test('every node has an address, and a block of addresses for its pods', async () => {
  await using cluster = await kubeletCluster({ nodes: 300 })
  const { items } = await cluster.client.list(Node)
  const last = items.find(({ metadata }) => metadata.name === 'node-300')
  expect(new Set(items.map(({ spec }) => spec.podCIDR)).size).toBe(300)
  expect(last?.spec.podCIDR).toBe('10.245.43.0/24')
  expect(last?.spec.podCIDRs).toEqual(['10.245.43.0/24'])
  expect(last?.status?.addresses?.[0]?.address).toBe('172.18.1.45')
})

test('every node has a list of volume drivers, which goes with it', async () => {
  await using cluster = await kubeletCluster(small)
  const node = await cluster.client.get(Node, { name: 'node-1' })
  const drivers = await cluster.client.get(CSINode, { name: 'node-1' })
  expect(drivers?.spec).toEqual({ drivers: [] })
  expect(drivers?.metadata.ownerReferences).toEqual([
    { apiVersion: 'v1', kind: 'Node', name: 'node-1', uid: node?.metadata.uid },
  ])
})

test('the events of a node that registers', async () => {
  await using cluster = await kubeletCluster()
  await cluster.clock.advance(1_000)
  expect((await cluster.eventsOf('node-1')).map(({ reason, message }) => [reason, message])).toEqual([
    ['Starting', 'Starting kubelet.'],
    ['NodeHasSufficientMemory', 'Node node-1 status is now: NodeHasSufficientMemory'],
    ['NodeHasNoDiskPressure', 'Node node-1 status is now: NodeHasNoDiskPressure'],
    ['NodeHasSufficientPID', 'Node node-1 status is now: NodeHasSufficientPID'],
    ['NodeReady', 'Node node-1 status is now: NodeReady'],
  ])
})

test('images that a node has are told with its next status, and need no pull', async () => {
  await using cluster = await kubeletCluster({ profile: { cachedImages: ['redis:8'] } })
  await cluster.pod('cache', { containers: [container('redis', { image: 'docker.io/library/redis:8' })] })
  await cluster.pod('web', {})
  await cluster.clock.advance(15_000)
  expect(await messagesOf(cluster, 'cache', 'Pulled')).toEqual([
    'Container image "docker.io/library/redis:8" already present on machine and can be accessed by the pod',
  ])
  const node = await cluster.client.get(Node, { name: 'node-1' })
  expect(node?.status?.images?.map(({ names }) => names?.[1])).toEqual([
    'docker.io/library/nginx:1.29',
    'docker.io/library/redis:8',
  ])
  expect(statesOf(cluster.history('web')).at(-1)).toBe('Running web:running!')
})

test('a pod whose machine lost its power begins with its init containers again', async () => {
  await using cluster = await kubeletCluster()
  await cluster.pod('app', { initContainers: [container('setup')], containers: [container('web')] })
  await cluster.clock.advance(10_000)
  cluster.kubelets.setFault('node-1', 'down')
  await cluster.clock.advance(10_000)
  cluster.kubelets.setFault('node-1', undefined)
  await cluster.clock.advance(500)
  expect(statesOf(cluster.history('app')).at(-1)).toBe('Pending setup:running web:255')
  await cluster.clock.advance(5_000)
  expect((await cluster.get('app'))?.status).toMatchObject({
    phase: 'Running',
    initContainerStatuses: [{ restartCount: 1, ready: true }],
    containerStatuses: [{ restartCount: 1, ready: true }],
  })
  expect(await messagesOf(cluster, 'app', 'SandboxChanged')).toHaveLength(1)
})

test('a node that somebody else writes right after its own status goes on telling its status', async () => {
  await using cluster = await kubeletCluster(small)
  const { client, clock, informers } = cluster
  const key = { name: 'node-1' }
  const beats = new Set<string>()
  let isWritten = false
  informers.of(Node).handle({
    updated({ status }, old) {
      const ready = status?.conditions?.find(({ type }) => type === 'Ready')
      if (ready?.lastHeartbeatTime !== undefined) beats.add(ready.lastHeartbeatTime)
      if (isWritten || status === old.status) return
      isWritten = true
      void client.mergePatch(Node, key, { metadata: { annotations: { note: 'seen' } } })
    },
  })
  await clock.advance(20 * 60_000)
  expect((await client.get(Node, key))?.metadata.annotations).toMatchObject({ note: 'seen' })
  expect(beats.size).toBeGreaterThan(2)
})
