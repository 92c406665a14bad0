import { describe, expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import { Deployment } from '../../api/kinds/apps/deployment.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { PodDisruptionBudget } from '../../api/kinds/policy/pod-disruption-budget.ts'
import type { PodDisruptionBudgetSpec } from '../../api/types.generated.ts'
import { evict } from '../../apiserver/subresources/eviction.ts'
import { scale } from '../../apiserver/subresources/scale.ts'
import { type WorkloadCluster, workloadCluster } from '../../../test/support/workload-cluster.ts'
import { DisruptionController } from './disruption-controller.ts'
import { StaleDisruptionController } from './stale-disruption-controller.ts'

const KEY = { namespace: 'shop', name: 'web' }

async function start(): Promise<WorkloadCluster> {
  const cluster = await workloadCluster({ subresources: { 'pods/eviction': evict, '*/scale': scale } })
  const { client, informers, clock } = cluster
  const events = (component: string) => cluster.events(component)
  await cluster.run(
    new DisruptionController({ client, informers, clock, events }),
    new StaleDisruptionController({ client, informers, clock }),
  )
  return cluster
}

function workload(kind: string, spec: object = {}, apiVersion = 'apps/v1'): ApiObject {
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image: 'nginx' }] } }
  const selector = { matchLabels: { app: 'web' } }
  return { apiVersion, kind, metadata: { ...KEY }, spec: { selector, template, ...spec } } as ApiObject
}

function budget(spec: Partial<PodDisruptionBudgetSpec>): PodDisruptionBudget {
  const selector = { matchLabels: { app: 'web' } }
  return { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { ...KEY }, spec: { selector, ...spec } }
}

async function statusOf({ client }: WorkloadCluster) {
  return (await client.get(PodDisruptionBudget, KEY))?.status
}

function allReady(cluster: WorkloadCluster, count: number): () => boolean {
  return () => cluster.pods().filter((pod) => pod.status?.phase === 'Running').length === count
}

describe('the status of a budget', () => {
  test.each([
    { spec: { maxUnavailable: 1 }, desiredHealthy: 3, disruptionsAllowed: 1 },
    { spec: { minAvailable: '50%' }, desiredHealthy: 2, disruptionsAllowed: 2 },
    { spec: { minAvailable: 4 }, desiredHealthy: 4, disruptionsAllowed: 0 },
  ])('a Deployment of four under $spec', async ({ spec, desiredHealthy, disruptionsAllowed }) => {
    await using cluster = await start()
    await cluster.client.create(workload('Deployment', { replicas: 4 }))
    await cluster.client.create(budget(spec))
    await cluster.until(allReady(cluster, 4))
    await cluster.clock.advance(1_000)
    expect(await statusOf(cluster)).toMatchObject({
      expectedPods: 4,
      currentHealthy: 4,
      desiredHealthy,
      disruptionsAllowed,
      observedGeneration: 1,
      conditions: [
        {
          type: 'DisruptionAllowed',
          status: disruptionsAllowed > 0 ? 'True' : 'False',
          reason: disruptionsAllowed > 0 ? 'SufficientPods' : 'InsufficientPods',
        },
      ],
    })
  })

  test('while a Deployment rolls, what it wants counts, not what its ReplicaSets have', async () => {
    await using cluster = await start()
    await cluster.client.create(workload('Deployment', { replicas: 4 }))
    await cluster.client.create(budget({ maxUnavailable: '50%' }))
    await cluster.until(allReady(cluster, 4))
    await cluster.client.mergePatch(Deployment as never, KEY, {
      spec: { template: { metadata: { annotations: { step: 'two' } } } },
    })
    for (let step = 0; step < 20; step++) {
      await cluster.clock.advance(250)
      expect(await statusOf(cluster)).toMatchObject({ expectedPods: 4, desiredHealthy: 2 })
    }
  })

  test('a StatefulSet counts by its replicas', async () => {
    await using cluster = await start()
    await cluster.client.create(workload('StatefulSet', { replicas: 3, serviceName: 'web' }))
    await cluster.client.create(budget({ maxUnavailable: 1 }))
    await cluster.until(allReady(cluster, 3))
    await cluster.clock.advance(1_000)
    expect(await statusOf(cluster)).toMatchObject({ expectedPods: 3, disruptionsAllowed: 1 })
  })

  test('a controller without a scale cannot be counted: the budget says so and allows nothing', async () => {
    await using cluster = await start()
    const node = (name: string) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name } }) as ApiObject
    await cluster.client.create(node('node-0'))
    await cluster.client.create(workload('DaemonSet'))
    await cluster.client.create(budget({ maxUnavailable: 1 }))
    await cluster.until(allReady(cluster, 1))
    await cluster.clock.advance(1_000)
    const message = 'daemonsets.apps does not implement the scale subresource'
    expect(await statusOf(cluster)).toMatchObject({
      disruptionsAllowed: 0,
      conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message }],
    })
    expect(cluster.eventsOf('web')).toContain(
      `CalculateExpectedPodCountFailed: Failed to calculate the number of expected pods: ${message}`,
    )
  })

  test('a controller that is gone cannot be counted either', async () => {
    await using cluster = await start()
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'gone', uid: 'u1', controller: true }
    await cluster.client.create(barePod('web-0', [owner]))
    await cluster.client.create(budget({ maxUnavailable: 1 }))
    await cluster.clock.advance(1_000)
    expect((await statusOf(cluster))?.conditions?.[0]).toMatchObject({
      reason: 'SyncFailed',
      message: 'found no controllers for pod "web-0"',
    })
  })

  test('pods that nobody controls are named in an event', async () => {
    await using cluster = await start()
    await cluster.client.create(barePod('web-0'))
    await cluster.client.create(budget({ maxUnavailable: 1 }))
    await cluster.clock.advance(2_000)
    expect(await statusOf(cluster)).toMatchObject({ expectedPods: 0, disruptionsAllowed: 0 })
    expect(cluster.eventsOf('web')).toContainEqual(
      expect.stringContaining(
        'UnmanagedPods: Pods selected by this PodDisruptionBudget (selector: &LabelSelector{MatchLabels:map[string]string{app: web,},',
      ),
    )
  })

  test('bare pods can be counted by a number', async () => {
    await using cluster = await start()
    await cluster.client.create(barePod('web-0'))
    await cluster.client.create(barePod('web-1'))
    await cluster.client.create(budget({ minAvailable: 1 }))
    await cluster.clock.advance(3_000)
    expect(await statusOf(cluster)).toMatchObject({ expectedPods: 2, currentHealthy: 2, disruptionsAllowed: 1 })
  })

  test('a budget without pods says so', async () => {
    await using cluster = await start()
    await cluster.client.create(budget({ minAvailable: 1 }))
    await cluster.clock.advance(1_000)
    expect(await statusOf(cluster)).toMatchObject({ expectedPods: 0, desiredHealthy: 1, disruptionsAllowed: 0 })
    expect(cluster.eventsOf('web')).toEqual(['NoPods: No matching pods found'])
  })

  test('a pod under two budgets is told so once', async () => {
    await using cluster = await start()
    await cluster.client.create(budget({ minAvailable: 0 }))
    const second = budget({ minAvailable: 0 })
    await cluster.client.create({ ...second, metadata: { ...second.metadata, name: 'xxl' } })
    await cluster.client.create(barePod('web-0'))
    await cluster.clock.advance(3_000)
    expect(cluster.eventsOf('web-0').filter((line) => line.startsWith('Multiple'))).toEqual([
      'MultiplePodDisruptionBudgets: Pod "shop"/"web-0" matches multiple PodDisruptionBudgets.  Chose "web" arbitrarily.',
    ])
  })
})

describe('evictions', () => {
  test('one at a time may go, and the next when its successor is ready', async () => {
    await using cluster = await start()
    const { client } = cluster
    await client.create(workload('Deployment', { replicas: 3 }))
    await client.create(budget({ maxUnavailable: 1 }))
    await cluster.until(allReady(cluster, 3))
    await cluster.clock.advance(1_000)
    const [first, second] = cluster.pods().map(({ metadata }) => metadata.name)
    await evictPod(cluster, first)
    await expect(evictPod(cluster, second)).rejects.toMatchObject({ code: 429 })
    await cluster.clock.advance(5_000)
    await evictPod(cluster, second)
    await cluster.clock.advance(5_000)
    expect((await statusOf(cluster))?.disruptedPods).toBeUndefined()
  })

  test('a granted eviction whose deletion never came is forgotten after two minutes', async () => {
    await using cluster = await start()
    const { client, clock } = cluster
    await client.create(barePod('web-0'))
    await client.create(budget({ minAvailable: 0 }))
    await clock.advance(3_000)
    const present = await client.get(PodDisruptionBudget, KEY)
    if (present === undefined) throw new Error('the budget was created')
    await client.updateStatus(present, { ...present.status, disruptedPods: { 'web-0': '2026-01-01T00:00:03Z' } })
    await clock.advance(119_000)
    expect(await statusOf(cluster)).toMatchObject({ currentHealthy: 0, disruptedPods: expect.anything() })
    await clock.advance(2_000)
    const status = await statusOf(cluster)
    expect(status).toMatchObject({ currentHealthy: 1, disruptionsAllowed: 1 })
    expect(status?.disruptedPods).toBeUndefined()
    expect(cluster.eventsOf('web-0')).toContain(
      "NotDeleted: Pod was expected by PDB shop/shop to be deleted but it wasn't",
    )
  })

  test('what was said of a pod that stays is taken back after two minutes', async () => {
    await using cluster = await start()
    const { client, clock } = cluster
    await client.create(barePod('web-0'))
    await clock.advance(3_000)
    const pod = await client.get(Pod, { namespace: 'shop', name: 'web-0' })
    if (pod === undefined) throw new Error('the pod was created')
    const target = { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' } as const
    const conditions = [...(pod.status?.conditions ?? []), { ...target, lastTransitionTime: '2026-01-01T00:00:03Z' }]
    await client.updateStatus(pod, { ...pod.status, conditions })
    await clock.advance(119_000)
    expect(await targetOf(cluster)).toMatchObject(target)
    await clock.advance(2_000)
    expect(await targetOf(cluster)).toEqual({
      type: 'DisruptionTarget',
      status: 'False',
      observedGeneration: expect.any(Number),
      lastTransitionTime: '2026-01-01T00:02:03Z',
    })
  })
})

async function targetOf({ client }: WorkloadCluster) {
  const pod = await client.get(Pod, { namespace: 'shop', name: 'web-0' })
  return pod?.status?.conditions?.find(({ type }) => type === 'DisruptionTarget')
}

function barePod(name: string, ownerReferences?: Pod['metadata']['ownerReferences']): Pod {
  const metadata = { namespace: 'shop', name, labels: { app: 'web' } }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: ownerReferences === undefined ? metadata : { ...metadata, ownerReferences },
    spec: { containers: [{ name: 'app', image: 'nginx' }] },
  }
}

function evictPod({ client }: WorkloadCluster, name = ''): Promise<unknown> {
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { namespace: 'shop', name } } as ApiObject
  return client.createSubresource(Pod, { namespace: 'shop', name }, 'eviction', eviction)
}
