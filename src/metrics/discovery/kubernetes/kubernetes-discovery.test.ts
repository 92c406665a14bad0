import { expect, test } from 'vitest'
import { testCluster } from '../../../../test/support/cluster.ts'
import { Pod } from '../../../api/kinds/core/pod.ts'
import { readPrometheusConfig } from '../../config/prometheus-config.ts'
import type { TargetGroup } from '../target-group.ts'
import { kubernetesDiscovery } from './kubernetes-discovery.ts'

function shop(name: string, labels: Record<string, string>): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels },
    spec: {
      nodeName: 'node-1',
      containers: [{ name: 'shop', image: 'shop', ports: [{ name: 'http', containerPort: 8080 }] }],
    },
  } as Pod
}

/** A search in a real API server: the last group of each source, and how often anything was told. */
async function search(section: string) {
  const cluster = await testCluster()
  const { scrape_configs: jobs } = readPrometheusConfig(
    `scrape_configs: [{job_name: a, kubernetes_sd_configs: [${section}]}]`,
  )
  const config = jobs[0]!.kubernetes_sd_configs[0]!
  const groups = new Map<string, TargetGroup>()
  let updates = 0
  const stop = new AbortController()
  const running = kubernetesDiscovery(config, { informers: cluster.informers, clock: cluster.clock }).run((found) => {
    updates++
    for (const group of found) groups.set(group.source, group)
  }, stop.signal)
  await cluster.clock.advance(1)
  const setIp = async (name: string, podIP: string): Promise<void> => {
    const pod = await cluster.client.get(Pod, { namespace: 'default', name })
    const status = { phase: 'Running' as const, podIP, podIPs: [{ ip: podIP }] }
    await cluster.client.updateStatus(pod!, { ...pod!.status, ...status })
  }
  const addresses = () => [...groups.values()].flatMap(({ targets }) => targets.map((target) => target['__address__']))
  return {
    cluster,
    setIp,
    addresses,
    groups,
    updates: () => updates,
    async end() {
      stop.abort()
      await running
      await cluster[Symbol.asyncDispose]()
    },
  }
}

test('pods are targets as they get addresses, and are none when they are gone', async () => {
  const { cluster, setIp, addresses, groups, end } = await search('{role: pod}')
  await cluster.client.create(shop('a', { app: 'shop' }))
  await cluster.clock.advance(1)
  expect(addresses()).toEqual([])
  await setIp('a', '10.0.0.7')
  await cluster.clock.advance(1)
  expect(addresses()).toEqual(['10.0.0.7:8080'])
  expect(groups.get('pod/default/a')?.labels).toMatchObject({
    __meta_kubernetes_pod_name: 'a',
    __meta_kubernetes_pod_label_app: 'shop',
    __meta_kubernetes_pod_labelpresent_app: 'true',
    __meta_kubernetes_pod_phase: 'Running',
    __meta_kubernetes_namespace: 'default',
  })
  await cluster.client.delete(Pod, { namespace: 'default', name: 'a' }, { gracePeriodSeconds: 0 })
  await cluster.clock.advance(1)
  expect(addresses()).toEqual([])
  await end()
})

test('what changes together is told together, and only what is wanted', async () => {
  const { cluster, setIp, addresses, updates, end } = await search(
    "{role: pod, namespaces: {names: [default]}, selectors: [{role: pod, label: 'app=shop'}]}",
  )
  const before = updates()
  await cluster.client.create(shop('a', { app: 'shop' }))
  await cluster.client.create(shop('b', { app: 'cart' }))
  await setIp('a', '10.0.0.7')
  await setIp('b', '10.0.0.8')
  await cluster.clock.advance(1)
  expect(addresses()).toEqual(['10.0.0.7:8080'])
  expect(updates() - before).toBeLessThanOrEqual(1)
  await end()
})
