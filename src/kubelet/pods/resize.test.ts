import { expect, test } from 'vitest'
import { container, kubeletCluster, type KubeletCluster, messagesOf } from '../../../test/support/kubelet-cluster.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import type { Container, ResourceRequirements } from '../../api/types.generated.ts'

const small = { requests: { cpu: '500m', memory: '256Mi' }, limits: { cpu: '1', memory: '256Mi' } }

/** What `kubectl patch --subresource resize` comes to. */
async function resize(cluster: KubeletCluster, name: string, resources: ResourceRequirements): Promise<void> {
  const pod = await cluster.get(name)
  const containers = pod!.spec.containers.map((one) => ({ ...one, resources }))
  const metadata = { ...pod!.metadata, generation: (pod!.metadata.generation ?? 0) + 1 }
  // Straight into the store: how the API server guards this subresource is not the kubelet's concern.
  await cluster.store.update('/pods', { ...pod!, metadata, spec: { ...pod!.spec, containers } } as Pod)
}

async function started(web: Partial<Container> = {}): Promise<KubeletCluster> {
  const cluster = await kubeletCluster({ profile: { capacity: { cpu: '4', memory: '4Gi', pods: '10' } } })
  await cluster.pod('app', { containers: [container('web', { resources: small, ...web })] })
  await cluster.clock.advance(5_000)
  return cluster
}

test('resources change while the container runs on', async () => {
  await using cluster = await started()
  const before = (await cluster.get('app'))?.status?.containerStatuses?.[0]
  expect(before).toMatchObject({ allocatedResources: small.requests, resources: small })
  const seen = cluster.history('app').length
  const large = { requests: { cpu: '2', memory: '256Mi' }, limits: { cpu: '3', memory: '256Mi' } }
  await resize(cluster, 'app', large)
  await cluster.clock.advance(1_000)
  const [, asked, done, ...rest] = cluster.history('app').slice(seen - 1)
  expect(asked?.status?.conditions?.some(({ type }) => type === 'PodResizeInProgress')).toBe(false)
  expect(done?.status?.conditions?.find(({ type }) => type === 'PodResizeInProgress')).toMatchObject({ status: 'True' })
  expect(rest.at(-1)?.status?.conditions?.some(({ type }) => type === 'PodResizeInProgress')).toBe(false)
  expect(rest.at(-1)?.status?.containerStatuses?.[0]).toMatchObject({
    allocatedResources: large.requests,
    resources: large,
    restartCount: 0,
    ready: true,
  })
  const [message] = await messagesOf(cluster, 'app', 'ResizeStarted')
  expect(message).toBe(
    'Pod resize started: {"containers":[{"name":"web","resources":{"limits":{"cpu":"3","memory":"256Mi"},"requests":{"cpu":"2","memory":"256Mi"}}}],"generation":2}',
  )
  expect(await messagesOf(cluster, 'app', 'ResizeCompleted')).toHaveLength(1)
  expect(cluster.failures).toEqual([])
})

test('a container whose policy asks for it is restarted with its new resources', async () => {
  await using cluster = await started({ resizePolicy: [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }] })
  const large = { requests: { cpu: '500m', memory: '512Mi' }, limits: { cpu: '1', memory: '512Mi' } }
  await resize(cluster, 'app', large)
  await cluster.clock.advance(5_000)
  expect((await cluster.get('app'))?.status?.containerStatuses?.[0]).toMatchObject({
    resources: large,
    restartCount: 1,
    ready: true,
  })
  expect(await messagesOf(cluster, 'app', 'Killing')).toEqual(['Container web resize requires restart'])
  expect(await messagesOf(cluster, 'app', 'ResizeCompleted')).toHaveLength(1)
})

test('what the node could never give is infeasible', async () => {
  await using cluster = await started()
  await resize(cluster, 'app', { requests: { cpu: '5', memory: '256Mi' } })
  await cluster.clock.advance(1_000)
  const pod = await cluster.get('app')
  expect(pod?.status?.conditions?.find(({ type }) => type === 'PodResizePending')).toMatchObject({
    status: 'True',
    reason: 'Infeasible',
    message: "Node didn't have enough capacity: cpu, requested: 5000, capacity: 4000",
  })
  expect(pod?.status?.containerStatuses?.[0]?.resources).toEqual(small)
  expect(await messagesOf(cluster, 'app', 'ResizeInfeasible')).toHaveLength(1)
})

test('what others hold is deferred until they go', async () => {
  await using cluster = await started()
  await cluster.pod('other', { containers: [container('web', { resources: { requests: { cpu: '3' } } })] })
  await cluster.clock.advance(5_000)
  await resize(cluster, 'app', { requests: { cpu: '2', memory: '256Mi' } })
  await cluster.clock.advance(1_000)
  const pending = async () =>
    (await cluster.get('app'))?.status?.conditions?.find(({ type }) => type === 'PodResizePending')
  expect(await pending()).toMatchObject({
    reason: 'Deferred',
    message: "Node didn't have enough resource: cpu, requested: 2000, used: 3000, capacity: 4000",
  })
  await cluster.client.delete(Pod, { namespace: 'default', name: 'other' })
  await cluster.clock.advance(5_000)
  expect(await pending()).toBeUndefined()
  expect((await cluster.get('app'))?.status?.containerStatuses?.[0]?.allocatedResources).toEqual({
    cpu: '2',
    memory: '256Mi',
  })
})

test('a higher memory limit puts off an OOM kill', async () => {
  await using cluster = await kubeletCluster()
  cluster.model('leak', {
    selector: {},
    usage: { memory: { points: [{ value: '128Mi' }], growth: { amount: '1Mi', every: '1s' } } },
  })
  await cluster.pod('app', { containers: [container('web', { resources: small })] })
  await cluster.clock.advance(100_000)
  await resize(cluster, 'app', { requests: small.requests, limits: { cpu: '1', memory: '512Mi' } })
  await cluster.clock.advance(200_000)
  expect((await cluster.get('app'))?.status?.containerStatuses?.[0]?.restartCount).toBe(0)
  await cluster.clock.advance(100_000)
  expect((await cluster.get('app'))?.status?.containerStatuses?.[0]).toMatchObject({
    restartCount: 1,
    lastState: { terminated: { reason: 'OOMKilled' } },
  })
})
