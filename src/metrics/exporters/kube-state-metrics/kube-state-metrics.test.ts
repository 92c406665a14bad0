import { expect, test } from 'vitest'
import type { ApiObject } from '../../../api/object.ts'
import { createPlatform } from '../../../platform.ts'
import { rehearsedWorld } from '../../../world/rehearsed-world.ts'

const LABELS = { app: 'kube-state-metrics' }

/** A cluster with a Deployment of two pods, of which one crashes, and a kube-state-metrics that may see all. */
async function watchedCluster() {
  const world = rehearsedWorld({ seed: 'state' })
  const platform = await createPlatform({ world })
  const { clock } = world
  const { client } = platform
  await clock.advance(5_000)
  const create = (object: object): Promise<unknown> => client.create(object as ApiObject)
  const metadata = { name: 'kube-state-metrics', namespace: 'kube-system' }
  await create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata })
  await create({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'kube-state-metrics' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', ...metadata }],
  })
  const image = 'registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.15.0'
  const ports = [{ name: 'http-metrics', containerPort: 8080 }]
  const readinessProbe = { httpGet: { path: '/readyz', port: 8081 }, periodSeconds: 2 }
  await create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, labels: LABELS },
    spec: { serviceAccountName: metadata.name, containers: [{ name: 'ksm', image, ports, readinessProbe }] },
  })
  await create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { selector: LABELS, ports: [{ name: 'http-metrics', port: 8080, targetPort: 'http-metrics' }] },
  })
  const resources = { requests: { cpu: '100m', memory: '64Mi', 'ephemeral-storage': '1Gi' }, limits: { cpu: '1' } }
  await create({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'cart', namespace: 'default' },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'cart' } },
      template: {
        metadata: { labels: { app: 'cart' } },
        spec: { containers: [{ name: 'app', image: 'cart:1', resources }] },
      },
    },
  })
  await clock.advance(10_000)
  return {
    async page(): Promise<readonly string[]> {
      const url = 'http://kube-state-metrics.kube-system:8080/metrics'
      const { body } = await platform.network.request({ url, method: 'GET' })
      let text = ''
      for await (const chunk of body) text += new TextDecoder().decode(chunk)
      return text.split('\n')
    },
    [Symbol.asyncDispose]: () => platform.stop(),
  }
}

test('the objects of a cluster are metrics by the names that dashboards know', async () => {
  await using cluster = await watchedCluster()
  const lines = await cluster.page()
  const values = (pattern: RegExp): readonly string[] =>
    lines.filter((line) => pattern.test(line)).map((line) => line.slice(line.lastIndexOf(' ') + 1))
  expect(lines).toContain('kube_deployment_spec_replicas{namespace="default",deployment="cart"} 2')
  expect(lines).toContain('kube_deployment_status_replicas_available{namespace="default",deployment="cart"} 2')
  expect(lines).toContain(
    'kube_deployment_status_condition{namespace="default",deployment="cart",condition="Available",status="true"} 1',
  )
  expect(values(/^kube_pod_status_phase\{namespace="default",.*phase="Running"/)).toEqual(['1', '1'])
  expect(values(/^kube_pod_status_phase\{namespace="default",.*phase="Pending"/)).toEqual(['0', '0'])
  expect(values(/^kube_pod_container_resource_requests\{.*resource="cpu",unit="core"/)).toEqual(['0.1', '0.1'])
  expect(values(/^kube_pod_container_resource_requests\{.*resource="ephemeral_storage",unit="byte"/)).toHaveLength(2)
  expect(values(/^kube_pod_container_resource_limits\{.*resource="cpu"/)).toEqual(['1', '1'])
  expect(values(/^kube_pod_owner\{namespace="default",.*owner_kind="ReplicaSet".*owner_is_controller="true"/)).toEqual([
    '1',
    '1',
  ])
  expect(values(/^kube_node_status_condition\{.*condition="Ready",status="true"/)).toEqual(['1'])
  expect(values(/^kube_node_status_allocatable\{.*resource="cpu",unit="core"/)).toEqual(['16'])
  expect(values(/^kube_pod_container_status_restarts_total\{namespace="default"/)).toEqual(['0', '0'])
  expect(lines).toContain('# TYPE kube_pod_container_status_restarts_total counter')
  expect(lines).toContain('kube_namespace_status_phase{namespace="default",phase="Active"} 1')
})

test('a family stands once, with all its samples', async () => {
  await using cluster = await watchedCluster()
  const families = (await cluster.page()).filter((line) => line.startsWith('# TYPE ')).map((line) => line.split(' ')[2])
  expect(families.length).toBeGreaterThan(60)
  expect(new Set(families).size).toBe(families.length)
})
