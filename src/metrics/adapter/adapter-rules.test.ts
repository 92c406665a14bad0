import { expect, test } from 'vitest'
import { testCluster, type TestCluster } from '../../../test/support/cluster.ts'
import type { ConfigMap } from '../../api/kinds/core/config-map.ts'
import { Event } from '../../api/kinds/core/event.ts'
import { AdapterRules } from './adapter-rules.ts'

const RULES = 'externalRules: [{seriesQuery: a, metricsQuery: a}]'
const KEY = { namespace: 'default', name: 'adapter-config' }

/** Runs the rules of a cluster; `told` has the series queries of what was taken up, again and again. */
async function run(cluster: TestCluster): Promise<readonly (readonly string[])[]> {
  const told: string[][] = []
  const rules = new AdapterRules({
    informers: cluster.informers,
    events: cluster.events('prometheus-adapter'),
    async changed(configs) {
      told.push(configs.flatMap(({ externalRules }) => externalRules.map(({ seriesQuery }) => seriesQuery)))
    },
  })
  await cluster.run(rules)
  return told
}

function configMap(text: string, metadata: Partial<ConfigMap['metadata']> = {}): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...KEY, ...metadata }, data: { 'config.yaml': text } }
}

test('rules that are there when the cluster starts hold at once', async () => {
  await using cluster = await testCluster()
  await cluster.client.create(configMap(RULES))
  expect(await run(cluster)).toEqual([['a']])
})

test('a cluster that starts without rules is told that there are none', async () => {
  await using cluster = await testCluster()
  expect(await run(cluster)).toEqual([[]])
})

test('several ConfigMaps add up by name, whatever namespace they are in, and a label is as good as a name', async () => {
  await using cluster = await testCluster()
  const told = await run(cluster)
  const labels = { 'app.kubernetes.io/name': 'prometheus-adapter' }
  await cluster.client.create(
    configMap(RULES.replaceAll(': a', ': b'), { namespace: 'kube-system', name: 'x', labels }),
  )
  await cluster.client.create(configMap(RULES))
  await cluster.client.create(configMap(RULES, { name: 'something-else' }))
  await cluster.clock.advance(0)
  expect(told.at(-1)).toEqual(['a', 'b'])
})

test('rules that cannot be used are complained of once, and mended by the next text', async () => {
  await using cluster = await testCluster()
  const told = await run(cluster)
  const created = await cluster.client.create(configMap('rules: 3'))
  await cluster.clock.advance(0)
  const labelled = await cluster.client.update({
    ...created,
    metadata: { ...created.metadata, labels: { changed: 'nothing' } },
  })
  await cluster.clock.advance(0)
  const { items } = await cluster.client.list(Event)
  expect(items.map(({ reason, message, count }) => [reason, message, count])).toEqual([
    ['InvalidAdapterConfig', 'config.yaml: rules: must be a list; it is not used', 1],
  ])
  await cluster.client.update({ ...labelled, data: { 'config.yaml': RULES } })
  await cluster.clock.advance(0)
  expect(told).toEqual([[], ['a']])
})
