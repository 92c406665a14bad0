import { describe, expect, test } from 'vitest'
import { type TestCluster, testCluster, type TestClusterOptions } from '../../../test/support/cluster.ts'
import type { Kind } from '../../api/kind.ts'
import { Deployment } from '../../api/kinds/apps/deployment.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { ResourceQuota } from '../../api/kinds/core/resource-quota.ts'
import type { Service } from '../../api/kinds/core/service.ts'
import type { Container } from '../../api/types.generated.ts'
import { namespaceLifecycle } from '../../apiserver/admission/namespace-lifecycle.ts'
import { resourceQuota } from '../../apiserver/admission/resource-quota.ts'
import { MemoryEngine } from '../../store/engines/memory.ts'
import { ResourceQuotaController } from './resource-quota-controller.ts'

const KEY = { namespace: 'default', name: 'q' }

/** Writes are answered a turn later, many together, as with an engine that flushes to a disk. */
class GatheringEngine extends MemoryEngine {
  override readonly gathers = true as never
}

async function quotaCluster(
  hard: Record<string, string>,
  spec: Partial<ResourceQuota['spec']> = {},
  options: TestClusterOptions = {},
): Promise<TestCluster> {
  const cluster = await testCluster({ admission: [namespaceLifecycle, resourceQuota()], ...options })
  const { client, informers, clock, world } = cluster
  const random = world.random.fork('quota')
  const events = (component: string) => cluster.events(component)
  await cluster.run(new ResourceQuotaController({ client, informers, clock, random, events }))
  await client.create({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: KEY,
    spec: { hard, ...spec },
  } as ResourceQuota)
  await clock.advance(100)
  return cluster
}

function pod(name: string, container: Partial<Container> = {}, spec: Partial<Pod['spec']> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'c', ...container }], ...spec },
  }
}

async function usedIn({ client }: TestCluster): Promise<unknown> {
  return (await client.get(ResourceQuota, KEY))?.status?.used
}

describe('quotas', () => {
  test('a pod too many is refused in the words that people search for', async () => {
    await using cluster = await quotaCluster({ pods: '2' })
    const { client } = cluster
    await client.create(pod('a'))
    await client.create(pod('b'))
    expect(await usedIn(cluster)).toEqual({ pods: '2' })
    await expect(client.create(pod('c'))).rejects.toMatchObject({
      code: 403,
      message: 'pods "c" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2',
    })
  })

  test('a pod that says nothing about a limited resource is refused', async () => {
    await using cluster = await quotaCluster({ 'requests.cpu': '1', 'limits.memory': '1Gi' })
    await expect(cluster.client.create(pod('a'))).rejects.toThrow(
      'pods "a" is forbidden: failed quota: q: must specify limits.memory for: c; requests.cpu for: c',
    )
  })

  test('what goes is given back', async () => {
    await using cluster = await quotaCluster({ pods: '1', 'requests.cpu': '1' })
    const { client, clock } = cluster
    await client.create(pod('a', { resources: { requests: { cpu: '700m' } } }))
    expect(await usedIn(cluster)).toEqual({ pods: '1', 'requests.cpu': '700m' })
    await client.delete(Pod as unknown as Kind, { ...KEY, name: 'a' }, { gracePeriodSeconds: 0 })
    await clock.advance(100)
    expect(await usedIn(cluster)).toEqual({ pods: '0', 'requests.cpu': '0' })
  })

  test('a pod that has ended no longer counts', async () => {
    await using cluster = await quotaCluster({ pods: '1', 'count/pods': '5' })
    const { client, clock } = cluster
    const running = await client.create(pod('a'))
    await client.updateStatus(running, { ...running.status, phase: 'Succeeded' })
    await clock.advance(100)
    expect(await usedIn(cluster)).toEqual({ 'count/pods': '1', pods: '0' })
  })

  test('objects of any kind can be counted', async () => {
    await using cluster = await quotaCluster({ 'count/deployments.apps': '1' })
    const { client, clock } = cluster
    const deployment = (name: string) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: 'default' },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: pod('x').spec },
      },
    })
    await client.create(deployment('a') as unknown as Deployment)
    await expect(client.create(deployment('b') as unknown as Deployment)).rejects.toThrow(
      'deployments.apps "b" is forbidden: exceeded quota: q, requested: count/deployments.apps=1, used: count/deployments.apps=1, limited: count/deployments.apps=1',
    )
    await client.delete(Deployment as unknown as Kind, { ...KEY, name: 'a' })
    await clock.advance(100)
    expect(await usedIn(cluster)).toEqual({ 'count/deployments.apps': '0' })
  })

  test('an update is charged with the difference', async () => {
    await using cluster = await quotaCluster({ 'services.nodeports': '1' })
    const { client } = cluster
    const service = (type: string, name: string): Service =>
      ({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace: 'default' },
        spec: { type, ports: [{ port: 80 }] },
      }) as Service
    const first = await client.create(service('ClusterIP', 'a'))
    await client.update({ ...first, spec: { ...first.spec, type: 'NodePort' } })
    expect(await usedIn(cluster)).toEqual({ 'services.nodeports': '1' })
    await expect(client.create(service('NodePort', 'b'))).rejects.toThrow('exceeded quota: q')
    await client.create(service('ClusterIP', 'c'))
  })

  test('a quota with scopes leaves other pods alone', async () => {
    await using cluster = await quotaCluster({ pods: '1' }, { scopes: ['BestEffort'] })
    const { client } = cluster
    for (const name of ['a', 'b']) await client.create(pod(name, { resources: { requests: { cpu: '1' } } }))
    await client.create(pod('c'))
    await expect(client.create(pod('d'))).rejects.toThrow('exceeded quota: q')
    expect(await usedIn(cluster)).toEqual({ pods: '1' })
  })

  test('a changed limit is in force at once', async () => {
    await using cluster = await quotaCluster({ pods: '0' })
    const { client, clock } = cluster
    await expect(client.create(pod('a'))).rejects.toThrow('exceeded quota')
    await client.mergePatch(ResourceQuota, KEY, { spec: { hard: { pods: '1' } } })
    await clock.advance(100)
    await client.create(pod('a'))
  })

  test('a dry run is judged and not charged', async () => {
    await using cluster = await quotaCluster({ pods: '1' })
    const { server, client } = cluster
    const kind = Pod as unknown as Kind
    const request = { verb: 'create', kind, namespace: 'default', trusted: true, user: { username: 'a' } } as const
    for (const name of ['a', 'b']) {
      await server.send({ ...request, name, body: pod(name), options: { dryRun: true } })
    }
    expect(await usedIn(cluster)).toEqual({ pods: '0' })
    await client.create(pod('a'))
    await expect(server.send({ ...request, body: pod('b'), options: { dryRun: true } })).rejects.toThrow('exceeded')
  })
})

describe.each([
  { engine: 'memory', make: () => new MemoryEngine() },
  { engine: 'gathering', make: () => new GatheringEngine() },
])('with a $engine engine', ({ make }) => {
  test('of a thousand pods at once just as many come in as the quota allows, whatever is counted meanwhile', async () => {
    await using cluster = await quotaCluster({ pods: '40' }, {}, { engine: make() })
    const { client, informers, clock, world } = cluster
    const events = (component: string) => cluster.events(component)
    const counter = new ResourceQuotaController({ client, informers, clock, random: world.random, events })
    const creations = Array.from({ length: 1_500 }, async (_, index) => {
      // The controller counts anew again and again while pods are on their way.
      for (let turn = 0; turn < index % 7; turn++) await clock.yield()
      return index % 3 === 0 ? counter.reconcile(KEY) : client.create(pod(`p-${index}`))
    })
    const results = await Promise.allSettled(creations)
    const refused = results.filter(({ status }) => status === 'rejected')
    expect(refused).toHaveLength(1_000 - 40)
    await clock.advance(1_000)
    expect(await usedIn(cluster)).toEqual({ pods: '40' })
    expect((await client.list(Pod)).items).toHaveLength(40)
  })
})

test('a charge whose write failed is given back by the next full count', async () => {
  await using cluster = await quotaCluster({ pods: '1' }, {}, { admission: [resourceQuota()] })
  const { client, clock, store } = cluster
  const create = store.create.bind(store)
  store.create = () => Promise.reject(new Error('disk full'))
  await expect(client.create(pod('a'))).rejects.toThrow('disk full')
  store.create = create
  expect(await usedIn(cluster)).toEqual({ pods: '1' })
  await clock.advance(6 * 60_000)
  expect(await usedIn(cluster)).toEqual({ pods: '0' })
})
