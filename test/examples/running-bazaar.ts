import { readFileSync } from 'node:fs'
import { Deployment } from '../../src/api/kinds/apps/deployment.ts'
import { Pod } from '../../src/api/kinds/core/pod.ts'
import { parseNodeProfiles } from '../../src/api/kinds/dabba/node-profile-file.ts'
import { WorkloadModel } from '../../src/api/kinds/dabba/workload-model.ts'
import { isPodReady } from '../../src/api/kinds/pod-spec/pod-state.ts'
import type { ApiObject } from '../../src/api/object.ts'
import { StatusError } from '../../src/api/errors.ts'
import { startCluster, type TestCluster } from '../../src/testing.ts'
import { BAZAAR, bazaarFiles } from '../seed/bazaar.ts'

export const SECOND_MS = 1_000
export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000

/** The bazaar on its three nodes, with every pod ready. */
export async function runningBazaar(): Promise<TestCluster> {
  const nodes = parseNodeProfiles(readFileSync(`${BAZAAR}nodes.yaml`, 'utf8'), 'nodes.yaml')
  const cluster = await startCluster({ nodes })
  for (const file of bazaarFiles()) await cluster.apply(readFileSync(`${BAZAAR}${file}`, 'utf8'))
  await cluster.advance(5 * MINUTE_MS)
  return cluster
}

export async function breakWith(cluster: TestCluster, fault: string): Promise<void> {
  await cluster.apply(readFileSync(`${BAZAAR}faults/${fault}.yaml`, 'utf8'))
}

export async function heal(cluster: TestCluster, fault: string): Promise<void> {
  await cluster.client.delete(WorkloadModel, { name: `fault-${fault}` })
}

/** kubectl rollout restart */
export async function restart(cluster: TestCluster, name: string, namespace = 'bazaar'): Promise<void> {
  const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date(cluster.now()).toISOString() }
  const patch = { spec: { template: { metadata: { annotations } } } }
  await cluster.client.mergePatch(Deployment, { namespace, name }, patch)
}

export async function podsOf(cluster: TestCluster, app: string, namespace = 'bazaar'): Promise<readonly Pod[]> {
  const { items } = await cluster.client.list(Pod, { namespace, labelSelector: `app=${app}` })
  return items
}

/** Whether a Deployment runs what it asks for, and nothing else. */
export async function isRolledOut(cluster: TestCluster, name: string, namespace = 'bazaar'): Promise<boolean> {
  const deployment = await cluster.client.get(Deployment, { namespace, name })
  const { replicas = 1 } = deployment?.spec ?? {}
  const { updatedReplicas, availableReplicas, replicas: all, observedGeneration } = deployment?.status ?? {}
  const isSeen = observedGeneration === deployment?.metadata.generation
  return isSeen && updatedReplicas === replicas && availableReplicas === replicas && all === replicas
}

/** Pods that ought to serve and do not, as `namespace/name`. */
export async function unready(cluster: TestCluster): Promise<readonly string[]> {
  const { items } = await cluster.client.list(Pod)
  return items
    .filter((pod) => pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed' && !isPodReady(pod))
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
}

/** kubectl drain --ignore-daemonsets, for as long as it takes. */
export async function drain(cluster: TestCluster, node: string, withinMs: number): Promise<void> {
  const deadlineMs = cluster.now() + withinMs
  for (;;) {
    const left = await evictableOn(cluster, node)
    if (left.length === 0) return
    const names = left.map(({ metadata }) => metadata.name).join(', ')
    if (cluster.now() > deadlineMs) throw new Error(`${node} still has ${names}`)
    for (const { metadata } of left) await evict(cluster, metadata)
    await cluster.advance(5 * SECOND_MS)
  }
}

async function evictableOn(cluster: TestCluster, node: string): Promise<readonly Pod[]> {
  const { items } = await cluster.client.list(Pod, { fieldSelector: `spec.nodeName=${node}` })
  return items.filter(
    ({ metadata, status }) =>
      metadata.ownerReferences?.some(({ kind }) => kind === 'DaemonSet') !== true &&
      status?.phase !== 'Succeeded' &&
      status?.phase !== 'Failed',
  )
}

/** `false` when a budget cannot spare the pod now. */
export async function evict({ client }: TestCluster, { namespace, name }: Pod['metadata']): Promise<boolean> {
  const key = { namespace, name }
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: key } as ApiObject
  try {
    await client.createSubresource(Pod, key, 'eviction', eviction)
    return true
  } catch (error) {
    if (error instanceof StatusError && error.code === 429) return false
    if (error instanceof StatusError && error.code === 404) return true
    throw error
  }
}
