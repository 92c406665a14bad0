import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Deployment } from '../../src/api/kinds/apps/deployment.ts'
import { HorizontalPodAutoscaler } from '../../src/api/kinds/autoscaling/horizontal-pod-autoscaler.ts'
import { CronJob } from '../../src/api/kinds/batch/cron-job.ts'
import { Job } from '../../src/api/kinds/batch/job.ts'
import { Node } from '../../src/api/kinds/core/node.ts'
import { Pod } from '../../src/api/kinds/core/pod.ts'
import { EndpointSlice } from '../../src/api/kinds/discovery/endpoint-slice.ts'
import { isPodReady } from '../../src/api/kinds/pod-spec/pod-state.ts'
import { PodDisruptionBudget } from '../../src/api/kinds/policy/pod-disruption-budget.ts'
import type { TestCluster } from '../../src/testing.ts'
import {
  breakWith,
  drain,
  evict,
  heal,
  HOUR_MS,
  isRolledOut,
  MINUTE_MS,
  podsOf,
  restart,
  runningBazaar,
  SECOND_MS,
  unready,
} from './running-bazaar.ts'

const PATIENCE_MS = 60_000

describe('a day of the bazaar', () => {
  let cluster: TestCluster
  beforeAll(async () => {
    cluster = await runningBazaar()
  }, PATIENCE_MS)
  afterAll(() => cluster[Symbol.asyncDispose]())

  test('every pod is ready, on all three nodes, after five minutes', async () => {
    expect(await unready(cluster)).toEqual([])
    const { items } = await cluster.client.list(Pod)
    expect(new Set(items.map(({ spec }) => spec.nodeName))).toEqual(new Set(['mumbai-1', 'mumbai-2', 'mumbai-3']))
    expect(cluster.errors).toEqual([])
  })

  test('the gateway is scaled by requests, which its autoscaler has from Prometheus', async () => {
    const key = { namespace: 'payments', name: 'payment-gateway' }
    const autoscaler = await cluster.client.get(HorizontalPodAutoscaler, key)
    const requests = autoscaler?.status?.currentMetrics?.find(({ type }) => type === 'Object')?.object
    expect(requests?.metric.name).toBe('requests_per_second')
    // A third of the 400 a second that the day begins with, for each of three pods.
    expect(Number.parseInt(requests?.current.averageValue ?? '', 10)).toBeCloseTo(133_000, -4)
    expect(autoscaler?.status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound' }),
    )
  })

  test('the catalogue is imported in six parts', async () => {
    await cluster.until(async () => (await importJob())?.status?.succeeded === 6)
    const job = await importJob()
    expect(job?.status?.completedIndexes).toBe('0-5')
    expect(job?.status?.conditions).toContainEqual(expect.objectContaining({ type: 'Complete', status: 'True' }))
  })

  test('offers are drawn up every three minutes', async () => {
    const offers = await cluster.client.get(CronJob, { namespace: 'bazaar', name: 'offers' })
    expect(offers?.status?.lastScheduleTime).toBe('2026-01-01T00:03:00Z')
    // The night is long, and they have shown what they do.
    await cluster.client.mergePatch(CronJob, { namespace: 'bazaar', name: 'offers' }, { spec: { suspend: true } })
  })

  // 01:00 in Asia/Kolkata is 19:30 the evening before in UTC.
  test(
    "the settlement runs at one in the morning, India's time, and the books balance",
    { timeout: PATIENCE_MS },
    async () => {
      // Twenty hours of scraping would be most of the work of this test, and show nothing new.
      await cluster.client.mergePatch(
        Deployment,
        { namespace: 'observability', name: 'prometheus' },
        { spec: { replicas: 0 } },
      )
      const settlements = async (): Promise<readonly Job[]> =>
        (await cluster.client.list(Job, { namespace: 'finance' })).items
      await cluster.advance(Date.parse('2026-01-01T19:29:00Z') - cluster.now())
      expect(await settlements()).toEqual([])
      await cluster.advance(2 * MINUTE_MS)
      const [job, ...others] = await settlements()
      expect(others).toEqual([])
      expect(job?.status?.startTime).toBe('2026-01-01T19:30:00Z')
      await cluster.advance(HOUR_MS)
      const [done] = await settlements()
      expect(done?.status?.conditions).toContainEqual(expect.objectContaining({ type: 'Complete', status: 'True' }))
      const minutes = (Date.parse(done?.status?.completionTime ?? '') - Date.parse('2026-01-01T19:30:00Z')) / MINUTE_MS
      expect(minutes).toBeGreaterThan(40)
      expect(minutes).toBeLessThan(51)
      expect(await unready(cluster)).toEqual([])
      expect(cluster.errors).toEqual([])
    },
  )

  function importJob(): Promise<Job | undefined> {
    return cluster.client.get(Job, { namespace: 'bazaar', name: 'catalogue-import' })
  }
})

describe('the bazaar in trouble', { timeout: PATIENCE_MS }, () => {
  let cluster: TestCluster
  beforeAll(async () => {
    cluster = await runningBazaar()
  }, PATIENCE_MS)
  afterAll(() => cluster[Symbol.asyncDispose]())

  test('a leak is killed at the limit, and the container starts again', async () => {
    await breakWith(cluster, 'checkout-leak')
    await restart(cluster, 'checkout')
    await cluster.until(() => isRolledOut(cluster, 'checkout'))
    await cluster.until(async () => {
      const pods = await podsOf(cluster, 'checkout')
      return pods.every(({ status }) => (status?.containerStatuses?.[0]?.restartCount ?? 0) > 0)
    }, 10 * MINUTE_MS)
    for (const { status } of await podsOf(cluster, 'checkout')) {
      expect(status?.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({
        reason: 'OOMKilled',
        exitCode: 137,
      })
    }
    await heal(cluster, 'checkout-leak')
    await restart(cluster, 'checkout')
    await cluster.until(() => isRolledOut(cluster, 'checkout'))
  })

  test('a crash loop starts again at once, after ten seconds, and then after twice as long each time', async () => {
    await breakWith(cluster, 'notifications-crash')
    await restart(cluster, 'notifications')
    const runs = new Map<string, { startedAt: string; finishedAt: string }>()
    const seen = cluster.platform.informers.of(Pod).handle({
      updated: ({ metadata, status }) => {
        const ended = status?.containerStatuses?.[0]?.lastState?.terminated
        if (metadata.labels?.['app'] !== 'notifications' || ended === undefined) return
        if (ended.exitCode !== 1) return
        const { startedAt = '', finishedAt = '' } = ended
        runs.set(`${metadata.name} ${startedAt}`, { startedAt, finishedAt })
      },
    })
    await cluster.advance(8 * MINUTE_MS)
    seen()
    const [name] = [...runs.keys()][0]?.split(' ') ?? []
    const ofOne = [...runs].filter(([key]) => key.startsWith(`${name} `)).map(([, run]) => run)
    const pauses = ofOne.slice(1).map(({ startedAt }, index) => {
      return (Date.parse(startedAt) - Date.parse(ofOne[index]?.finishedAt ?? '')) / SECOND_MS
    })
    expect(pauses.length).toBeGreaterThanOrEqual(5)
    for (const [index, wanted] of [0, 10, 20, 40, 80].entries()) {
      expect(pauses[index]).toBeGreaterThanOrEqual(wanted - 1)
      expect(pauses[index]).toBeLessThanOrEqual(wanted + 3)
    }
    const waiting = (await podsOf(cluster, 'notifications')).flatMap(({ status }) => {
      return status?.containerStatuses?.[0]?.state?.waiting?.reason ?? []
    })
    expect(waiting.every((reason) => reason === 'CrashLoopBackOff')).toBe(true)
    await heal(cluster, 'notifications-crash')
    await restart(cluster, 'notifications')
    await cluster.until(() => isRolledOut(cluster, 'notifications'))
  })

  test('a pod that flaps leaves its Service, and comes back', async () => {
    await breakWith(cluster, 'search-flaps')
    await restart(cluster, 'search')
    await cluster.until(() => isRolledOut(cluster, 'search'))
    const counts: number[] = []
    for (let step = 0; step < 40; step++) {
      await cluster.advance(5 * SECOND_MS)
      counts.push(await readyEndpoints('search'))
    }
    const most = Math.max(...counts)
    expect(most).toBeGreaterThan(0)
    expect(Math.min(...counts)).toBe(0)
    expect(counts.slice(counts.indexOf(0)).some((count) => count === most)).toBe(true)
    const restarts = (await podsOf(cluster, 'search')).map(({ status }) => status?.containerStatuses?.[0]?.restartCount)
    expect(restarts.every((count) => count === 0)).toBe(true)
    await heal(cluster, 'search-flaps')
    await restart(cluster, 'search')
    await cluster.until(() => isRolledOut(cluster, 'search'))
  })

  test('a pod that does not hear SIGTERM takes its whole grace', async () => {
    await breakWith(cluster, 'orders-deaf')
    await restart(cluster, 'orders')
    await cluster.until(() => isRolledOut(cluster, 'orders'))
    await cluster.advance(MINUTE_MS)
    const [victim] = await podsOf(cluster, 'orders')
    if (victim === undefined) throw new Error('orders has pods')
    const toldMs = cluster.now()
    await cluster.client.deleteObject(victim)
    await cluster.until(async () => (await cluster.client.get(Pod, victim.metadata)) === undefined)
    const tookSeconds = (cluster.now() - toldMs) / SECOND_MS
    expect(tookSeconds).toBeGreaterThanOrEqual(30)
    expect(tookSeconds).toBeLessThan(33)
    await heal(cluster, 'orders-deaf')
    await restart(cluster, 'orders')
    await cluster.until(() => isRolledOut(cluster, 'orders'))
  })

  test('a bad release stops at its deadline while the old pods serve, and a rollback mends it', async () => {
    const key = { namespace: 'bazaar', name: 'storefront' }
    const before = await cluster.client.get(Deployment, key)
    const image = before?.spec.template.spec?.containers[0]?.image ?? ''
    const wanted = before?.spec.replicas ?? 1
    await breakWith(cluster, 'storefront-bad-release')
    await setImage('storefront', 'registry.bazaar.example/storefront:v3.3.0')
    for (let minute = 0; minute < 11; minute++) {
      await cluster.advance(MINUTE_MS)
      expect((await cluster.client.get(Deployment, key))?.status?.availableReplicas).toBe(wanted)
    }
    const stuck = await cluster.client.get(Deployment, key)
    expect(stuck?.status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }),
    )
    const pulling = (await podsOf(cluster, 'storefront')).flatMap(({ status }) => {
      return status?.containerStatuses?.[0]?.state?.waiting?.reason ?? []
    })
    expect(pulling.length).toBeGreaterThan(0)
    for (const reason of pulling) expect(['ErrImagePull', 'ImagePullBackOff']).toContain(reason)
    await setImage('storefront', image)
    await cluster.until(() => isRolledOut(cluster, 'storefront'))
    await heal(cluster, 'storefront-bad-release')
  })

  test('a node is drained without a budget being broken', async () => {
    await cluster.client.mergePatch(Node, { name: 'mumbai-2' }, { spec: { unschedulable: true } })
    const broken: string[] = []
    const seen = cluster.platform.informers.of(PodDisruptionBudget).handle({
      updated: ({ metadata, status }) => {
        const { currentHealthy = 0, desiredHealthy = 0, observedGeneration } = status ?? {}
        if (observedGeneration === undefined || currentHealthy >= desiredHealthy) return
        broken.push(`${metadata.namespace}/${metadata.name} has ${currentHealthy} of ${desiredHealthy}`)
      },
    })
    await drain(cluster, 'mumbai-2', 15 * MINUTE_MS)
    seen()
    expect(broken).toEqual([])
    await cluster.client.mergePatch(Node, { name: 'mumbai-2' }, { spec: { unschedulable: null } })
    await cluster.advance(10 * MINUTE_MS)
    expect(await unready(cluster)).toEqual([])
  })

  test('of three pods that are evicted at once the budget spares one', async () => {
    const pods = await podsOf(cluster, 'checkout')
    expect(pods).toHaveLength(3)
    const spared = await Promise.all(pods.map(({ metadata }) => evict(cluster, metadata)))
    expect(spared.filter((isGone) => isGone)).toHaveLength(1)
    await cluster.until(() => isRolledOut(cluster, 'checkout'))
  })

  test('the pods of a node that dies live on elsewhere after five minutes', async () => {
    const onNode = async (): Promise<readonly Pod[]> =>
      (await cluster.client.list(Pod, { fieldSelector: 'spec.nodeName=mumbai-1' })).items.filter(isPodReady)
    expect((await onNode()).length).toBeGreaterThan(0)
    cluster.failNode('mumbai-1')
    await cluster.advance(2 * MINUTE_MS)
    expect(await onNode()).toEqual([])
    const node = await cluster.client.get(Node, { name: 'mumbai-1' })
    expect(node?.status?.conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'Unknown' }))
    await cluster.advance(6 * MINUTE_MS)
    for (const name of ['storefront', 'cart', 'checkout', 'orders', 'inventory', 'search', 'notifications']) {
      const deployment = await cluster.client.get(Deployment, { namespace: 'bazaar', name })
      expect([name, deployment?.status?.availableReplicas]).toEqual([name, deployment?.spec.replicas])
    }
    cluster.healNode('mumbai-1')
    await cluster.advance(10 * MINUTE_MS)
    expect(await unready(cluster)).toEqual([])
  })

  async function readyEndpoints(service: string): Promise<number> {
    const labelSelector = `kubernetes.io/service-name=${service}`
    const { items } = await cluster.client.list(EndpointSlice, { namespace: 'bazaar', labelSelector })
    return items.flatMap(({ endpoints = [] }) => endpoints).filter(({ conditions }) => conditions?.ready === true)
      .length
  }

  async function setImage(name: string, image: string): Promise<void> {
    const body = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: image }]
    await cluster.client.patch(Deployment, { namespace: 'bazaar', name }, { type: 'application/json-patch+json', body })
  }
})
