import { expect, test } from 'vitest'
import { Node } from '../../api/kinds/core/node.ts'
import type { Pod } from '../../api/kinds/core/pod.ts'
import { NodeMetrics } from '../../api/kinds/metrics/node-metrics.ts'
import { PodMetrics } from '../../api/kinds/metrics/pod-metrics.ts'
import { Platform } from '../../platform.ts'
import { rehearsedWorld } from '../../world/rehearsed-world.ts'

const LABELS = { app: 'cart' }

async function clusterWithPod() {
  const world = rehearsedWorld({ seed: 'usage' })
  const platform = new Platform({ world })
  await platform.start()
  const { client } = platform
  await world.clock.runUntilTrue(() => [...platform.informers.of(Node).values()].length > 0, world.clock.now() + 5_000)
  await world.clock.advance(5_000)
  const resources = { requests: { cpu: '200m', memory: '64Mi' } }
  await client.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'cart', namespace: 'default', labels: LABELS },
    spec: { containers: [{ name: 'app', image: 'cart', resources }] },
  } as Pod)
  await world.clock.advance(5_000)
  return { platform, client, clock: world.clock, [Symbol.asyncDispose]: () => platform.stop() }
}

test('a pod is measured once it has been watched for a window', async () => {
  await using cluster = await clusterWithPod()
  const { client, clock } = cluster
  expect((await client.list(PodMetrics, { namespace: 'default' })).items).toEqual([])
  await expect(client.get(PodMetrics, { namespace: 'default', name: 'cart' })).resolves.toBeUndefined()
  await clock.advance(15_000)
  const [metrics] = (await client.list(PodMetrics, { labelSelector: 'app=cart' })).items
  expect(metrics).toMatchObject({
    metadata: { name: 'cart', namespace: 'default', labels: LABELS },
    window: '15s',
    containers: [{ name: 'app', usage: { cpu: '20000000n', memory: '32768Ki' } }],
  })
  expect((await client.list(PodMetrics, { labelSelector: 'app=other' })).items).toEqual([])
})

test('a node uses what its pods use', async () => {
  await using cluster = await clusterWithPod()
  await cluster.clock.advance(15_000)
  const [node] = (await cluster.client.list(NodeMetrics)).items
  expect(node?.usage).toEqual({ cpu: '20000000n', memory: '32768Ki' })
})
