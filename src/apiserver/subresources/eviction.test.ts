import { describe, expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { PodDisruptionBudget } from '../../api/kinds/policy/pod-disruption-budget.ts'
import type { Eviction } from '../../api/types.generated.ts'
import { testCluster } from '../../../test/support/cluster.ts'
import { evict } from './eviction.ts'

const KEY = { namespace: 'default', name: 'web-0' }
const REFUSED = "Cannot evict pod as it would violate the pod's disruption budget."
const EVICTION: Eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { ...KEY } }

/** A ready pod that budgets of these statuses cover; a budget counted for an earlier generation has `stale`. */
async function clusterWith(...budgets: readonly { status: object; stale?: boolean }[]) {
  const cluster = await testCluster({ subresources: { 'pods/eviction': evict } })
  const { client } = cluster
  const pod = await client.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...KEY, labels: { app: 'web' } },
    spec: { containers: [{ name: 'app', image: 'nginx' }], nodeName: 'n1' },
  } as ApiObject)
  const conditions = [{ type: 'Ready', status: 'True' }]
  await client.updateStatus(pod, { phase: 'Running', conditions })
  for (const [index, { status, stale = false }] of budgets.entries()) {
    const budget = await client.create({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: `b${index}`, namespace: 'default' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
    } as ApiObject)
    const counted = { currentHealthy: 1, desiredHealthy: 1, expectedPods: 1, disruptionsAllowed: 0, ...status }
    await client.updateStatus(budget, { ...counted, observedGeneration: stale ? 0 : 1 })
  }
  return { cluster, evict: () => client.createSubresource(Pod, KEY, 'eviction', EVICTION) }
}

describe('POST pods/eviction', () => {
  test('deletes a pod that no budget covers, and says why on the pod', async () => {
    const { cluster, evict } = await clusterWith()
    await using _ = cluster
    expect(await evict()).toMatchObject({ kind: 'Status', status: 'Success' })
    const pod = await cluster.client.get(Pod, KEY)
    expect(pod?.metadata.deletionTimestamp).toBeDefined()
    expect(pod?.status?.conditions).toContainEqual(expect.objectContaining({ reason: 'EvictionByEvictionAPI' }))
  })

  test('takes one disruption from the budget', async () => {
    const { cluster, evict } = await clusterWith({ status: { disruptionsAllowed: 1 } })
    await using _ = cluster
    await evict()
    const budget = await cluster.client.get(PodDisruptionBudget, { namespace: 'default', name: 'b0' })
    expect(budget?.status).toMatchObject({ disruptionsAllowed: 0, disruptedPods: { 'web-0': '2026-01-01T00:00:00Z' } })
  })

  // A hint would make clients wait inside one request: kubectl drain could not keep its --timeout.
  test('an exhausted budget refuses without a hint when to ask again', async () => {
    const { cluster, evict } = await clusterWith({ status: {} })
    await using _ = cluster
    await expect(evict()).rejects.toMatchObject({
      code: 429,
      reason: 'TooManyRequests',
      message: REFUSED,
      details: {
        causes: [
          { reason: 'DisruptionBudget', message: 'The disruption budget b0 needs 1 healthy pods and has 1 currently' },
        ],
      },
    })
    const failure = await evict().catch((error: unknown) => error)
    expect(failure).not.toHaveProperty('details.retryAfterSeconds')
  })

  test('a budget that was not counted yet refuses with a hint', async () => {
    const { cluster, evict } = await clusterWith({ status: { disruptionsAllowed: 1 }, stale: true })
    await using _ = cluster
    await expect(evict()).rejects.toMatchObject({
      code: 429,
      message: REFUSED,
      details: {
        retryAfterSeconds: 10,
        causes: [{ message: 'The disruption budget b0 is still being processed by the server.' }],
      },
    })
  })

  test('a budget with too many evictions under way forbids more', async () => {
    const disruptedPods = Object.fromEntries(Array.from({ length: 2_001 }, (_, n) => [`p${n}`, '2026-01-01T00:00:00Z']))
    const { cluster, evict } = await clusterWith({ status: { disruptionsAllowed: 1, disruptedPods } })
    await using _ = cluster
    await expect(evict()).rejects.toMatchObject({
      code: 403,
      message:
        'poddisruptionbudget.policy "b0" is forbidden: DisruptedPods map too big - too many evictions not confirmed by PDB controller',
    })
  })

  test('two budgets over one pod are more than it can weigh', async () => {
    const { cluster, evict } = await clusterWith({ status: {} }, { status: {} })
    await using _ = cluster
    await expect(evict()).rejects.toMatchObject({
      code: 500,
      message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    })
  })
})
