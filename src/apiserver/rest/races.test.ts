import { expect, test } from 'vitest'
import { ConfigMap } from '../../api/kinds/core/config-map.ts'
import { testCluster } from '../../../test/support/cluster.ts'

const KEY = { namespace: 'default', name: 'settings' }

async function clusterWithSettings() {
  const cluster = await testCluster()
  const created = await cluster.client.create<ConfigMap>({ apiVersion: 'v1', kind: 'ConfigMap', metadata: KEY })
  return { cluster, created }
}

test('patches at the same instant all take effect', async () => {
  const { cluster } = await clusterWithSettings()
  await using _ = cluster
  const names = ['a', 'b', 'c']
  await Promise.all(names.map((name) => cluster.client.mergePatch(ConfigMap, KEY, { data: { [name]: 'x' } })))
  expect((await cluster.client.get(ConfigMap, KEY))?.data).toEqual({ a: 'x', b: 'x', c: 'x' })
})

test('of patches that name their version only the first takes effect', async () => {
  const { cluster, created } = await clusterWithSettings()
  await using _ = cluster
  const { resourceVersion } = created.metadata
  const results = await Promise.allSettled(
    ['a', 'b'].map((name) =>
      cluster.client.mergePatch(ConfigMap, KEY, { metadata: { resourceVersion }, data: { [name]: 'x' } }),
    ),
  )
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
})
