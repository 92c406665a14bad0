import { describe, expect, test } from 'vitest'
import { StatusError } from '../api/errors.ts'
import { Node } from '../api/kinds/core/node.ts'
import { Pod } from '../api/kinds/core/pod.ts'
import type { Binding } from '../api/types.generated.ts'
import type { SubresourceHandler } from '../apiserver/context.ts'
import { bindPod } from '../apiserver/subresources/binding.ts'
import { nodeOf, podOf } from '../../test/scheduler/builders.ts'
import { schedulerCluster } from '../../test/scheduler/scheduler-cluster.ts'

describe('placing pods', () => {
  test('a pod is bound, and an event says where', async () => {
    await using it = await schedulerCluster({ before: [nodeOf('n1')] })
    await it.create(podOf('web'))
    expect(await it.nodes()).toEqual({ web: 'n1' })
    expect(await it.messages('web', 'Scheduled')).toEqual(['Successfully assigned default/web to n1'])
    expect((await it.pod('web')).status?.conditions).toMatchObject([{ type: 'PodScheduled', status: 'True' }])
  })

  test('pods spread over equal nodes, each counted before it is bound', async () => {
    await using it = await schedulerCluster({ before: ['a', 'b', 'c', 'd'].map((name) => nodeOf(name)) })
    await it.create(...Array.from({ length: 8 }, (_, index) => podOf(`p${index}`, { requests: { cpu: '2' } })))
    const nodes = Object.values(await it.nodes())
    expect(nodes.toSorted()).toEqual(['a', 'a', 'b', 'b', 'c', 'c', 'd', 'd'])
  })

  test('the same seed places the same pods on the same nodes', async () => {
    const run = async (seed: string) => {
      await using it = await schedulerCluster({ seed, before: ['a', 'b', 'c'].map((name) => nodeOf(name)) })
      await it.create(...Array.from({ length: 9 }, (_, index) => podOf(`p${index}`)))
      return it.nodes()
    }
    expect(await run('one')).toEqual(await run('one'))
  })

  test('a pod of a scheduler that is not ours is left alone', async () => {
    await using it = await schedulerCluster({ before: [nodeOf('n1')] })
    await it.create(podOf('web', { spec: { schedulerName: 'somebody-else' } }))
    expect(await it.nodes()).toEqual({ web: '-' })
  })
})

describe('a pod that fits nowhere', () => {
  test("says why in an event and in its condition, in upstream's words", async () => {
    await using it = await schedulerCluster({
      before: [
        nodeOf('n1', { allocatable: { cpu: '1' } }),
        nodeOf('n2', { allocatable: { cpu: '1' } }),
        nodeOf('n3', { spec: { taints: [{ key: 'dedicated', effect: 'NoSchedule' }] } }),
      ],
    })
    await it.create(podOf('big', { requests: { cpu: '2' } }))
    const message =
      '0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. ' +
      'no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.'
    expect(await it.messages('big', 'FailedScheduling')).toEqual([message])
    expect((await it.pod('big')).status?.conditions).toMatchObject([
      { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message },
    ])
  })

  test('without any node there is nothing to choose from', async () => {
    await using it = await schedulerCluster()
    await it.create(podOf('web'))
    expect(await it.messages('web', 'FailedScheduling')).toEqual(['no nodes available to schedule pods'])
  })

  test('is tried again when a node comes that has room, and not before', async () => {
    await using it = await schedulerCluster({ before: [nodeOf('n1', { allocatable: { cpu: '1' } })] })
    await it.create(podOf('big', { requests: { cpu: '2' } }))
    await it.create(nodeOf('n2', { allocatable: { cpu: '1' } }))
    await it.settle(120_000)
    expect(await it.messages('big', 'FailedScheduling')).toHaveLength(1)
    await it.create(nodeOf('n3'))
    expect(await it.nodes()).toEqual({ big: 'n3' })
  })

  test('is tried again when a pod goes', async () => {
    await using it = await schedulerCluster({ before: [nodeOf('n1', { allocatable: { cpu: '1' } })] })
    await it.create(podOf('first', { requests: { cpu: '1' } }))
    await it.create(podOf('second', { requests: { cpu: '1' } }))
    expect(await it.nodes()).toEqual({ first: 'n1', second: '-' })
    await it.cluster.client.delete(Pod, { namespace: 'default', name: 'first' }, { gracePeriodSeconds: 0 })
    await it.settle()
    expect(await it.nodes()).toEqual({ second: 'n1' })
  })

  test('is looked at again after five minutes, whatever happened', async () => {
    await using it = await schedulerCluster({ before: [nodeOf('n1', { allocatable: { cpu: '1' } })] })
    await it.create(podOf('big', { requests: { cpu: '2' } }))
    await it.settle(299_000)
    expect(await it.messages('big', 'FailedScheduling')).toHaveLength(1)
    await it.settle(60_000)
    const [message] = await it.messages('big', 'FailedScheduling')
    expect(message).toMatch(/\(x2\)$/)
  })

  test('is tried again when a taint is taken off its node', async () => {
    await using it = await schedulerCluster({
      before: [nodeOf('n1', { spec: { taints: [{ key: 'boot', effect: 'NoSchedule' }] } })],
    })
    await it.create(podOf('web'))
    const { client } = it.cluster
    const node = (await client.get(Node, { name: 'n1' })) as Node
    await client.update({ ...node, spec: {} })
    await it.settle()
    expect(await it.nodes()).toEqual({ web: 'n1' })
  })

  test('backs off after failures that are not its own: 1, 2, 4, 8, then 10 seconds', async () => {
    await using it = await schedulerCluster()
    await it.create(podOf('web'))
    const counts: number[] = []
    for (const seconds of [1, 2, 4, 8, 10, 10]) {
      await it.settle(seconds * 1_000)
      const [message = ''] = await it.messages('web', 'FailedScheduling')
      counts.push(Number(/\(x(\d+)\)$/.exec(message)?.[1] ?? 1))
    }
    expect(counts).toEqual([2, 3, 4, 5, 6, 7])
  })
})

describe('gates', () => {
  test('a gated pod waits and says so, and goes when the last gate is gone', async () => {
    await using it = await schedulerCluster({ before: [nodeOf('n1')] })
    await it.create(podOf('held', { spec: { schedulingGates: [{ name: 'hold' }] } }))
    const held = await it.pod('held')
    expect(held.spec.nodeName).toBeUndefined()
    expect(held.status?.conditions).toMatchObject([
      { type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' },
    ])
    await it.cluster.client.update({ ...held, spec: { ...held.spec, schedulingGates: [] } })
    await it.settle()
    expect(await it.nodes()).toEqual({ held: 'n1' })
  })
})

describe('profiles', () => {
  test('each pod is placed by the profile that it names', async () => {
    const config = {
      profiles: [
        {},
        {
          schedulerName: 'packer',
          pluginConfig: [
            {
              name: 'NodeResourcesFit',
              args: { scoringStrategy: { type: 'MostAllocated', resources: [{ name: 'cpu' }] } },
            },
          ],
          plugins: { score: { disabled: [{ name: 'NodeResourcesBalancedAllocation' }] } },
        },
      ],
    } as const
    await using it = await schedulerCluster({ config, before: [nodeOf('n1'), nodeOf('n2'), nodeOf('n3')] })
    const pods = Array.from({ length: 4 }, (_, index) =>
      podOf(`p${index}`, { requests: { cpu: '1' }, spec: { schedulerName: 'packer' } }),
    )
    await it.create(...pods)
    expect(new Set(Object.values(await it.nodes())).size).toBe(1)
  })
})

describe('a binding that fails', () => {
  test('is taken back at once, and the pod is tried again after a while', async () => {
    let failures = 1
    const bind: SubresourceHandler = (request, context) => {
      if (request.name === 'first' && failures-- > 0) throw new StatusError(500, 'InternalError', 'the disk is full')
      return bindPod(request, context)
    }
    await using it = await schedulerCluster({ bind, before: [nodeOf('n1', { allocatable: { cpu: '2' } })] })
    await it.create(podOf('first', { requests: { cpu: '1' } }))
    expect(await it.messages('first', 'FailedScheduling')).toEqual([
      'running Bind plugin "DefaultBinder": the disk is full',
    ])
    expect((await it.pod('first')).status?.conditions).toMatchObject([
      { type: 'PodScheduled', reason: 'SchedulerError' },
    ])
    await it.create(podOf('second', { requests: { cpu: '2' } }))
    expect(await it.nodes()).toEqual({ first: '-', second: 'n1' })
    await it.cluster.client.delete(Pod, { namespace: 'default', name: 'second' }, { gracePeriodSeconds: 0 })
    await it.settle(1_000)
    expect(await it.nodes()).toEqual({ first: 'n1' })
  })

  test('because somebody else was faster leaves the pod where it is', async () => {
    const bind: SubresourceHandler = async (request, context) => {
      const body = { ...(request.body as Binding), target: { kind: 'Node', name: 'n2' } }
      await bindPod({ ...request, body }, context)
      return bindPod(request, context)
    }
    const nodes = [nodeOf('n1'), nodeOf('n2', { spec: { unschedulable: true } })]
    await using it = await schedulerCluster({ bind, before: nodes })
    await it.create(podOf('web'))
    expect(await it.nodes()).toEqual({ web: 'n2' })
    await it.settle(60_000)
    expect(await it.messages('web', 'FailedScheduling')).toEqual([])
  })
})

test('what the scheduler cannot write and nobody is told of ends it', async () => {
  const it = await schedulerCluster({ before: [nodeOf('n1')] })
  const { cluster } = it
  const write = cluster.server.send.bind(cluster.server)
  cluster.server.send = (request) =>
    request.kind.kind === 'Event' ? Promise.reject(new StatusError(500, 'InternalError', 'no events')) : write(request)
  await it.create(podOf('web'))
  await it.create(podOf('next'))
  await expect(it[Symbol.asyncDispose]()).rejects.toThrow('no events')
})
