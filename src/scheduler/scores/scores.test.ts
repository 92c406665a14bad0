import { describe, expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import { nodeOf, podOf } from '../../../test/scheduler/builders.ts'
import { explanationOf, on, scoresOf } from '../../../test/scheduler/judgement.ts'

describe('NodeResourcesFit', () => {
  const nodes = [
    nodeOf('n1', { allocatable: { cpu: '4', memory: '10000' } }),
    nodeOf('n2', { allocatable: { cpu: '6', memory: '10000' } }),
  ]
  const pod = podOf('p', { requests: { cpu: '3', memory: '5000' } })

  test('prefers what is emptier', () => {
    // n1: (25 + 50) / 2, n2: (50 + 50) / 2, as in Kubernetes' own test.
    expect(scoresOf('NodeResourcesFit', pod, { nodes })).toEqual({ n1: 37, n2: 50 })
  })

  test('or what is fuller, where the profile says so', () => {
    const scoringStrategy = {
      type: 'MostAllocated',
      resources: [
        { name: 'cpu', weight: 1 },
        { name: 'memory', weight: 1 },
      ],
    }
    const profile = { pluginConfig: [{ name: 'NodeResourcesFit', args: { scoringStrategy } }] }
    expect(scoresOf('NodeResourcesFit', pod, { nodes, profile })).toEqual({ n1: 62, n2: 50 })
  })

  test('or what comes next to a shape', () => {
    const shape = [
      { utilization: 0, score: 0 },
      { utilization: 50, score: 10 },
      { utilization: 100, score: 0 },
    ]
    const scoringStrategy = {
      type: 'RequestedToCapacityRatio',
      resources: [{ name: 'cpu', weight: 1 }],
      requestedToCapacityRatio: { shape },
    }
    const profile = { pluginConfig: [{ name: 'NodeResourcesFit', args: { scoringStrategy } }] }
    expect(scoresOf('NodeResourcesFit', pod, { nodes, profile })).toEqual({ n1: 50, n2: 100 })
  })

  test('containers that ask for nothing count with 100m and 200Mi', () => {
    const two = [nodeOf('n1', { allocatable: { cpu: '1', memory: '2000Mi' } }), nodeOf('n2')]
    expect(scoresOf('NodeResourcesFit', podOf('p'), { nodes: two }).n1).toBe(90)
  })

  test('resources of a kind that the pod does not ask for are left out', () => {
    const scoringStrategy = {
      type: 'LeastAllocated',
      resources: [
        { name: 'cpu', weight: 1 },
        { name: 'example.com/gpu', weight: 9 },
      ],
    }
    const profile = { pluginConfig: [{ name: 'NodeResourcesFit', args: { scoringStrategy } }] }
    const gpu = [nodeOf('n1', { allocatable: { 'example.com/gpu': '8' } }), nodeOf('n2')]
    expect(scoresOf('NodeResourcesFit', podOf('p', { requests: { cpu: '1' } }), { nodes: gpu, profile })).toEqual({
      n1: 75,
      n2: 75,
    })
  })
})

describe('NodeResourcesBalancedAllocation', () => {
  const nodes = [
    nodeOf('n1', { allocatable: { cpu: '4', memory: '10000' } }),
    nodeOf('n2', { allocatable: { cpu: '6', memory: '10000' } }),
  ]

  test('prefers like fractions of all resources', () => {
    // n1: cpu 75 %, memory 50 %; n2: both 50 %.
    const pod = podOf('p', { requests: { cpu: '3', memory: '5000' } })
    expect(scoresOf('NodeResourcesBalancedAllocation', pod, { nodes })).toEqual({ n1: 87, n2: 100 })
  })

  test('says nothing about pods that ask for nothing', () => {
    expect(scoresOf('NodeResourcesBalancedAllocation', podOf('p'), { nodes })).toEqual({ n1: 0, n2: 0 })
  })
})

describe('TaintToleration and NodeAffinity', () => {
  test('fewer taints that are merely disliked are better', () => {
    const soft = (key: string) => ({ key, effect: 'PreferNoSchedule' })
    const nodes = [
      nodeOf('n0'),
      nodeOf('n1', { spec: { taints: [soft('a')] } }),
      nodeOf('n2', { spec: { taints: [soft('a'), soft('b')] } }),
    ]
    expect(scoresOf('TaintToleration', podOf('p'), { nodes })).toEqual({ n0: 100, n1: 50, n2: 0 })
    const tolerations = [{ key: 'b', operator: 'Exists' }]
    expect(scoresOf('TaintToleration', podOf('p', { spec: { tolerations } }), { nodes })).toEqual({
      n0: 100,
      n1: 0,
      n2: 0,
    })
  })

  test('more weight of preferred terms is better', () => {
    const nodes = [nodeOf('n1', { labels: { a: '1', b: '1' } }), nodeOf('n2', { labels: { b: '1' } }), nodeOf('n3')]
    const prefer = (key: string, weight: number) => ({
      weight,
      preference: { matchExpressions: [{ key, operator: 'Exists' }] },
    })
    const nodeAffinity = { preferredDuringSchedulingIgnoredDuringExecution: [prefer('a', 6), prefer('b', 2)] }
    const pod = podOf('p', { spec: { affinity: { nodeAffinity } } })
    expect(scoresOf('NodeAffinity', pod, { nodes })).toEqual({ n1: 100, n2: 25, n3: 0 })
  })
})

describe('PodTopologySpread', () => {
  const zone = (name: string, value: string) => nodeOf(name, { labels: { zone: value } })
  const nodes = [zone('a1', 'a'), zone('a2', 'a'), zone('b1', 'b'), nodeOf('x')]
  const web = (node: string) => on(node, podOf('web', { labels: { app: 'web' } }))

  test('fewer matching pods in the zone are better; nodes outside of all zones get nothing', () => {
    const constraint = {
      maxSkew: 1,
      topologyKey: 'zone',
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: { app: 'web' } },
    }
    const pod = podOf('p', { labels: { app: 'web' }, spec: { topologySpreadConstraints: [constraint] } })
    const pods = [web('a1'), web('a1'), web('a2'), web('b1')]
    // Raw: 3·ln 4 = 4 and 1·ln 4 = 1, rounded; inverted over the larger.
    expect(scoresOf('PodTopologySpread', pod, { nodes, pods })).toEqual({ a1: 25, a2: 25, b1: 100, x: 0 })
  })

  test('pods of a ReplicaSet spread over hosts and zones unasked', () => {
    const replicaSet = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: 'web', namespace: 'default' },
      spec: { selector: { matchLabels: { app: 'web' } } },
    } as unknown as ApiObject
    const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'rs', controller: true }]
    const pod = podOf('p', { labels: { app: 'web' }, metadata: { ownerReferences } })
    const situation = { nodes: nodes.slice(0, 3), pods: [web('a1')] }
    const scores = scoresOf('PodTopologySpread', pod, { ...situation, objects: [replicaSet] })
    expect(scores.a1).toBeLessThan(scores.a2 as number)
    expect(scores.a2).toBe(scores.b1)
    expect(scoresOf('PodTopologySpread', pod, situation)).toEqual({ a1: 0, a2: 0, b1: 0 })
  })
})

describe('InterPodAffinity', () => {
  const zone = (name: string, value: string) => nodeOf(name, { labels: { zone: value } })
  const nodes = [zone('a', 'a'), zone('b', 'b'), zone('c', 'c')]
  const term = (app: string) => ({ labelSelector: { matchLabels: { app } }, topologyKey: 'zone' })
  const prefer = (app: string, weight: number) => ({
    preferredDuringSchedulingIgnoredDuringExecution: [{ weight, podAffinityTerm: term(app) }],
  })
  const pods = [on('a', podOf('w', { labels: { app: 'web' } })), on('b', podOf('d', { labels: { app: 'db' } }))]

  test('what the pod likes draws it, what it dislikes drives it away', () => {
    const affinity = { podAffinity: prefer('web', 10), podAntiAffinity: prefer('db', 10) }
    expect(scoresOf('InterPodAffinity', podOf('p', { spec: { affinity } }), { nodes, pods })).toEqual({
      a: 100,
      b: 0,
      c: 50,
    })
  })

  test("those that like it draw it too; those that need it count with the profile's weight", () => {
    const fan = on('c', podOf('fan', { spec: { affinity: { podAffinity: prefer('new', 3) } } }))
    const podAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [term('new')] }
    const needy = on('b', podOf('needy', { spec: { affinity: { podAffinity } } }))
    const pod = podOf('p', { labels: { app: 'new' } })
    expect(scoresOf('InterPodAffinity', pod, { nodes, pods: [fan, needy] })).toEqual({ a: 0, b: 33, c: 100 })
    const profile = { pluginConfig: [{ name: 'InterPodAffinity', args: { hardPodAffinityWeight: 6 } }] }
    expect(scoresOf('InterPodAffinity', pod, { nodes, pods: [fan, needy], profile })).toEqual({ a: 0, b: 100, c: 50 })
  })
})

describe('ImageLocality', () => {
  test('prefers nodes that have large images, the more so the more nodes have them', () => {
    const images = [{ names: ['app:latest'], sizeBytes: 500 * 1024 * 1024 }]
    const one = [nodeOf('n1', { images }), nodeOf('n2')]
    // Half the nodes have it: (250 - 23) of (1000 - 23) MiB.
    expect(scoresOf('ImageLocality', podOf('p'), { nodes: one })).toEqual({ n1: 23, n2: 0 })
    expect(
      scoresOf('ImageLocality', podOf('p'), { nodes: [nodeOf('n1', { images }), nodeOf('n2', { images })] }),
    ).toEqual({
      n1: 48,
      n2: 48,
    })
  })
})

test('weights of the default profile, and what a profile makes of them', () => {
  const nodes = [nodeOf('n1'), nodeOf('n2')]
  const weightsOf = (profile: object) => {
    const [first] = explanationOf(podOf('p', { requests: { cpu: '1' } }), { nodes, profile }).nodes
    return Object.fromEntries(first?.scores.map(({ plugin, weight }) => [plugin, weight]) ?? [])
  }
  expect(weightsOf({})).toEqual({
    TaintToleration: 3,
    NodeResourcesFit: 1,
    NodeResourcesBalancedAllocation: 1,
    ImageLocality: 1,
  })
  const plugins = {
    score: { disabled: [{ name: 'ImageLocality' }], enabled: [{ name: 'TaintToleration', weight: 7 }] },
  }
  expect(weightsOf({ plugins })).toEqual({
    TaintToleration: 7,
    NodeResourcesFit: 1,
    NodeResourcesBalancedAllocation: 1,
  })
})
