import { expect, test } from 'vitest'
import { container, kubeletCluster } from '../../test/support/kubelet-cluster.ts'
import { Lease } from '../api/kinds/coordination/lease.ts'
import { Node } from '../api/kinds/core/node.ts'

test('a node becomes Ready and keeps its lease', async () => {
  await using cluster = await kubeletCluster()
  await cluster.clock.advance(25_000)
  const node = await cluster.client.get(Node, { name: 'node-1' })
  expect(node?.status?.conditions?.map(({ type, status, reason, message }) => [type, status, reason, message])).toEqual(
    [
      ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
      ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
      ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
      ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
    ],
  )
  expect(node?.status?.addresses).toEqual([
    { type: 'InternalIP', address: '172.18.0.2' },
    { type: 'Hostname', address: 'node-1' },
  ])
  const lease = await cluster.client.get(Lease, { namespace: 'kube-node-lease', name: 'node-1' })
  expect(lease?.spec).toMatchObject({ holderIdentity: 'node-1', leaseDurationSeconds: 40 })
  expect(lease?.spec?.renewTime).toBe('2026-01-01T00:00:20.000000Z')
  expect(cluster.failures).toEqual([])
})

test('a bound pod becomes Running and Ready in two writes of its status', async () => {
  await using cluster = await kubeletCluster()
  await cluster.pod('web', {})
  await cluster.clock.advance(5_000)
  const [created, pending, running, ...rest] = cluster.history('web')
  expect(rest).toEqual([])
  expect(created?.status).toEqual({ phase: 'Pending', qosClass: 'BestEffort' })
  expect(pending?.status).toMatchObject({
    phase: 'Pending',
    hostIP: '172.18.0.2',
    containerStatuses: [{ name: 'web', state: { waiting: { reason: 'ContainerCreating' } }, ready: false }],
  })
  expect(running?.status).toMatchObject({
    phase: 'Running',
    podIP: '10.244.0.2',
    qosClass: 'BestEffort',
    containerStatuses: [
      {
        name: 'web',
        image: 'docker.io/library/nginx:1.29',
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
      },
    ],
  })
  const conditions = (pod: typeof running) =>
    pod?.status?.conditions?.map(({ type, status, reason }) => [type, status, reason])
  expect(conditions(pending)).toEqual([
    ['PodReadyToStartContainers', 'False', undefined],
    ['Initialized', 'True', undefined],
    ['Ready', 'False', 'ContainersNotReady'],
    ['ContainersReady', 'False', 'ContainersNotReady'],
    ['PodScheduled', 'True', undefined],
  ])
  expect(pending?.status?.conditions?.[2]?.message).toBe('containers with unready status: [web]')
  expect(conditions(running)?.map(([, status]) => status)).toEqual(['True', 'True', 'True', 'True', 'True'])
  const events = await cluster.eventsOf('web')
  expect(events.map(({ reason, message }) => [reason, message])).toEqual([
    ['Pulling', 'Pulling image "nginx:1.29"'],
    [
      'Pulled',
      'Successfully pulled image "nginx:1.29" in 500ms (500ms including waiting). Image size: 104857600 bytes.',
    ],
    ['Created', 'Container created'],
    ['Started', 'Container started'],
  ])
  expect(cluster.failures).toEqual([])
})

test('a deleted pod stops within its grace, shows its end and goes', async () => {
  await using cluster = await kubeletCluster()
  await cluster.pod('web', {})
  await cluster.clock.advance(5_000)
  await cluster.client.delete(cluster.client.kindOf({ apiVersion: 'v1', kind: 'Pod', metadata: { name: '' } }), {
    namespace: 'default',
    name: 'web',
  })
  await cluster.clock.advance(100)
  expect((await cluster.get('web'))?.status?.phase).toBe('Running')
  await cluster.clock.advance(1_000)
  expect(await cluster.get('web')).toBeUndefined()
  const last = cluster.history('web').at(-1)
  expect(last?.status?.phase).toBe('Succeeded')
  expect(last?.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' })
  expect((await cluster.eventsOf('web')).map(({ reason, message }) => [reason, message]).at(-1)).toEqual([
    'Killing',
    'Stopping container web',
  ])
  expect(cluster.failures).toEqual([])
})

test('a second pod finds the image and gets the next address', async () => {
  await using cluster = await kubeletCluster()
  await cluster.pod('one', {})
  await cluster.clock.advance(5_000)
  await cluster.pod('two', { containers: [container('web')] })
  await cluster.clock.advance(5_000)
  expect((await cluster.get('two'))?.status?.podIP).toBe('10.244.0.3')
  expect((await cluster.eventsOf('two'))[0]?.message).toBe(
    'Container image "nginx:1.29" already present on machine and can be accessed by the pod',
  )
})
