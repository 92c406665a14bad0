import { afterEach, expect, test } from 'vitest'
import { HorizontalPodAutoscaler } from '../../src/api/kinds/autoscaling/horizontal-pod-autoscaler.ts'
import { Deployment } from '../../src/api/kinds/apps/deployment.ts'
import { Event } from '../../src/api/kinds/core/event.ts'
import { defaultNodeProfile } from '../../src/api/kinds/dabba/node-profile.ts'
import { createPlatform } from '../../src/platform.ts'
import { TestCluster } from '../../src/testing.ts'
import { rehearsedWorld } from '../../src/world/rehearsed-world.ts'
import { type ScriptedSeries, scriptedPrometheus } from '../support/scripted-prometheus.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const GATEWAY = { namespace: 'payments', name: 'payment-gateway' }

const MANIFESTS = `
apiVersion: v1
kind: Namespace
metadata: { name: payments }
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: adapter-rules
  namespace: payments
  labels: { app.kubernetes.io/name: prometheus-adapter }
data:
  config.yaml: |
    rules:
    - seriesQuery: 'cricket_match_intensity{namespace!="",service!=""}'
      resources:
        overrides:
          namespace: { resource: namespace }
          service: { resource: service }
      metricsQuery: max(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)
---
apiVersion: v1
kind: Service
metadata: { name: payment-gateway, namespace: payments }
spec:
  selector: { app: payment-gateway }
  ports: [{ port: 80, targetPort: 8080 }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: payment-gateway, namespace: payments }
spec:
  replicas: 50
  selector: { matchLabels: { app: payment-gateway } }
  template:
    metadata: { labels: { app: payment-gateway } }
    spec:
      containers:
      - name: gateway
        image: registry.example/payment-gateway:v1
        resources: { requests: { cpu: 100m, memory: 64Mi } }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: cricket-match, namespace: payments }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: payment-gateway }
  minReplicas: 50
  maxReplicas: 500
  metrics:
  - type: Resource
    resource: { name: cpu, target: { type: Utilization, averageUtilization: 50 } }
  - type: Object
    object:
      describedObject: { apiVersion: v1, kind: Service, name: payment-gateway }
      metric: { name: cricket_match_intensity }
      target: { type: Value, value: "1" }
  behavior:
    scaleUp:
      stabilizationWindowSeconds: 15
      policies:
      - { type: Percent, value: 300, periodSeconds: 15 }
    scaleDown:
      stabilizationWindowSeconds: 120
      policies:
      - { type: Percent, value: 50, periodSeconds: 60 }
`

const disposals: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const dispose of disposals.splice(0)) await dispose()
})

/** A cluster whose Prometheus knows how much of a match is on, and what the test makes of it. */
async function stadium(intensity: number | undefined): Promise<{
  readonly cluster: TestCluster
  readonly match: { intensity: number | undefined }
}> {
  const world = rehearsedWorld({ seed: 'final' })
  const match: { intensity: number | undefined } = { intensity }
  const series: ScriptedSeries = {
    labels: { __name__: 'cricket_match_intensity', namespace: 'payments', service: 'payment-gateway' },
    value: () => match.intensity,
  }
  const stop = new AbortController()
  const errors: string[] = []
  const platform = await createPlatform({
    world,
    nodes: [{ ...defaultNodeProfile(6) }],
    metrics: scriptedPrometheus([series], { clock: world.clock, intervalMs: 15 * SECOND_MS, signal: stop.signal }),
    onError: (where, error) => errors.push(`${where}: ${error.message}`),
  })
  const cluster = new TestCluster(platform, errors)
  disposals.push(async () => {
    stop.abort()
    await cluster[Symbol.asyncDispose]()
  })
  await cluster.apply(MANIFESTS)
  return { cluster, match }
}

/** Sizes that the Deployment is given from now on, with the seconds at which it is. */
function sizes(cluster: TestCluster): readonly (readonly [second: number, replicas: number])[] {
  const startMs = cluster.now()
  const seen: [number, number][] = []
  cluster.platform.informers.of(Deployment).handle({
    updated: ({ spec }, old) => {
      const { replicas = 0 } = spec
      if (replicas !== old?.spec.replicas) seen.push([Math.round((cluster.now() - startMs) / SECOND_MS), replicas])
    },
  })
  return seen
}

test(
  'a match scales the gateway from 50 to 500 by its policies, and its end back to 50',
  { timeout: 60_000 },
  async () => {
    const { cluster, match } = await stadium(0)
    const ready = async (): Promise<number> =>
      (await cluster.client.get(Deployment, GATEWAY))?.status?.readyReplicas ?? 0
    await cluster.until(async () => (await ready()) === 50)
    await cluster.advance(2 * MINUTE_MS)
    const seen = sizes(cluster)
    await cluster.advance(2 * MINUTE_MS)
    expect(seen).toEqual([])

    match.intensity = 10
    await cluster.advance(3 * MINUTE_MS)
    expect(seen.map(([, replicas]) => replicas)).toEqual([200, 500])
    expect(pauses(seen)).toEqual([15])
    expect(await ready()).toBe(500)

    match.intensity = 0
    const endedSeconds = 5 * 60
    await cluster.advance(10 * MINUTE_MS)
    const down = seen.slice(2)
    expect(down.map(([, replicas]) => replicas)).toEqual([250, 125, 62, 50])
    // Not before every recommendation of the match is out of the stabilization window.
    expect((down[0]?.[0] ?? 0) - endedSeconds).toBeGreaterThanOrEqual(105)
    expect(pauses(down)).toEqual([60, 60, 60])
    expect(await ready()).toBe(50)
    expect(cluster.errors).toEqual([])
  },
)

test('while nobody knows of a match, the gateway keeps its size and the autoscaler says why', async () => {
  const { cluster } = await stadium(undefined)
  await cluster.apply(MANIFESTS.replaceAll('replicas: 50', 'replicas: 60'))
  const seen = sizes(cluster)
  await cluster.advance(12 * MINUTE_MS)
  expect(seen).toEqual([])
  const autoscaler = await cluster.client.get(HorizontalPodAutoscaler, { namespace: 'payments', name: 'cricket-match' })
  const words =
    'unable to get metric cricket_match_intensity: Service on payments payment-gateway/unable to fetch metrics from ' +
    'custom metrics API: the server could not find the metric cricket_match_intensity for services'
  expect(autoscaler?.status?.conditions).toContainEqual(
    expect.objectContaining({
      type: 'ScalingActive',
      status: 'False',
      reason: 'FailedGetObjectMetric',
      message: `the HPA was unable to compute the replica count: ${words}`,
    }),
  )
  const { items } = await cluster.client.list(Event, { namespace: 'payments' })
  expect(items.find(({ reason }) => reason === 'FailedGetObjectMetric')?.message).toBe(words)
  expect(cluster.errors).toEqual([])
})

/** Seconds from each size to the next. */
function pauses(seen: readonly (readonly [second: number, replicas: number])[]): readonly number[] {
  return seen.slice(1).map(([second], index) => second - (seen[index]?.[0] ?? 0))
}
