import { parseAllDocuments } from 'yaml'
import { expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import { ConfigMap } from '../../api/kinds/core/config-map.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { Platform } from '../../platform.ts'
import { rehearsedWorld } from '../../world/rehearsed-world.ts'

const MANIFESTS = `
apiVersion: v1
kind: Namespace
metadata: {name: monitoring}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: prometheus, namespace: monitoring}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: prometheus}
rules:
- {apiGroups: [''], resources: [nodes, services, endpoints, pods, namespaces], verbs: [get, list, watch]}
- {apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [get, list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: prometheus}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: prometheus}
subjects: [{kind: ServiceAccount, name: prometheus, namespace: monitoring}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: prometheus-config, namespace: monitoring}
data:
  prometheus.yml: |
    global: {scrape_interval: 15s, evaluation_interval: 15s, external_labels: {cluster: bazaar}}
    rule_files: ['/etc/prometheus/rules/*.yml']
    scrape_configs:
    - job_name: prometheus
      kubernetes_sd_configs: [{role: endpoints, namespaces: {names: [monitoring]}}]
      relabel_configs:
      - {source_labels: [__meta_kubernetes_service_name], action: keep, regex: prometheus}
      - {source_labels: [__meta_kubernetes_pod_name], target_label: pod}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: prometheus-rules, namespace: monitoring}
data:
  shop.yml: |
    groups: [{name: shop, rules: [{record: monitoring:up:count, expr: count(up)}]}]
---
apiVersion: v1
kind: Service
metadata: {name: prometheus, namespace: monitoring}
spec: {selector: {app: prometheus}, ports: [{name: web, port: 9090}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: prometheus, namespace: monitoring}
spec:
  replicas: 2
  selector: {matchLabels: {app: prometheus}}
  template:
    metadata: {labels: {app: prometheus}}
    spec:
      serviceAccountName: prometheus
      containers:
      - name: prometheus
        image: prom/prometheus:v3.5.0
        args: [--config.file=/etc/prometheus/prometheus.yml, --storage.tsdb.path=/prometheus/, --web.enable-lifecycle]
        ports: [{name: web, containerPort: 9090}]
        readinessProbe: {httpGet: {path: /-/ready, port: 9090}, periodSeconds: 5}
        volumeMounts:
        - {name: config, mountPath: /etc/prometheus/}
        - {name: rules, mountPath: /etc/prometheus/rules/}
        - {name: data, mountPath: /prometheus/}
      volumes:
      - {name: config, configMap: {name: prometheus-config}}
      - {name: rules, configMap: {name: prometheus-rules}}
      - {name: data, emptyDir: {}}
`

const SHARED_VOLUME = `
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: shared, annotations: {storageclass.kubernetes.io/is-default-class: 'true'}}
provisioner: shop.example/shared
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: monitoring}
spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}
---`

async function monitored(manifestsText = MANIFESTS) {
  const world = rehearsedWorld({ seed: 'monitored' })
  const errors: string[] = []
  const platform = new Platform({ world, onError: (where, error) => errors.push(`${where}: ${error.message}`) })
  await platform.start()
  const manifests = platform.client.forManifests('test')
  for (const document of parseAllDocuments(manifestsText)) await manifests.create(document.toJS() as ApiObject)
  const pods = (): readonly Pod[] =>
    [...platform.informers.of(Pod).values()].filter(({ metadata }) => metadata.namespace === 'monitoring')
  const areReady = (): boolean => pods().filter(({ status }) => isReady(status)).length === 2
  expect(await world.clock.runUntilTrue(areReady, world.clock.now() + 120_000)).toBe(true)
  const query = async (expr: string): Promise<unknown> => {
    const url = `http://prometheus.monitoring:9090/api/v1/query?query=${encodeURIComponent(expr)}`
    const asking = platform.network.request({ url, method: 'GET' })
    const { body } = await asking
    let text = ''
    for await (const chunk of body) text += new TextDecoder().decode(chunk)
    return (JSON.parse(text) as { data: { result: unknown } }).data.result
  }
  const stop = async (): Promise<void> => {
    const stopping = platform.stop()
    await world.clock.advance(30_000)
    await stopping
  }
  return { platform, clock: world.clock, pods, query, errors, [Symbol.asyncDispose]: stop }
}

function isReady(status: Pod['status']): boolean {
  return status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true
}

test('a Deployment of Prometheus runs: it finds its own pods, scrapes them and evaluates its rules', async () => {
  await using cluster = await monitored()
  await cluster.clock.advance(60_000)
  for (const { metadata } of cluster.pods()) {
    const pod = metadata.name
    expect(await cluster.query(`up{pod="${pod}"}`)).toMatchObject([
      { metric: { job: 'prometheus', pod }, value: [expect.anything(), '1'] },
    ])
  }
  expect(await cluster.query('monitoring:up:count')).toMatchObject([{ value: [expect.anything(), '2'] }])
  expect(cluster.errors).toEqual([])
})

test('a changed ConfigMap is read anew; a broken one changes nothing', async () => {
  await using cluster = await monitored()
  const key = { namespace: 'monitoring', name: 'prometheus-rules' }
  const groups = (record: string): string => `groups: [{name: shop, rules: [{record: ${record}, expr: '1'}]}]`
  await cluster.platform.client.mergePatch(ConfigMap, key, { data: { 'shop.yml': groups('a:new') } })
  await cluster.clock.advance(120_000)
  expect(await cluster.query('a:new')).toHaveLength(1)
  await cluster.platform.client.mergePatch(ConfigMap, key, { data: { 'shop.yml': 'groups: [{nam: shop}]' } })
  await cluster.clock.advance(120_000)
  expect(await cluster.query('a:new')).toHaveLength(1)
})

test('two replicas on one volume both run: the second keeps its series in memory, and says so', async () => {
  const [namespace = '', ...others] = MANIFESTS.split('\n---')
  const claimed = others.join('\n---').replace('emptyDir: {}', 'persistentVolumeClaim: {claimName: data}')
  await using cluster = await monitored(`${namespace}\n---${SHARED_VOLUME}${claimed}`)
  const logs = await Promise.all(
    cluster.pods().map(async ({ metadata }) => {
      const answer = await cluster.platform.client.getSubresource(
        Pod,
        { namespace: 'monitoring', name: metadata.name },
        'log',
      )
      let text = ''
      for await (const chunk of (answer as { chunks: AsyncIterable<string> }).chunks) text += chunk
      return text
    }),
  )
  expect(logs.filter((log) => log.includes('another pod writes there'))).toHaveLength(1)
})
