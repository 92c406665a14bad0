import { expect, test } from 'vitest'
import { testCluster } from '../../../test/support/cluster.ts'
import { Endpoints } from '../../api/kinds/core/endpoints.ts'
import type { Pod } from '../../api/kinds/core/pod.ts'
import type { Service } from '../../api/kinds/core/service.ts'
import type { PodStatus } from '../../api/types.generated.ts'
import { EndpointsController } from './endpoints-controller.ts'

const PODS = 200

function statusOf(index: number): PodStatus {
  return {
    phase: 'Running',
    podIP: `10.0.${index >> 8}.${index & 255}`,
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:05Z' }],
  }
}

test('a long list is not written for each of the many changes that follow each other', async () => {
  await using cluster = await testCluster()
  const { client, informers, clock } = cluster
  await cluster.run(new EndpointsController({ client, informers, clock }))
  await client.create<Service>({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: { clusterIP: '10.96.0.7', ports: [{ port: 80, protocol: 'TCP' }], selector: { app: 'web' } },
  })
  const pods: Pod[] = []
  for (let index = 0; index < PODS; index++) {
    const metadata = { name: `web-${index}`, namespace: 'default', labels: { app: 'web' } }
    const containers = [{ name: 'web', image: 'web' }]
    pods.push(await client.create<Pod>({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers } }))
  }
  let writes = 0
  const watch = client.watch(Endpoints, { resourceVersion: '0' }, { event: () => writes++, closed: () => undefined })
  const listed = async (): Promise<number | undefined> =>
    (await client.get(Endpoints, { namespace: 'default', name: 'web' }))?.subsets?.[0]?.addresses?.length
  await clock.advance(1_000)
  const before = writes
  for (const [index, pod] of pods.entries()) {
    await client.updateStatus(pod, statusOf(index))
    await clock.advance(1)
    if (index === 0) expect(await listed()).toBe(1)
  }
  await clock.advance(1_000)
  watch.stop()
  expect(await listed()).toBe(PODS)
  expect(writes - before).toBeLessThan(10)
  expect(cluster.errors).toEqual([])
})
