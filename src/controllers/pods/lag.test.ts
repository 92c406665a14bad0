import { describe, expect, test } from 'vitest'
import { testCluster, type TestCluster } from '../../../test/support/cluster.ts'
import { fakeKubelet } from '../../../test/support/fake-kubelet.ts'
import { bindPod } from '../../apiserver/subresources/binding.ts'
import { DaemonSet } from '../../api/kinds/apps/daemon-set.ts'
import { Deployment } from '../../api/kinds/apps/deployment.ts'
import { StatefulSet } from '../../api/kinds/apps/stateful-set.ts'
import { Job } from '../../api/kinds/batch/job.ts'
import type { Kind } from '../../api/kind.ts'
import type { ApiObject } from '../../api/object.ts'
import type { Transport } from '../../api/request.ts'
import { Client } from '../../client/client.ts'
import { runController } from '../../client/controller.ts'
import { EventRecorder } from '../../client/events.ts'
import { Informers } from '../../client/informers.ts'
import { workloadControllers } from '../workload-controllers.ts'

const LAG_MS = 700
const KEY = { namespace: 'default', name: 'web' }

/** Calls are answered at once, but what watches tell comes late: as over a network to any cluster. */
async function lateCluster(): Promise<TestCluster> {
  const cluster = await testCluster({ subresources: { 'pods/binding': bindPod } })
  const { server, clock, client: direct } = cluster
  const late: Transport = {
    send: (request) => server.send(request),
    watch: (request, { event, closed }) =>
      server.watch(request, {
        event: (one) => void clock.schedule(LAG_MS, () => event(one)),
        closed: (error) => closed(error),
      }),
  }
  const user = { username: 'system:admin', groups: ['system:masters'] }
  const client = new Client({ transport: late, scheme: direct.scheme, user, fieldManager: 'late' })
  const informers = new Informers(client, clock)
  const events = (component: string) => new EventRecorder({ client, clock, component })
  const random = cluster.world.random.fork('late')
  for (const controller of workloadControllers({ client, informers, clock, random, events })) {
    const onError = () => {}
    void runController(controller, { client, informers, clock, signal: cluster.signal, onError })
  }
  await cluster.run(
    fakeKubelet({
      ...cluster,
      exit: (pod) => (pod.spec.restartPolicy === 'Never' ? { afterMs: 0, code: 0 } : undefined),
    }),
  )
  await clock.advance(2 * LAG_MS)
  return cluster
}

/** How many pods were ever made, and how many there were at most at one time. */
function count({ store }: TestCluster): { readonly made: number; readonly most: number } {
  const counts = { made: 0, most: 0 }
  const present = new Set<string>()
  store.watchAll(({ type, resource, object }) => {
    if (resource !== '/pods') return
    if (type === 'ADDED') counts.made++
    if (type === 'DELETED' || object.metadata.deletionTimestamp !== undefined) present.delete(object.metadata.name)
    else present.add(object.metadata.name)
    counts.most = Math.max(counts.most, present.size)
  })
  return counts
}

async function status<T extends ApiObject & { readonly status?: unknown }>(
  { client }: TestCluster,
  kind: Kind<T>,
): Promise<T['status']> {
  return (await client.get(kind, KEY))?.status
}

const labels = { app: 'web' }
const selector = { matchLabels: labels }
const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'a:1' }] } }

function workload(kind: string, spec: object, apiVersion = 'apps/v1'): ApiObject {
  return { apiVersion, kind, metadata: KEY, spec } as ApiObject
}

describe('with watches that come late', () => {
  test('a Deployment makes each pod once, and keeps to its surge', async () => {
    await using cluster = await lateCluster()
    const counts = count(cluster)
    const rollingUpdate = { maxSurge: 2, maxUnavailable: 0 }
    const strategy = { type: 'RollingUpdate', rollingUpdate }
    await cluster.client.create(workload('Deployment', { replicas: 20, selector, template, strategy }))
    await cluster.clock.advance(60_000)
    expect(counts).toEqual({ made: 20, most: 20 })
    const image = { spec: { template: { spec: { containers: [{ name: 'c', image: 'a:2' }] } } } }
    await cluster.client.mergePatch(Deployment, KEY, image)
    await cluster.clock.advance(300_000)
    expect(await status(cluster, Deployment)).toMatchObject({
      replicas: 20,
      updatedReplicas: 20,
      availableReplicas: 20,
    })
    expect(counts).toEqual({ made: 40, most: 22 })
    await cluster.client.mergePatch(Deployment, KEY, { spec: { replicas: 5 } })
    await cluster.clock.advance(60_000)
    expect(await status(cluster, Deployment)).toMatchObject({ replicas: 5, availableReplicas: 5 })
    expect(counts.made).toBe(40)
  })

  test('a StatefulSet makes each pod once', async () => {
    await using cluster = await lateCluster()
    const counts = count(cluster)
    await cluster.client.create(workload('StatefulSet', { replicas: 3, serviceName: 'web', selector, template }))
    await cluster.clock.advance(60_000)
    expect(await status(cluster, StatefulSet)).toMatchObject({ replicas: 3, readyReplicas: 3 })
    expect(counts.made).toBe(3)
  })

  test('a DaemonSet makes one pod a node', async () => {
    await using cluster = await lateCluster()
    const counts = count(cluster)
    for (let index = 0; index < 7; index++) {
      await cluster.client.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: `node-${index}` } } as ApiObject)
    }
    await cluster.client.create(workload('DaemonSet', { selector, template }))
    await cluster.clock.advance(60_000)
    expect(await status(cluster, DaemonSet)).toMatchObject({ desiredNumberScheduled: 7, numberReady: 7 })
    expect(counts.made).toBe(7)
  })

  test('a Job makes as many pods as it needs and counts each once', async () => {
    await using cluster = await lateCluster()
    const counts = count(cluster)
    const pod = { ...template, spec: { ...template.spec, restartPolicy: 'Never' } }
    await cluster.client.create(workload('Job', { completions: 9, parallelism: 4, template: pod }, 'batch/v1'))
    await cluster.clock.advance(120_000)
    expect(await status(cluster, Job)).toMatchObject({ succeeded: 9 })
    expect(counts.made).toBe(9)
    expect(counts.most).toBeLessThanOrEqual(9)
  })
})
