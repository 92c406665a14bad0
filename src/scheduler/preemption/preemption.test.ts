import { describe, expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { nodeOf, podOf } from '../../../test/scheduler/builders.ts'
import { schedulerCluster } from '../../../test/scheduler/scheduler-cluster.ts'
import { on } from '../../../test/scheduler/judgement.ts'
import type { PodInfo } from '../pod-info.ts'
import { Cluster } from '../cluster.ts'
import { pickVictims } from './pick-victims.ts'

const NODE = (name: string) => nodeOf(name, { allocatable: { cpu: '2' } })
const cpu = (name: string, amount: string, priority: number, change: Parameters<typeof podOf>[1] = {}) =>
  podOf(name, {
    requests: { cpu: amount },
    ...change,
    spec: { priority, terminationGracePeriodSeconds: 0, ...change.spec },
  })

describe('a pod of high priority', () => {
  test('takes the place of less important ones, who are told before they go', async () => {
    await using it = await schedulerCluster({ before: [NODE('n1')] })
    await it.create(cpu('low', '2', 0, { metadata: { finalizers: ['test/hold'] } }))
    await it.create(cpu('high', '2', 10))
    const high = await it.pod('high')
    const low = await it.pod('low')
    expect(high.status?.nominatedNodeName).toBe('n1')
    expect(low.metadata.deletionTimestamp).toBeDefined()
    expect(low.status?.conditions?.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({
      status: 'True',
      reason: 'PreemptionByScheduler',
      message: 'default-scheduler: preempting to accommodate a higher priority pod',
    })
    expect(await it.messages('low', 'Preempted')).toEqual([`Preempted by pod ${high.metadata.uid} on node n1`])
    expect(await it.messages('high', 'FailedScheduling')).toEqual(['0/1 nodes are available: 1 Insufficient cpu.'])
    await it.cluster.client.update({ ...low, metadata: { ...low.metadata, finalizers: [] } })
    await it.settle()
    expect(await it.nodes()).toEqual({ high: 'n1' })
    expect((await it.pod('high')).status?.nominatedNodeName).toBeUndefined()
  })

  test('waits for its victims instead of preempting more', async () => {
    await using it = await schedulerCluster({ before: [NODE('n1'), NODE('n2')] })
    const held = { metadata: { finalizers: ['test/hold'] } }
    await it.create(cpu('a', '2', 0, held), cpu('b', '2', 0, held), cpu('high', '2', 10))
    await it.create(podOf('noise', { requests: { cpu: '2' }, spec: { priority: -1 } }))
    await it.settle(400_000)
    const pods = await Promise.all(['a', 'b'].map((name) => it.pod(name)))
    expect(pods.filter(({ metadata }) => metadata.deletionTimestamp !== undefined)).toHaveLength(1)
    const messages = await it.messages('high', 'FailedScheduling')
    expect(messages.at(-1)).toContain(
      'no new claims to deallocate, preemption: not eligible due to a terminating pod on the nominated node.',
    )
  })

  test('takes no more than it needs, and the least important', async () => {
    await using it = await schedulerCluster({ before: [NODE('n1')] })
    await it.create(cpu('a', '500m', 1), cpu('b', '500m', 2), cpu('c', '1', 3), cpu('high', '1', 10))
    expect(await it.nodes()).toEqual({ c: 'n1', high: 'n1' })
  })

  test('does not preempt when its policy is Never, nor pods as important as itself', async () => {
    await using it = await schedulerCluster({ before: [NODE('n1')] })
    await it.create(
      cpu('low', '2', 0),
      cpu('polite', '2', 10, { spec: { preemptionPolicy: 'Never' } }),
      cpu('equal', '2', 0),
    )
    expect(await it.nodes()).toEqual({ low: 'n1', polite: '-', equal: '-' })
    expect(await it.messages('polite', 'FailedScheduling')).toEqual([
      '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.',
    ])
    expect(await it.messages('equal', 'FailedScheduling')).toEqual([
      '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
    ])
  })

  test('spares pods whose budget would break, if there is another way', async () => {
    const budget = {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'guard', namespace: 'default' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'guarded' } } },
    } as ApiObject
    await using it = await schedulerCluster({ before: [NODE('n1'), NODE('n2'), budget] })
    await it.create(cpu('guarded', '2', 0, { labels: { app: 'guarded' } }), cpu('plain', '2', 5), cpu('high', '2', 10))
    expect(Object.keys(await it.nodes()).toSorted()).toEqual(['guarded', 'high'])
  })

  test('leaves room for pods that were promised a node', async () => {
    await using it = await schedulerCluster({ before: [NODE('n1')] })
    await it.create(cpu('low', '2', 0, { metadata: { finalizers: ['test/hold'] } }), cpu('high', '2', 10))
    await it.create(podOf('late', { requests: { cpu: '1' }, spec: { priority: 5 } }))
    const low = await it.pod('low')
    await it.cluster.client.update({ ...low, metadata: { ...low.metadata, finalizers: [] } })
    await it.settle(20_000)
    expect(await it.nodes()).toEqual({ high: 'n1', late: '-' })
  })

  test('a nominated pod that is deleted gives its place back', async () => {
    await using it = await schedulerCluster({ before: [NODE('n1')] })
    await it.create(cpu('low', '2', 0, { metadata: { finalizers: ['test/hold'] } }), cpu('high', '2', 10))
    await it.create(podOf('late', { requests: { cpu: '1' }, spec: { priority: 5 } }))
    await it.cluster.client.delete(Pod, { namespace: 'default', name: 'high' }, { gracePeriodSeconds: 0 })
    const low = await it.pod('low')
    await it.cluster.client.update({ ...low, metadata: { ...low.metadata, finalizers: [] } })
    await it.settle(20_000)
    expect(await it.nodes()).toEqual({ late: 'n1' })
  })
})

describe('which node', () => {
  const cluster = new Cluster()
  let count = 0
  const victim = (priority: number, startTime = '2026-01-01T00:00:00Z'): PodInfo =>
    cluster.podInfo(on('n', podOf(`v${count++}`, { spec: { priority }, status: { startTime } })))
  const candidate = (node: string, pods: readonly PodInfo[], violations = 0) => ({ node, pods, violations })

  test.each([
    ['fewest broken budgets', candidate('a', [victim(0)], 1), candidate('b', [victim(9), victim(9)], 0), 'b'],
    ['lowest highest priority', candidate('a', [victim(5)]), candidate('b', [victim(4), victim(4)]), 'b'],
    ['smallest sum of priorities', candidate('a', [victim(5), victim(4)]), candidate('b', [victim(5), victim(3)]), 'b'],
    ['fewest victims', candidate('a', [victim(5), victim(-(2 ** 31))]), candidate('b', [victim(5)]), 'b'],
    [
      'youngest among the highest',
      candidate('a', [victim(5, '2026-01-01T00:00:00Z')]),
      candidate('b', [victim(5, '2026-01-02T00:00:00Z')]),
      'b',
    ],
    ['the first, in the end', candidate('a', [victim(5)]), candidate('b', [victim(5)]), 'a'],
  ])('%s', (_name, a, b, expected) => {
    expect(pickVictims([a, b], 0)?.node).toBe(expected)
  })
})
