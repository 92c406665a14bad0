import { describe, expect, test } from 'vitest'
import type { ApiObject } from '../object.ts'
import type { Pod, PodSpec, ResourceQuota, ScopedResourceSelectorRequirement } from '../types.generated.ts'
import { evaluatorOf, inScope, resourceOfName } from './evaluator.ts'
import { podEvaluator } from './pod-usage.ts'
import { listOf, printUsage, usageOf } from './usage.ts'

const NOW_MS = Date.UTC(2026, 0, 1)

function pod(spec: Partial<PodSpec>, rest: Partial<Pod> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { containers: [{ name: 'web', image: 'web' }], ...spec },
    ...rest,
  }
}

function container(requests?: Record<string, string>, limits?: Record<string, string>): PodSpec['containers'][number] {
  return { name: 'web', image: 'web', resources: { ...(requests && { requests }), ...(limits && { limits }) } }
}

function used(kind: { group: string; plural: string }, object: object): Record<string, string> {
  return { ...listOf(evaluatorOf(kind)!.usage(object as ApiObject, NOW_MS)) }
}

const PODS = { group: '', plural: 'pods' }

describe('usage', () => {
  test('a pod counts under every name that a quota may use', () => {
    const spec = { containers: [container({ cpu: '250m', memory: '1Gi', 'example.com/gpu': '2' }, { cpu: '1' })] }
    expect(used(PODS, pod(spec))).toEqual({
      'count/pods': '1',
      cpu: '250m',
      'limits.cpu': '1',
      memory: '1Gi',
      pods: '1',
      'requests.cpu': '250m',
      'requests.example.com/gpu': '2',
      'requests.memory': '1Gi',
    })
  })

  test.each([
    { state: 'has ended', rest: { status: { phase: 'Succeeded' } } },
    {
      state: 'should be gone long since',
      rest: {
        metadata: {
          name: 'web',
          deletionTimestamp: new Date(NOW_MS - 60_000).toISOString(),
          deletionGracePeriodSeconds: 30,
        },
      },
    },
  ])('a pod that $state counts as an object only', ({ rest }) => {
    expect(used(PODS, pod({}, rest as Partial<Pod>))).toEqual({ 'count/pods': '1' })
  })

  test('a running pod that was resized counts with the larger of what it asks for and what it has', () => {
    const status = { containerStatuses: [{ name: 'web', resources: { requests: { cpu: '2' } } }] } as never
    const both = pod({ containers: [container({ cpu: '1' })] }, { status })
    expect(used(PODS, both)['requests.cpu']).toBe('2')
  })

  test.each([
    [{ type: 'ClusterIP', ports: [{}] }, '0', '0'],
    [{ type: 'NodePort', ports: [{}, {}] }, '2', '0'],
    [{ type: 'LoadBalancer', ports: [{}, {}] }, '2', '1'],
    [{ type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, ports: [{}, { nodePort: 30000 }] }, '1', '1'],
  ])('a service %j has %s node ports and %s load balancers', (spec, ports, balancers) => {
    const usage = used({ group: '', plural: 'services' }, { spec })
    expect([usage['services.nodeports'], usage['services.loadbalancers']]).toEqual([ports, balancers])
  })

  test('a claim counts for itself and for its class', () => {
    const spec = { storageClassName: 'gold', resources: { requests: { storage: '5Gi' } } }
    expect(used({ group: '', plural: 'persistentvolumeclaims' }, { metadata: {}, spec })).toEqual({
      'count/persistentvolumeclaims': '1',
      'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '1',
      'gold.storageclass.storage.k8s.io/requests.storage': '5Gi',
      persistentvolumeclaims: '1',
      'requests.storage': '5Gi',
    })
  })

  test('every other stored resource is counted', () => {
    expect(used({ group: 'apps', plural: 'deployments' }, {})).toEqual({ 'count/deployments.apps': '1' })
    expect(used({ group: '', plural: 'secrets' }, {})).toEqual({ 'count/secrets': '1', secrets: '1' })
    expect(evaluatorOf({ group: '', plural: 'events' })).toBeUndefined()
  })
})

test.each([
  ['pods', 'pods', ''],
  ['requests.example.com/gpu', 'pods', ''],
  ['services.nodeports', 'services', ''],
  ['gold.storageclass.storage.k8s.io/requests.storage', 'persistentvolumeclaims', ''],
  ['secrets', 'secrets', ''],
  ['count/rollouts.argoproj.io', 'rollouts', 'argoproj.io'],
])('%s is about %s', (name, plural, group) => {
  expect(resourceOfName(name)).toEqual({ plural, group })
})

describe('scopes', () => {
  const priority = (operator: string, values?: string[]) => ({
    scopeName: 'PriorityClass',
    operator,
    ...(values && { values }),
  })
  test.each<[string, ScopedResourceSelectorRequirement, Partial<PodSpec>, boolean]>([
    [
      'a pod with a deadline is Terminating',
      { scopeName: 'Terminating', operator: 'Exists' },
      { activeDeadlineSeconds: 5 },
      true,
    ],
    ['a pod without one is not', { scopeName: 'NotTerminating', operator: 'Exists' }, {}, true],
    ['a pod without requests is BestEffort', { scopeName: 'BestEffort', operator: 'Exists' }, {}, true],
    [
      'a pod with requests is not',
      { scopeName: 'BestEffort', operator: 'Exists' },
      { containers: [container({ cpu: '1' })] },
      false,
    ],
    ['a class among those named', priority('In', ['high']), { priorityClassName: 'high' }, true],
    ['no class is not among those excluded', priority('NotIn', ['high']), {}, true],
    ['no class', priority('DoesNotExist'), {}, true],
    ['a class', priority('Exists'), {}, false],
    [
      'affinity to pods elsewhere',
      { scopeName: 'CrossNamespacePodAffinity', operator: 'Exists' },
      {
        affinity: {
          podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'a', namespaces: ['b'] }] },
        },
      },
      true,
    ],
  ])('%s', (_rule, selector, spec, matches) => {
    const quota = { spec: { scopeSelector: { matchExpressions: [selector] } } } as unknown as ResourceQuota
    expect(inScope(quota, pod(spec), podEvaluator)).toBe(matches)
  })

  test('services are in no scope', () => {
    const quota = { spec: { scopes: ['BestEffort'] } } as unknown as ResourceQuota
    expect(inScope(quota, {} as never, evaluatorOf({ group: '', plural: 'services' })!)).toBe(false)
  })
})

test('every container must say what a quota limits', () => {
  const spec = { containers: [container({ cpu: '1' })], initContainers: [{ ...container(), name: 'init' }] }
  expect(podEvaluator.missing?.(['requests.cpu', 'limits.memory', 'pods'], pod(spec))).toBe(
    'must specify limits.memory for: init,web; requests.cpu for: init',
  )
})

test('usage is printed in the order of its names', () => {
  expect(printUsage(usageOf({ pods: '2', cpu: '1000m' }))).toBe('cpu=1,pods=2')
})
