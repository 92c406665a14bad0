import { parseAllDocuments } from 'yaml'
import { expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import { Platform } from '../../platform.ts'
import type { Program } from '../../world/program.ts'
import { rehearsedWorld } from '../../world/rehearsed-world.ts'
import { metricsProgram } from './programs.ts'

const MANIFESTS = `
apiVersion: v1
kind: Namespace
metadata: {name: monitoring}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: configs, namespace: monitoring}
data:
  prometheus.yml: |
    global: {scrape_interval: 15s, evaluation_interval: 15s}
    rule_files: [/etc/config/rules.yml]
    alerting: {alertmanagers: [{static_configs: [{targets: ['alertmanager:9093']}]}]}
  rules.yml: |
    groups:
    - name: always
      rules:
      - alert: Watchdog
        expr: vector(1)
        annotations: {summary: 'value {{ $value }}'}
  alertmanager.yml: |
    route: {receiver: hook, group_by: [alertname], group_wait: 10s}
    receivers: [{name: hook, webhook_configs: [{url: 'http://hook:8080/alerts'}]}]
---
apiVersion: v1
kind: Service
metadata: {name: alertmanager, namespace: monitoring}
spec: {selector: {app: alertmanager}, ports: [{port: 9093}]}
---
apiVersion: v1
kind: Service
metadata: {name: hook, namespace: monitoring}
spec: {selector: {app: hook}, ports: [{port: 8080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: alertmanager, namespace: monitoring, labels: {app: alertmanager}}
spec:
  containers:
  - name: alertmanager
    image: quay.io/prometheus/alertmanager:v0.28.0
    args: [--config.file=/etc/config/alertmanager.yml]
    volumeMounts: [{name: config, mountPath: /etc/config}]
  volumes: [{name: config, configMap: {name: configs}}]
---
apiVersion: v1
kind: Pod
metadata: {name: prometheus, namespace: monitoring, labels: {app: prometheus}}
spec:
  containers:
  - name: prometheus
    image: prom/prometheus
    args: [--config.file=/etc/config/prometheus.yml]
    volumeMounts: [{name: config, mountPath: /etc/config}]
  volumes: [{name: config, configMap: {name: configs}}]
---
apiVersion: v1
kind: Pod
metadata: {name: hook, namespace: monitoring, labels: {app: hook}}
spec: {containers: [{name: hook, image: hook}]}
`

test('an alert goes from a pod of Prometheus over one of Alertmanager to a webhook, by the names of Services', async () => {
  const told: unknown[] = []
  const hook: Program = {
    async start({ listen, signal }) {
      listen(8_080, async ({ body }) => {
        told.push(JSON.parse(new TextDecoder().decode(await body())))
        return { status: 200, headers: {}, body: '' }
      })
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      return 0
    },
  }
  const world = rehearsedWorld({ seed: 'alerting' })
  const nobody = (): never => {
    throw new Error('nobody looks for targets in the cluster')
  }
  const platform = new Platform({
    world,
    programs: (container) => (container.image === 'hook' ? hook : metricsProgram(container, { informersFor: nobody })),
  })
  await platform.start()
  const manifests = platform.client.forManifests('test')
  for (const document of parseAllDocuments(MANIFESTS)) await manifests.create(document.toJS() as ApiObject)
  await world.clock.advance(120_000)
  expect(told[0]).toMatchObject({
    receiver: 'hook',
    status: 'firing',
    groupKey: '{}:{alertname="Watchdog"}',
    alerts: [{ labels: { alertname: 'Watchdog' }, annotations: { summary: 'value 1' } }],
  })
  const stopping = platform.stop()
  await world.clock.advance(60_000)
  await stopping
})
