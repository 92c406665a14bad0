import { expect, test } from 'vitest'
import { testCluster } from '../../../test/support/cluster.ts'
import { ConfigMap } from '../../api/kinds/core/config-map.ts'
import { Event } from '../../api/kinds/core/event.ts'
import type { ApiObject } from '../../api/object.ts'
import { SettingsController } from './settings-controller.ts'

test('what is wrong with the mesh configuration is told by events, once', async () => {
  await using cluster = await testCluster()
  const { client, clock, informers } = cluster
  await cluster.run(new SettingsController({ informers, events: cluster.events('istiod') }))
  const metadata = { name: 'istio', namespace: 'istio-system' }
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system' } } as ApiObject)
  const apply = async (mesh: string, seen = 'once'): Promise<void> => {
    const configMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { ...metadata, labels: { seen } },
      data: { mesh },
    }
    await client.apply(configMap as ApiObject, { force: true })
    await clock.advance(1_000)
  }
  const told = async (): Promise<readonly string[]> =>
    (await client.list(Event, { namespace: 'istio-system' })).items.map(
      ({ type, reason, message, count }) => `${type} ${reason} ${count}: ${message}`,
    )
  await apply('')
  expect(await told()).toEqual([])
  await apply('tlsDefaults: { ecdhCurves: [P-256, P-256] }')
  await apply('tlsDefaults: { ecdhCurves: [P-256, P-256] }', 'again')
  const duplicate = 'Warning MeshConfigWarning 1: detected duplicate ECDH curves: [P-256]'
  expect(await told()).toEqual([duplicate])
  await apply('- a')
  const refused = 'Warning InvalidMeshConfig 1: it is no object; what was before stays in force'
  expect((await told()).toSorted()).toEqual([refused, duplicate])
  await client.delete(ConfigMap, metadata)
  await clock.advance(1_000)
  expect(cluster.errors).toEqual([])
})
