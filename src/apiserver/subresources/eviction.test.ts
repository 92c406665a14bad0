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

interface Given {
  readonly budgets?: readonly { status?: object; spec?: object; stale?: boolean }[]
  readonly phase?: string
  readonly ready?: boolean
}

/** A pod, ready unless told otherwise, that budgets cover; one counted for an earlier generation is `stale`. */
async function clusterWith({ budgets = [], phase = 'Running', ready = true }: Given = {}) {
  const cluster = await testCluster({ subresources: { 'pods/eviction': evict } })
  const { client } = cluster
  const pod = await client.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...KEY, labels: { app: 'web' } },
    spec: { containers: [{ name: 'app', image: 'nginx' }], nodeName: 'n1' },
  } as ApiObject)
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }]
  await client.updateStatus(pod, { phase, conditions })
  for (const [index, { status = {}, spec = {}, stale = false }] of budgets.entries()) {
    const budget = await client.create({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: `b${index}`, namespace: 'default' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } }, ...spec },
    } as ApiObject)
    const counted = { currentHealthy: 1, desiredHealthy: 1, expectedPods: 1, disruptionsAllowed: 0, ...status }
    await client.updateStatus(budget, { ...counted, observedGeneration: stale ? 0 : 1 })
  }
  return {
    cluster,
    evict: (body: Partial<Eviction> = {}) => client.createSubresource(Pod, KEY, 'eviction', { ...EVICTION, ...body }),
    podNow: () => client.get(Pod, KEY),
    budgetNow: () => client.get(PodDisruptionBudget, { namespace: 'default', name: 'b0' }),
  }
}

describe('POST pods/eviction', () => {
  test('deletes a pod that no budget covers, and says why on the pod', async () => {
    const { cluster, evict } = await clusterWith()
    await using _ = cluster
    expect(await evict()).toEqual({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 })
    const pod = await cluster.client.get(Pod, KEY)
    expect(pod?.metadata.deletionTimestamp).toBeDefined()
    expect(pod?.status?.conditions).toContainEqual(expect.objectContaining({ reason: 'EvictionByEvictionAPI' }))
  })

  test('takes one disruption from the budget', async () => {
    const { cluster, evict } = await clusterWith({ budgets: [{ status: { disruptionsAllowed: 1 } }] })
    await using _ = cluster
    await evict()
    const budget = await cluster.client.get(PodDisruptionBudget, { namespace: 'default', name: 'b0' })
    expect(budget?.status).toMatchObject({ disruptionsAllowed: 0, disruptedPods: { 'web-0': '2026-01-01T00:00:00Z' } })
  })

  // A hint would make clients wait inside one request: kubectl drain could not keep its --timeout.
  test('an exhausted budget refuses without a hint when to ask again', async () => {
    const { cluster, evict } = await clusterWith({ budgets: [{}] })
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
    const { cluster, evict } = await clusterWith({ budgets: [{ status: { disruptionsAllowed: 1 }, stale: true }] })
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
    const { cluster, evict } = await clusterWith({ budgets: [{ status: { disruptionsAllowed: 1, disruptedPods } }] })
    await using _ = cluster
    await expect(evict()).rejects.toMatchObject({
      code: 403,
      message:
        'poddisruptionbudget.policy "b0" is forbidden: DisruptedPods map too big - too many evictions not confirmed by PDB controller',
    })
  })

  test('two budgets over one pod are more than it can weigh', async () => {
    const { cluster, evict } = await clusterWith({ budgets: [{}, {}] })
    await using _ = cluster
    await expect(evict()).rejects.toMatchObject({
      code: 500,
      message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    })
  })

  test('the last disruption that a budget allows changes its condition too', async () => {
    const { cluster, evict, budgetNow } = await clusterWith({ budgets: [{ status: { disruptionsAllowed: 1 } }] })
    await using _ = cluster
    await evict()
    expect((await budgetNow())?.status?.conditions).toEqual([
      expect.objectContaining({ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' }),
    ])
  })

  test.each(['Pending', 'Succeeded', 'Failed'])('a %s pod goes whatever its budgets say', async (phase) => {
    const { cluster, evict, podNow } = await clusterWith({ budgets: [{}, {}], phase, ready: false })
    await using _ = cluster
    expect(await evict()).toMatchObject({ status: 'Success' })
    const pod = await podNow()
    expect(pod === undefined || pod.metadata.deletionTimestamp !== undefined).toBe(true)
  })

  test.each([
    { policy: undefined, healthy: 1, desired: 1, goes: true },
    { policy: undefined, healthy: 0, desired: 1, goes: false },
    { policy: undefined, healthy: 0, desired: 0, goes: false },
    { policy: 'IfHealthyBudget', healthy: 0, desired: 1, goes: false },
    { policy: 'AlwaysAllow', healthy: 0, desired: 1, goes: true },
  ])('of $desired desired $healthy healthy, policy $policy: an unready pod goes: $goes', async (given) => {
    const { policy, healthy, desired, goes } = given
    const spec = policy === undefined ? {} : { unhealthyPodEvictionPolicy: policy }
    const status = { currentHealthy: healthy, desiredHealthy: desired, disruptionsAllowed: 0 }
    const { cluster, evict, budgetNow } = await clusterWith({ budgets: [{ spec, status }], ready: false })
    await using _ = cluster
    if (goes) await evict()
    else await expect(evict()).rejects.toMatchObject({ code: 429 })
    expect((await budgetNow())?.status?.disruptedPods).toBeUndefined()
  })

  test('an unready pod takes a disruption where the budget is short of healthy pods but allows some', async () => {
    const status = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 2 }
    const { cluster, evict, budgetNow } = await clusterWith({ budgets: [{ status }], ready: false })
    await using _ = cluster
    await evict()
    expect((await budgetNow())?.status).toMatchObject({ disruptionsAllowed: 1 })
  })

  test('a dry run weighs the budget and changes nothing', async () => {
    const { cluster, evict, podNow, budgetNow } = await clusterWith({
      budgets: [{ status: { disruptionsAllowed: 1 } }],
    })
    await using _ = cluster
    const before = [await podNow(), await budgetNow()]
    expect(await evict({ deleteOptions: { dryRun: ['All'] } })).toMatchObject({ status: 'Success' })
    expect([await podNow(), await budgetNow()]).toEqual(before)
  })

  test('a dry run against an exhausted budget is refused', async () => {
    const { cluster, evict } = await clusterWith({ budgets: [{}] })
    await using _ = cluster
    await expect(evict({ deleteOptions: { dryRun: ['All'] } })).rejects.toMatchObject({ code: 429 })
  })

  test('the grace of the eviction is that of the deletion', async () => {
    const { cluster, evict, podNow } = await clusterWith()
    await using _ = cluster
    await evict({ deleteOptions: { gracePeriodSeconds: 7 } })
    expect((await podNow())?.metadata.deletionGracePeriodSeconds).toBe(7)
  })

  test('preconditions hold', async () => {
    const { cluster, evict, podNow } = await clusterWith()
    await using _ = cluster
    const { uid = '', resourceVersion = '' } = (await podNow())?.metadata ?? {}
    await expect(evict({ deleteOptions: { preconditions: { uid: 'other' } } })).rejects.toMatchObject({
      code: 409,
      message: `Operation cannot be fulfilled on Pod "web-0": the UID in the precondition (other) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    })
    await expect(evict({ deleteOptions: { preconditions: { resourceVersion: '1' } } })).rejects.toMatchObject({
      code: 409,
      message: `Operation cannot be fulfilled on Pod "web-0": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    })
    expect((await podNow())?.metadata.deletionTimestamp).toBeUndefined()
    await evict({ deleteOptions: { preconditions: { uid, resourceVersion } } })
    expect((await podNow())?.metadata.deletionTimestamp).toBeDefined()
  })

  test('an eviction that names another pod is refused', async () => {
    const { cluster, evict } = await clusterWith()
    await using _ = cluster
    const metadata = { namespace: 'default', name: 'web-1' }
    await expect(evict({ metadata })).rejects.toMatchObject({
      code: 400,
      message: 'name in URL does not match name in Eviction object',
    })
  })

  test('evictions at the same instant never take more than the budget has', async () => {
    const { cluster, evict, budgetNow } = await clusterWith({ budgets: [{ status: { disruptionsAllowed: 2 } }] })
    await using _ = cluster
    const results = await Promise.allSettled([evict(), evict(), evict()])
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
    expect(results.map((result) => (result.status === 'rejected' ? result.reason : undefined))).toContainEqual(
      expect.objectContaining({ code: 429 }),
    )
    expect((await budgetNow())?.status?.disruptionsAllowed).toBe(0)
  })

  test('nobody is evicted from a namespace that is going away: its pods go anyhow', async () => {
    const { cluster } = await clusterWith()
    await using _ = cluster
    const { client } = cluster
    const home = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'doomed' } } as ApiObject
    await client.create(home)
    const key = { namespace: 'doomed', name: 'web-0' }
    const spec = { containers: [{ name: 'app', image: 'nginx' }], nodeName: 'n1' }
    await client.create({ apiVersion: 'v1', kind: 'Pod', metadata: key, spec } as ApiObject)
    await client.deleteObject(home)
    await expect(client.createSubresource(Pod, key, 'eviction', { ...EVICTION, metadata: key })).rejects.toMatchObject({
      code: 403,
      details: { causes: [{ reason: 'NamespaceTerminating' }] },
    })
  })
})
