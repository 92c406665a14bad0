import { describe, expect, test } from 'vitest'
import { hasSidecar, type MeshPod, workloadOfPod } from './pod-workload.ts'

const CONTEXT = {
  trustDomain: 'cluster.local',
  clusterName: 'Kubernetes',
  rootNamespace: 'istio-system',
  namespaceLabels: {},
  nodeLabels: {},
}

function podWith(metadata: object, spec: object = {}): MeshPod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'cart-7d4f-x2x', namespace: 'shop', ...metadata },
    spec: { containers: [{ name: 'app' }], ...spec },
    status: { podIP: '10.0.0.1', phase: 'Running' },
  } as MeshPod
}

describe('a workload is named after what owns the pod', () => {
  test.each([
    ['Deployment', 'ReplicaSet', 'cart-7d4f', { 'pod-template-hash': '7d4f' }, 'cart'],
    ['Rollout', 'ReplicaSet', 'cart-7d4f', { 'rollouts-pod-template-hash': '7d4f' }, 'cart'],
    ['StatefulSet', 'StatefulSet', 'cart', {}, 'cart'],
    ['CronJob', 'Job', 'report-28123456', {}, 'report'],
    ['Job', 'Job', 'report', {}, 'report'],
  ])('%s', (_, kind, name, labels, expected) => {
    const ownerReferences = [{ apiVersion: 'v1', kind, name, uid: '1', controller: true }]
    expect(workloadOfPod(podWith({ ownerReferences, labels }), CONTEXT)?.name).toBe(expected)
  })

  test('and by itself where nobody does', () => {
    expect(workloadOfPod(podWith({}), CONTEXT)?.name).toBe('cart-7d4f-x2x')
  })
})

test('labels say the canonical name and revision', () => {
  const labels = { app: 'cart', version: 'v2' }
  expect(workloadOfPod(podWith({ labels }), CONTEXT)).toMatchObject({ canonicalName: 'cart', canonicalRevision: 'v2' })
  expect(workloadOfPod(podWith({}), CONTEXT)).toMatchObject({ canonicalRevision: 'latest' })
})

test('without an address, and after its end, there is nobody', () => {
  const pod = podWith({})
  expect(workloadOfPod({ ...pod, status: { phase: 'Pending' } }, CONTEXT)).toBeUndefined()
  expect(workloadOfPod({ ...pod, status: { podIP: '10.0.0.1', phase: 'Succeeded' } }, CONTEXT)).toBeUndefined()
})

describe('who has a sidecar', () => {
  const enabled = { 'istio-injection': 'enabled' }
  test.each([
    ['a pod of a namespace that injects', {}, {}, enabled, true],
    ['one of a revision', {}, {}, { 'istio.io/rev': 'stable' }, true],
    ['not where nothing is said', {}, {}, {}, false],
    ['not one that refuses', { labels: { 'sidecar.istio.io/inject': 'false' } }, {}, enabled, false],
    ['one that asks for it', { labels: { 'sidecar.istio.io/inject': 'true' } }, {}, {}, true],
    ['not one on the network of its node', {}, { hostNetwork: true }, enabled, false],
    ['one that was injected', { annotations: { 'sidecar.istio.io/status': '{}' } }, {}, {}, true],
    ['one whose label says so', { labels: { 'security.istio.io/tlsMode': 'istio' } }, {}, {}, true],
    ['one that brings the container', {}, { containers: [{ name: 'app' }, { name: 'istio-proxy' }] }, {}, true],
  ])('%s', (_, metadata, spec, namespaceLabels, expected) => {
    expect(hasSidecar(podWith(metadata, spec), namespaceLabels)).toBe(expected)
  })
})
