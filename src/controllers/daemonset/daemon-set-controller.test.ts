import { describe, expect, test } from 'vitest'
import { type WorkloadCluster, workloadCluster } from '../../../test/support/workload-cluster.ts'
import { ControllerRevision } from '../../api/kinds/apps/controller-revision.ts'
import { DaemonSet } from '../../api/kinds/apps/daemon-set.ts'
import { Node } from '../../api/kinds/core/node.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import type { PodSpec, Taint } from '../../api/types.generated.ts'
import { isActive } from '../pods/pod-state.ts'
import { eligibility, tolerationsOf } from './eligibility.ts'

const KEY = { namespace: 'shop', name: 'logs' }

function node(
  name: string,
  { labels = {}, taints = [] }: { labels?: Record<string, string>; taints?: Taint[] } = {},
): Node {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec: { taints } } as Node
}

function daemonSet(spec: Partial<DaemonSet['spec']> = {}, pod: Partial<PodSpec> = {}): DaemonSet {
  const containers = [{ name: 'logs', image: 'logs:1' }]
  const template = { metadata: { labels: { app: 'logs' } }, spec: { containers, ...pod } }
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: KEY,
    spec: {
      selector: { matchLabels: { app: 'logs' } },
      template: template as never,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      revisionHistoryLimit: 10,
      ...spec,
    },
  }
}

const IMAGE_2 = { spec: { template: { spec: { containers: [{ name: 'logs', image: 'logs:2' }] } } } }

async function withNodes(count: number, options: Parameters<typeof workloadCluster>[0] = {}): Promise<WorkloadCluster> {
  const cluster = await workloadCluster(options)
  for (let index = 0; index < count; index++) await cluster.client.create(node(`node-${index}`))
  return cluster
}

function statusOf({ informers }: WorkloadCluster): DaemonSet['status'] {
  return informers.of(DaemonSet).get(KEY)?.status
}

describe('eligibility', () => {
  const noSchedule: Taint = { key: 'dedicated', value: 'db', effect: 'NoSchedule' }
  const noExecute: Taint = { key: 'dedicated', value: 'db', effect: 'NoExecute' }
  const preferNot: Taint = { key: 'dedicated', value: 'db', effect: 'PreferNoSchedule' }
  const term = (operator: string, values: string[]) => ({
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator, values }] }],
      },
    },
  })

  test.each<[string, Partial<PodSpec>, Node, { shouldRun: boolean; mayStay: boolean }]>([
    ['any node', {}, node('a'), { shouldRun: true, mayStay: true }],
    ['a missing label', { nodeSelector: { disk: 'ssd' } }, node('a'), { shouldRun: false, mayStay: false }],
    [
      'the right label',
      { nodeSelector: { disk: 'ssd' } },
      node('a', { labels: { disk: 'ssd' } }),
      { shouldRun: true, mayStay: true },
    ],
    [
      'a wrong zone',
      { affinity: term('In', ['x']) },
      node('a', { labels: { zone: 'y' } }),
      { shouldRun: false, mayStay: false },
    ],
    ['Gt', { affinity: term('Gt', ['3']) }, node('a', { labels: { zone: '4' } }), { shouldRun: true, mayStay: true }],
    ['NotIn of nothing', { affinity: term('NotIn', ['x']) }, node('a'), { shouldRun: true, mayStay: true }],
    ['a NoSchedule taint', {}, node('a', { taints: [noSchedule] }), { shouldRun: false, mayStay: true }],
    ['a NoExecute taint', {}, node('a', { taints: [noExecute] }), { shouldRun: false, mayStay: false }],
    ['a soft taint', {}, node('a', { taints: [preferNot] }), { shouldRun: true, mayStay: true }],
    [
      'a tolerated taint',
      { tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'db' }] },
      node('a', { taints: [noSchedule, noExecute] }),
      { shouldRun: true, mayStay: true },
    ],
    [
      'a node that is not ready',
      {},
      node('a', { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' }] }),
      { shouldRun: true, mayStay: true },
    ],
    [
      'a cordoned node',
      {},
      node('a', { taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] }),
      { shouldRun: true, mayStay: true },
    ],
    [
      'a node without network',
      {},
      node('a', { taints: [{ key: 'node.kubernetes.io/network-unavailable', effect: 'NoSchedule' }] }),
      { shouldRun: false, mayStay: true },
    ],
    [
      'a node without network for a daemon that needs none',
      { hostNetwork: true },
      node('a', { taints: [{ key: 'node.kubernetes.io/network-unavailable', effect: 'NoSchedule' }] }),
      { shouldRun: true, mayStay: true },
    ],
    ['another node by name', { nodeName: 'b' }, node('a'), { shouldRun: false, mayStay: false }],
  ])('of %s', (_name, pod, target, expected) => {
    expect(eligibility(daemonSet({}, pod), target)).toEqual(expected)
  })

  test('a toleration that would end gives way to the lasting one', () => {
    const tolerations = [
      { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
    ]
    const { template } = daemonSet({}, { tolerations }).spec
    expect(tolerationsOf(template).filter(({ key }) => key === 'node.kubernetes.io/not-ready')).toEqual([
      { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
    ])
  })
})

describe('a DaemonSet', () => {
  test('puts one pod on each node, also on nodes that come later', async () => {
    await using cluster = await withNodes(2)
    const { client } = cluster
    await client.create(daemonSet())
    await cluster.until(() => statusOf(cluster)?.numberReady === 2)
    await client.create(node('late'))
    await cluster.until(() => statusOf(cluster)?.numberReady === 3)
    expect(cluster.pods().map(({ spec }) => spec.nodeName)).toEqual(['node-0', 'node-1', 'late'])
    expect(statusOf(cluster)).toEqual({
      currentNumberScheduled: 3,
      desiredNumberScheduled: 3,
      numberMisscheduled: 0,
      numberReady: 3,
      numberAvailable: 3,
      updatedNumberScheduled: 3,
      observedGeneration: 1,
    })
    const [pod] = cluster.pods()
    const [revision] = cluster.informers.of(ControllerRevision).values()
    const hash = revision?.metadata.labels?.['controller-revision-hash']
    expect(pod?.metadata.labels).toEqual({
      app: 'logs',
      'controller-revision-hash': hash,
      'pod-template-generation': '1',
    })
    expect(revision?.metadata.name).toBe(`logs-${hash}`)
    expect(pod?.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution).toEqual({
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-0'] }] }],
    })
    expect(cluster.errors).toEqual([])
  })

  test('leaves a node that no longer fits, and counts a pod that may stay as misscheduled', async () => {
    await using cluster = await withNodes(2)
    const { client } = cluster
    await client.create(daemonSet())
    await cluster.until(() => statusOf(cluster)?.numberReady === 2)
    await client.mergePatch(Node, { name: 'node-0' }, { spec: { taints: [{ key: 'x', effect: 'NoSchedule' }] } })
    await cluster.until(() => statusOf(cluster)?.numberMisscheduled === 1)
    expect(cluster.pods()).toHaveLength(2)
    await client.mergePatch(Node, { name: 'node-0' }, { spec: { taints: [{ key: 'x', effect: 'NoExecute' }] } })
    await cluster.until(() => cluster.pods().length === 1)
    await cluster.until(() => statusOf(cluster)?.numberMisscheduled === 0)
    expect(statusOf(cluster)?.desiredNumberScheduled).toBe(1)
  })

  test('replaces a failed pod, ever more slowly', async () => {
    await using cluster = await withNodes(1, { exit: () => ({ afterMs: 0, code: 1 }), readyAfterMs: () => 0 })
    const { client, clock } = cluster
    let created = 0
    cluster.informers.of(Pod).handle({ added: () => created++ })
    await client.create(daemonSet())
    await clock.advance(60_000)
    expect(created).toBeGreaterThan(4)
    expect(created).toBeLessThan(9)
    const [event] = cluster.eventsOf('logs').filter((text) => text.startsWith('FailedDaemonPod'))
    expect(event).toMatch(
      /^FailedDaemonPod: Found failed daemon pod shop\/logs-\w+ on node node-0, will try to kill it$/,
    )
  })
})

describe('an update', () => {
  test('replaces maxUnavailable pods at a time', async () => {
    await using cluster = await withNodes(4)
    const { client, informers } = cluster
    await client.create(daemonSet())
    await cluster.until(() => statusOf(cluster)?.numberReady === 4)
    let least = 4
    informers.of(DaemonSet).handle({ updated: ({ status }) => (least = Math.min(least, status?.numberAvailable ?? 0)) })
    await client.mergePatch(DaemonSet, KEY, IMAGE_2)
    await cluster.until(() => statusOf(cluster)?.updatedNumberScheduled === 4 && statusOf(cluster)?.numberReady === 4)
    expect(least).toBe(3)
    expect([...informers.of(ControllerRevision).values()].map(({ revision }) => revision)).toEqual([1, 2])
  })

  test('with a surge starts the new pod before the old one goes', async () => {
    await using cluster = await withNodes(3)
    const { client, informers } = cluster
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }
    await client.create(daemonSet({ updateStrategy }))
    await cluster.until(() => statusOf(cluster)?.numberReady === 3)
    let least = 3
    let most = 3
    informers.of(DaemonSet).handle({ updated: ({ status }) => (least = Math.min(least, status?.numberAvailable ?? 0)) })
    informers.of(Pod).handle({ added: () => (most = Math.max(most, cluster.pods().filter(isActive).length)) })
    await client.mergePatch(DaemonSet, KEY, IMAGE_2)
    await cluster.until(() => statusOf(cluster)?.updatedNumberScheduled === 3 && cluster.pods().length === 3)
    expect(least).toBe(3)
    expect(most).toBe(4)
  })

  test('with OnDelete waits for somebody to delete pods', async () => {
    await using cluster = await withNodes(2)
    const { client, clock } = cluster
    await client.create(daemonSet({ updateStrategy: { type: 'OnDelete' } }))
    await cluster.until(() => statusOf(cluster)?.numberReady === 2)
    await client.mergePatch(DaemonSet, KEY, IMAGE_2)
    await clock.advance(60_000)
    expect(statusOf(cluster)?.updatedNumberScheduled).toBeUndefined()
    await client.deleteObject(cluster.pods()[0]!)
    await cluster.until(() => statusOf(cluster)?.updatedNumberScheduled === 1)
  })

  test('undone makes the first revision the newest again', async () => {
    await using cluster = await withNodes(1)
    const { client, informers } = cluster
    const isDone = () => statusOf(cluster)?.updatedNumberScheduled === 1 && statusOf(cluster)?.numberReady === 1
    await client.create(daemonSet({ revisionHistoryLimit: 1 }))
    await cluster.until(isDone)
    for (const image of ['logs:2', 'logs:3', 'logs:2']) {
      const template = { spec: { containers: [{ name: 'logs', image }] } }
      await client.mergePatch(DaemonSet, KEY, { spec: { template } })
      await cluster.until(() => isDone() && cluster.pods()[0]?.spec.containers[0]?.image === image)
    }
    expect(
      [...informers.of(ControllerRevision).values()].map(({ revision }) => revision).toSorted((a, b) => a - b),
    ).toEqual([3, 4])
  })
})
