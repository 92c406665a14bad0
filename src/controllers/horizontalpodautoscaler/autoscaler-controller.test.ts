import { describe, expect, test } from 'vitest'
import { Deployment } from '../../api/kinds/apps/deployment.ts'
import { HorizontalPodAutoscaler } from '../../api/kinds/autoscaling/horizontal-pod-autoscaler.ts'
import { scale } from '../../apiserver/subresources/scale.ts'
import { type WorkloadCluster, workloadCluster } from '../../../test/support/workload-cluster.ts'
import { HorizontalPodAutoscalerController } from './autoscaler-controller.ts'
import type { MetricsSource, PodMetrics } from './metrics-source.ts'
import { ScaleTargets } from './scale-target.ts'

const KEY = { namespace: 'shop', name: 'payments' }
const SYNC_MS = 15_000

/** What the pods use and what is asked of them, turned by the test. */
class Load implements MetricsSource {
  cpuMilli = 0
  requestsPerSecond = 0
  isSilent = false
  readonly #cluster: () => WorkloadCluster

  constructor(cluster: () => WorkloadCluster) {
    this.#cluster = cluster
  }

  async resource(): Promise<PodMetrics> {
    if (this.isSilent) throw new Error('the server is currently unable to handle the request (get pods.metrics.k8s.io)')
    const timestampMs = this.#cluster().clock.now()
    const valueMilli = BigInt(this.cpuMilli)
    return new Map(
      this.#cluster()
        .pods()
        .map(({ metadata }) => [metadata.name, { valueMilli, timestampMs, windowMs: 0 }]),
    )
  }

  pods(): Promise<PodMetrics> {
    return this.resource()
  }

  async object(): Promise<bigint> {
    return BigInt(this.requestsPerSecond * 1_000)
  }

  async external(): Promise<readonly bigint[]> {
    return [BigInt(this.requestsPerSecond * 1_000)]
  }
}

async function scaled(
  spec: Partial<HorizontalPodAutoscaler['spec']>,
  { replicas }: { readonly replicas: number },
): Promise<WorkloadCluster & { readonly load: Load }> {
  const cluster = await workloadCluster({ subresources: { '*/scale': scale } })
  const load = new Load(() => cluster)
  const { client, informers, clock } = cluster
  const events = (component: string) => cluster.events(component)
  await cluster.run(
    new HorizontalPodAutoscalerController({
      client,
      informers,
      clock,
      events,
      source: load,
      scales: new ScaleTargets(client),
    }),
  )
  await client.create(deployment(replicas))
  await cluster.until(() => readyPods(cluster) === replicas)
  await client.create({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: KEY,
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'payments' }, maxReplicas: 10, ...spec },
  } as HorizontalPodAutoscaler)
  return { ...cluster, load, [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose]() }
}

function deployment(replicas: number): Deployment {
  const labels = { app: 'payments' }
  const resources = { requests: { cpu: '100m' } }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: KEY,
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'payments', resources }] } },
    },
  } as unknown as Deployment
}

function readyPods(cluster: WorkloadCluster): number {
  return cluster.informers.of(Deployment).get(KEY)?.status?.readyReplicas ?? 0
}

function replicasOf(cluster: WorkloadCluster): number | undefined {
  return cluster.informers.of(Deployment).get(KEY)?.spec.replicas
}

function conditionsOf(cluster: WorkloadCluster): readonly string[] {
  const conditions = cluster.informers.of(HorizontalPodAutoscaler).get(KEY)?.status?.conditions ?? []
  return conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`)
}

const CPU = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } }

describe('HorizontalPodAutoscalerController', () => {
  test('doubles what uses twice its target, and tells so', async () => {
    await using cluster = await scaled({ metrics: [CPU] }, { replicas: 3 })
    cluster.load.cpuMilli = 140
    await cluster.until(() => replicasOf(cluster) === 6, SYNC_MS)
    await cluster.clock.advance(100)
    expect(cluster.eventsOf('payments')).toContain(
      'SuccessfulRescale: New size: 6; reason: cpu resource utilization (percentage of request) above target',
    )
    expect(conditionsOf(cluster)).toEqual([
      'AbleToScale=True SucceededRescale',
      'ScalingActive=True ValidMetricFound',
      'ScalingLimited=False DesiredWithinRange',
    ])
    const status = cluster.informers.of(HorizontalPodAutoscaler).get(KEY)?.status
    expect(status).toMatchObject({ currentReplicas: 3, desiredReplicas: 6 })
    expect(status?.currentMetrics).toEqual([
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 140, averageValue: '140m' } } },
    ])
  })

  test('looks once a sync period, however often it is changed', async () => {
    await using cluster = await scaled({ metrics: [CPU] }, { replicas: 3 })
    cluster.load.cpuMilli = 140
    await cluster.clock.advance(SYNC_MS - 1_000)
    await cluster.client.mergePatch(HorizontalPodAutoscaler, KEY, { metadata: { labels: { a: 'b' } } })
    await cluster.clock.advance(500)
    expect(replicasOf(cluster)).toBe(3)
    await cluster.clock.advance(1_000)
    expect(replicasOf(cluster)).toBe(6)
  })

  test('shrinks only after the load has been low for five minutes', async () => {
    await using cluster = await scaled({ metrics: [CPU], minReplicas: 2 }, { replicas: 6 })
    cluster.load.cpuMilli = 70
    await cluster.clock.advance(60_000)
    cluster.load.cpuMilli = 10
    await cluster.clock.advance(280_000)
    expect(replicasOf(cluster)).toBe(6)
    expect(conditionsOf(cluster)).toContain('AbleToScale=True ScaleDownStabilized')
    await cluster.until(() => replicasOf(cluster) === 2, 60_000)
  })

  test('grows from 50 to 500 by its policies: so many in so long, and not beyond', async () => {
    const policies = [{ type: 'Percent', value: 100, periodSeconds: 60 }]
    const behavior = { scaleUp: { stabilizationWindowSeconds: 30, policies } }
    const describedObject = { apiVersion: 'v1', kind: 'Service', name: 'payments' }
    const object = {
      describedObject,
      metric: { name: 'requests_per_second' },
      target: { type: 'AverageValue', averageValue: '100' },
    }
    const metrics = [{ type: 'Object', object }]
    await using cluster = await scaled({ metrics, behavior, minReplicas: 50, maxReplicas: 500 }, { replicas: 50 })
    cluster.load.requestsPerSecond = 90_000
    const sizes = [50]
    for (let passedMs = 0; passedMs < 300_000; passedMs += 5_000) {
      await cluster.clock.advance(5_000)
      const size = replicasOf(cluster) ?? 0
      if (size !== sizes.at(-1)) sizes.push(size)
    }
    expect(sizes).toEqual([50, 100, 200, 400, 500])
    expect(conditionsOf(cluster)).toContain('ScalingLimited=True TooManyReplicas')
  })

  test('leaves alone what it cannot measure, and says why', async () => {
    await using cluster = await scaled({ metrics: [CPU] }, { replicas: 3 })
    cluster.load.isSilent = true
    await cluster.clock.advance(SYNC_MS + 1_000)
    expect(replicasOf(cluster)).toBe(3)
    expect(conditionsOf(cluster)).toEqual([
      'AbleToScale=True SucceededGetScale',
      'ScalingActive=False FailedGetResourceMetric',
    ])
    expect(cluster.eventsOf('payments')).toContain(
      'FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: failed to get cpu utilization: unable to get metrics for resource cpu: the server is currently unable to handle the request (get pods.metrics.k8s.io)',
    )
  })

  test('says that what it points to is not there', async () => {
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'nobody' }
    await using cluster = await scaled({ metrics: [CPU], scaleTargetRef }, { replicas: 1 })
    await cluster.clock.advance(SYNC_MS + 1_000)
    expect(conditionsOf(cluster)).toEqual(['AbleToScale=False FailedGetScale'])
    expect(cluster.eventsOf('payments')).toContain('FailedGetScale: deployments.apps "nobody" not found')
  })

  test('two autoscalers of the same pods scale nothing', async () => {
    await using cluster = await scaled({ metrics: [CPU] }, { replicas: 3 })
    const { client, load } = cluster
    const first = await client.get(HorizontalPodAutoscaler, KEY)
    await client.create({
      ...first,
      metadata: { namespace: 'shop', name: 'second' },
      status: undefined,
    } as unknown as HorizontalPodAutoscaler)
    load.cpuMilli = 70
    await cluster.clock.advance(2 * SYNC_MS)
    load.cpuMilli = 140
    await cluster.clock.advance(4 * SYNC_MS)
    expect(replicasOf(cluster)).toBe(3)
    expect(conditionsOf(cluster)).toContain('ScalingActive=False AmbiguousSelector')
    expect(cluster.eventsOf('second')).toContain(
      'AmbiguousSelector: pods by selector app=payments are controlled by multiple HPAs: [shop/payments shop/second]',
    )
  })

  test('a target of zero replicas is left to its owner', async () => {
    await using cluster = await scaled({ metrics: [CPU] }, { replicas: 0 })
    await cluster.clock.advance(SYNC_MS + 1_000)
    expect(conditionsOf(cluster)).toContain('ScalingActive=False ScalingDisabled')
    expect(replicasOf(cluster)).toBe(0)
  })
})
