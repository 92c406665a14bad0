import { expect, test } from 'vitest'
import { testCluster } from '../../../../test/support/cluster.ts'
import type { WorkloadModel } from '../../../api/kinds/dabba/workload-model.ts'
import type { Kind } from '../../../api/kind.ts'
import { WatchedModels } from './watched-models.ts'

const KIND: Kind = {
  group: 'dabba.dev',
  version: 'v1alpha1',
  kind: 'WorkloadModel',
  plural: 'workloadmodels',
  singular: 'workloadmodel',
  namespaced: false,
  custom: true,
  schema: () => ({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }),
}

function model(pullDuration: string): WorkloadModel {
  return {
    apiVersion: 'dabba.dev/v1alpha1',
    kind: 'WorkloadModel',
    metadata: { name: 'all' },
    spec: { selector: {}, image: { pullDuration } },
  }
}

test('models come into force with their kind, and change as they are written', async () => {
  await using cluster = await testCluster()
  const models = new WatchedModels(cluster.client.scheme, cluster.informers)
  const pullMs = () =>
    models.current().behaviourOf({ namespace: 'a', labels: {}, image: 'nginx', name: 'web', runsToEnd: false }).image
      .pullMs
  expect(pullMs()).toBe(500)
  cluster.client.scheme.add(KIND)
  expect(pullMs()).toBe(500)
  const { metadata } = await cluster.client.create(model('2s'))
  expect(pullMs()).toBe(2_000)
  expect(models.current()).toBe(models.current())
  await cluster.client.update({ ...model('3s'), metadata })
  expect(pullMs()).toBe(3_000)
  await cluster.client.delete(KIND, { name: 'all' })
  expect(pullMs()).toBe(500)
})
