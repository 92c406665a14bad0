import { expect, test } from 'vitest'
import { Deployment } from '../../src/api/kinds/apps/deployment.ts'
import { startCluster } from '../../src/testing.ts'

const MINUTE_MS = 60_000
const KEY = { namespace: 'shop', name: 'search' }

/** Pods that load an index when they start: three times their request of CPU, and then less than the target. */
function manifests({ readyAfter }: { readonly readyAfter: string }): string {
  return `
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: dabba.dev/v1alpha1
kind: WorkloadModel
metadata: { name: search }
spec:
  selector: { images: ['*/search:*'] }
  start: { readyAfter: ${readyAfter} }
  usage:
    cpu:
      points: [{ value: 300% }, { after: 40s, value: 300% }, { after: 41s, value: 45% }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: search, namespace: shop }
spec:
  replicas: 4
  selector: { matchLabels: { app: search } }
  template:
    metadata: { labels: { app: search } }
    spec:
      containers:
      - name: search
        image: registry.example/search:v1
        resources: { requests: { cpu: 100m, memory: 64Mi } }
        readinessProbe: { httpGet: { path: /ready, port: 8080 }, periodSeconds: 1 }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: search, namespace: shop }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: search }
  minReplicas: 4
  maxReplicas: 40
  metrics:
  - type: Resource
    resource: { name: cpu, target: { type: Utilization, averageUtilization: 50 } }
`
}

async function sizesAfterGrowth(readyAfter: string): Promise<number[]> {
  await using cluster = await startCluster({ seed: 'slow-start', nodes: 3 })
  const seen: number[] = []
  await cluster.apply(manifests({ readyAfter }))
  cluster.platform.informers.of(Deployment).handle({
    updated: ({ spec }, old) => {
      if (spec.replicas !== old?.spec.replicas) seen.push(spec.replicas ?? 0)
    },
  })
  await cluster.advance(4 * MINUTE_MS)
  await cluster.client.mergePatch(Deployment, KEY, { spec: { replicas: 8 } })
  await cluster.advance(4 * MINUTE_MS)
  expect(cluster.errors).toEqual([])
  return seen
}

test('what pods use before they are ready does not make an autoscaler start more of them', async () => {
  expect(await sizesAfterGrowth('30s')).toEqual([8])
})

test('pods that say that they are ready while they still start do', async () => {
  const [most = 0] = (await sizesAfterGrowth('1s')).toSorted((a, b) => b - a)
  expect(most).toBeGreaterThan(8)
})
