import { expect, test } from 'vitest'
import { HorizontalPodAutoscaler } from '../../src/api/kinds/autoscaling/horizontal-pod-autoscaler.ts'
import { Deployment } from '../../src/api/kinds/apps/deployment.ts'
import { startCluster } from '../../src/testing.ts'

const MINUTE_MS = 60_000

/** A Prometheus whose rules are its only source: so many orders wait, whoever looks. */
const MANIFESTS = `
apiVersion: v1
kind: Namespace
metadata: { name: monitoring }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: prometheus, namespace: monitoring }
data:
  prometheus.yml: |
    global: { evaluation_interval: 15s }
    rule_files: [/etc/prometheus/rules.yml]
  rules.yml: |
    groups:
    - name: shop
      rules:
      - { record: orders_waiting, expr: vector(300), labels: { namespace: shop, queue: mail } }
      - { record: orders_waiting, expr: vector(900), labels: { namespace: shop, queue: print } }
---
apiVersion: v1
kind: Service
metadata: { name: prometheus, namespace: monitoring }
spec:
  selector: { app: prometheus }
  ports: [{ name: web, port: 9090 }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: prometheus, namespace: monitoring }
spec:
  selector: { matchLabels: { app: prometheus } }
  template:
    metadata: { labels: { app: prometheus } }
    spec:
      containers:
      - name: prometheus
        image: prom/prometheus:v3.5.0
        args: [--config.file=/etc/prometheus/prometheus.yml, --storage.tsdb.path=/prometheus]
        ports: [{ containerPort: 9090 }]
        readinessProbe: { httpGet: { path: /-/ready, port: 9090 } }
        volumeMounts:
        - { name: config, mountPath: /etc/prometheus }
        - { name: data, mountPath: /prometheus }
      volumes:
      - { name: config, configMap: { name: prometheus } }
      - { name: data, emptyDir: {} }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: adapter-config, namespace: monitoring }
data:
  config.yaml: |
    externalRules:
    - seriesQuery: orders_waiting
      resources: { overrides: { namespace: { resource: namespace } } }
      metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>, queue)
---
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: mailer, namespace: shop }
spec:
  selector: { matchLabels: { app: mailer } }
  template:
    metadata: { labels: { app: mailer } }
    spec: { containers: [{ name: mailer, image: registry.example/mailer:v1 }] }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: mailer, namespace: shop }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: mailer }
  maxReplicas: 20
  metrics:
  - type: External
    external:
      metric: { name: orders_waiting, selector: { matchLabels: { queue: mail } } }
      target: { type: AverageValue, averageValue: "30" }
`

test('an autoscaler follows what the Prometheus that runs in the cluster has', async () => {
  await using cluster = await startCluster({ seed: 'prometheus', nodes: 2 })
  await cluster.apply(MANIFESTS)
  await cluster.advance(4 * MINUTE_MS)
  const key = { namespace: 'shop', name: 'mailer' }
  const autoscaler = await cluster.client.get(HorizontalPodAutoscaler, key)
  expect(autoscaler?.status?.conditions).toContainEqual(
    expect.objectContaining({ type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound' }),
  )
  expect(autoscaler?.status?.currentMetrics).toEqual([
    {
      type: 'External',
      external: {
        metric: { name: 'orders_waiting', selector: { matchLabels: { queue: 'mail' } } },
        current: { averageValue: '30' },
      },
    },
  ])
  expect((await cluster.client.get(Deployment, key))?.spec.replicas).toBe(10)
  expect(cluster.errors).toEqual([])
})
