import { describe, expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import type { TopologySpreadConstraint } from '../../api/types.generated.ts'
import { nodeOf, podOf } from '../../../test/scheduler/builders.ts'
import { on, refusalsOf } from '../../../test/scheduler/judgement.ts'

const zone = (name: string, value: string) => nodeOf(name, { labels: { zone: value } })
const nodes = [zone('a1', 'a'), zone('a2', 'a'), zone('b1', 'b')]
const web = (node: string, change: Parameters<typeof podOf>[1] = {}) =>
  on(node, podOf('web', { labels: { app: 'web' }, ...change }))

describe('PodTopologySpread', () => {
  const SKEWED = "node(s) didn't match pod topology spread constraints"

  function spread(change: Partial<TopologySpreadConstraint> = {}, spec = {}) {
    const constraint = {
      maxSkew: 1,
      topologyKey: 'zone',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app: 'web' } },
      ...change,
    }
    return podOf('p', { labels: { app: 'web' }, spec: { topologySpreadConstraints: [constraint], ...spec } })
  }

  test('no zone may be ahead of the emptiest by more than maxSkew', () => {
    expect(refusalsOf('PodTopologySpread', spread(), { nodes, pods: [web('a1')] })).toEqual({
      a1: SKEWED,
      a2: SKEWED,
      b1: 'ok',
    })
    expect(refusalsOf('PodTopologySpread', spread({ maxSkew: 2 }), { nodes, pods: [web('a1')] })).toEqual({
      a1: 'ok',
      a2: 'ok',
      b1: 'ok',
    })
  })

  test('a node without the label cannot be spread over', () => {
    const found = refusalsOf('PodTopologySpread', spread(), { nodes: [...nodes, nodeOf('x')] })
    expect(found.x).toBe(`${SKEWED} (missing required label)`)
  })

  test('fewer zones than minDomains count as if there were an empty one', () => {
    const pods = [web('a1'), web('b1')]
    expect(refusalsOf('PodTopologySpread', spread({ minDomains: 3 }), { nodes, pods }).b1).toBe(SKEWED)
    expect(refusalsOf('PodTopologySpread', spread({ minDomains: 2 }), { nodes, pods }).b1).toBe('ok')
  })

  test('pods of other namespaces and those that are leaving do not count', () => {
    const leaving = web('a1', { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } })
    const pods = [web('a1', { namespace: 'other' }), leaving]
    expect(refusalsOf('PodTopologySpread', spread(), { nodes, pods }).a1).toBe('ok')
  })

  test('zones that the pod cannot go to count only if told so', () => {
    const pods = [web('a1')]
    const held = (nodeAffinityPolicy: string) => spread({ nodeAffinityPolicy }, { nodeSelector: { zone: 'a' } })
    expect(refusalsOf('PodTopologySpread', held('Honor'), { nodes, pods }).a1).toBe('ok')
    expect(refusalsOf('PodTopologySpread', held('Ignore'), { nodes, pods }).a1).toBe(SKEWED)
  })

  test('nodes with taints that the pod does not tolerate count unless told otherwise', () => {
    const tainted = nodeOf('b1', { labels: { zone: 'b' }, spec: { taints: [{ key: 'x', effect: 'NoSchedule' }] } })
    const situation = { nodes: [zone('a1', 'a'), tainted], pods: [web('a1')] }
    expect(refusalsOf('PodTopologySpread', spread(), situation).a1).toBe(SKEWED)
    expect(refusalsOf('PodTopologySpread', spread({ nodeTaintsPolicy: 'Honor' }), situation).a1).toBe('ok')
  })

  test('matchLabelKeys narrow the count to pods of the same revision', () => {
    const pods = [web('a1', { labels: { app: 'web', rev: '1' } })]
    const pod = spread({ matchLabelKeys: ['rev'] })
    const newer = { ...pod, metadata: { ...pod.metadata, labels: { app: 'web', rev: '2' } } }
    expect(refusalsOf('PodTopologySpread', newer, { nodes, pods }).a1).toBe('ok')
  })

  test('a profile may spread all pods of a Service or workload', () => {
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default' },
      spec: { selector: { app: 'web' } },
    } as ApiObject
    const defaultConstraints = [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }]
    const args = { defaultingType: 'List', defaultConstraints }
    const profile = { pluginConfig: [{ name: 'PodTopologySpread', args }] }
    const pod = podOf('p', { labels: { app: 'web' } })
    const situation = { nodes, pods: [web('a1')], profile }
    expect(refusalsOf('PodTopologySpread', pod, { ...situation, objects: [service] }).a1).toBe(SKEWED)
    expect(refusalsOf('PodTopologySpread', pod, situation).a1).toBe('ok')
  })
})

describe('InterPodAffinity', () => {
  const NO_FRIEND = "node(s) didn't match pod affinity rules"
  const FOE = "node(s) didn't match pod anti-affinity rules"
  const UNWANTED = "node(s) didn't satisfy existing pods anti-affinity rules"

  const term = (app: string, change = {}) => ({
    labelSelector: { matchLabels: { app } },
    topologyKey: 'zone',
    ...change,
  })
  const near = (...terms: object[]) => ({
    affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } } as never,
  })
  const away = (...terms: object[]) => ({
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } } as never,
  })

  test('a pod goes where pods that it needs are', () => {
    const pod = podOf('p', { spec: near(term('web')) })
    expect(refusalsOf('InterPodAffinity', pod, { nodes, pods: [web('b1')] })).toEqual({
      a1: NO_FRIEND,
      a2: NO_FRIEND,
      b1: 'ok',
    })
  })

  test('the first of those who need each other goes anywhere', () => {
    const first = podOf('p', { labels: { app: 'web' }, spec: near(term('web')) })
    expect(refusalsOf('InterPodAffinity', first, { nodes })).toEqual({ a1: 'ok', a2: 'ok', b1: 'ok' })
    const stranger = podOf('p', { spec: near(term('web')) })
    expect(refusalsOf('InterPodAffinity', stranger, { nodes })).toEqual({ a1: NO_FRIEND, a2: NO_FRIEND, b1: NO_FRIEND })
  })

  test('one pod must match all terms', () => {
    const pod = podOf('p', {
      spec: near(term('web'), { ...term('db'), labelSelector: { matchLabels: { tier: 'x' } } }),
    })
    const both = web('a1', { labels: { app: 'web', tier: 'x' } })
    expect(refusalsOf('InterPodAffinity', pod, { nodes, pods: [web('b1')] }).b1).toBe(NO_FRIEND)
    expect(refusalsOf('InterPodAffinity', pod, { nodes, pods: [both] }).a2).toBe('ok')
  })

  test('a pod keeps away from pods, and pods keep it away', () => {
    const pod = podOf('p', { labels: { app: 'db' }, spec: away(term('web')) })
    expect(refusalsOf('InterPodAffinity', pod, { nodes, pods: [web('a1')] })).toEqual({ a1: FOE, a2: FOE, b1: 'ok' })
    const shy = web('b1', { spec: away(term('db')) })
    const plain = podOf('p', { labels: { app: 'db' } })
    expect(refusalsOf('InterPodAffinity', plain, { nodes, pods: [shy] })).toEqual({ a1: 'ok', a2: 'ok', b1: UNWANTED })
  })

  test("namespaces are the pod's own, those named, and those that a selector picks", () => {
    const objects = [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { team: 'x' } } } as ApiObject,
    ]
    const pods = [web('a1', { namespace: 'shop' })]
    const judge = (change: object) =>
      refusalsOf('InterPodAffinity', podOf('p', { spec: away(term('web', change)) }), { nodes, pods, objects }).a1
    expect(judge({})).toBe('ok')
    expect(judge({ namespaces: ['shop'] })).toBe(FOE)
    expect(judge({ namespaceSelector: {} })).toBe(FOE)
    expect(judge({ namespaceSelector: { matchLabels: { team: 'x' } } })).toBe(FOE)
    expect(judge({ namespaceSelector: { matchLabels: { team: 'y' } } })).toBe('ok')
  })

  test("matchLabelKeys and mismatchLabelKeys take the pod's own values", () => {
    const pods = [web('a1', { labels: { app: 'web', rev: '1' } })]
    const judge = (change: object) => {
      const pod = podOf('p', { labels: { app: 'web', rev: '2' }, spec: away(term('web', change)) })
      return refusalsOf('InterPodAffinity', pod, { nodes, pods }).a1
    }
    expect(judge({})).toBe(FOE)
    expect(judge({ matchLabelKeys: ['rev'] })).toBe('ok')
    expect(judge({ mismatchLabelKeys: ['rev'] })).toBe(FOE)
  })
})
