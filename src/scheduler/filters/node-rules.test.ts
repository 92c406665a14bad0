import { describe, expect, test } from 'vitest'
import type { Toleration } from '../../api/types.generated.ts'
import { nodeOf, podOf } from '../../../test/scheduler/builders.ts'
import { explanationOf, on, refusalsOf } from '../../../test/scheduler/judgement.ts'

describe('NodeUnschedulable', () => {
  const nodes = [nodeOf('n1'), nodeOf('n2', { spec: { unschedulable: true } })]

  test('keeps pods off cordoned nodes', () => {
    expect(refusalsOf('NodeUnschedulable', podOf('p'), { nodes })).toEqual({
      n1: 'ok',
      n2: 'node(s) were unschedulable',
    })
  })

  test('lets those stay who tolerate it', () => {
    const tolerations = [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' }]
    expect(refusalsOf('NodeUnschedulable', podOf('p', { spec: { tolerations } }), { nodes }).n2).toBe('ok')
  })
})

describe('TaintToleration', () => {
  const nodes = [nodeOf('n1', { spec: { taints: [{ key: 'team', value: 'red', effect: 'NoSchedule' }] } })]
  const NO = 'node(s) had untolerated taint(s)'
  const OK = 'ok'

  test.each<[Toleration, string]>([
    [{ key: 'team', operator: 'Equal', value: 'red', effect: 'NoSchedule' }, OK],
    [{ key: 'team', value: 'red' }, OK],
    [{ key: 'team', operator: 'Exists' }, OK],
    [{ operator: 'Exists' }, OK],
    [{ key: 'team', value: 'blue' }, NO],
    [{ key: 'other', operator: 'Exists' }, NO],
    [{ key: 'team', operator: 'Exists', effect: 'NoExecute' }, NO],
  ])('%j: %s', (toleration, expected) => {
    const pod = podOf('p', { spec: { tolerations: [toleration] } })
    expect(refusalsOf('TaintToleration', pod, { nodes })).toEqual({ n1: expected })
  })

  test('a taint that only prefers keeps nobody away', () => {
    const soft = [nodeOf('n1', { spec: { taints: [{ key: 'slow', effect: 'PreferNoSchedule' }] } })]
    expect(refusalsOf('TaintToleration', podOf('p'), { nodes: soft })).toEqual({ n1: 'ok' })
  })
})

describe('NodeAffinity', () => {
  const nodes = [nodeOf('n1', { labels: { disk: 'ssd', age: '7' } }), nodeOf('n2', { labels: { disk: 'hdd' } })]
  const NO = "node(s) didn't match Pod's node affinity/selector"

  function required(...nodeSelectorTerms: object[]) {
    const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } }
    return podOf('p', { spec: { affinity: { nodeAffinity } as never } })
  }

  test.each([
    [{ key: 'disk', operator: 'In', values: ['ssd', 'nvme'] }, 'ok', NO],
    [{ key: 'disk', operator: 'NotIn', values: ['ssd'] }, NO, 'ok'],
    [{ key: 'age', operator: 'Exists' }, 'ok', NO],
    [{ key: 'age', operator: 'DoesNotExist' }, NO, 'ok'],
    [{ key: 'age', operator: 'Gt', values: ['6'] }, 'ok', NO],
    [{ key: 'age', operator: 'Gt', values: ['7'] }, NO, NO],
    [{ key: 'age', operator: 'Lt', values: ['8'] }, 'ok', NO],
  ])('%j', (expression, n1, n2) => {
    expect(refusalsOf('NodeAffinity', required({ matchExpressions: [expression] }), { nodes })).toEqual({ n1, n2 })
  })

  test('terms are alternatives, an empty one is none, and the node selector holds besides', () => {
    const ssd = { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] }
    const hdd = { matchExpressions: [{ key: 'disk', operator: 'In', values: ['hdd'] }] }
    expect(refusalsOf('NodeAffinity', required(ssd, hdd), { nodes })).toEqual({ n1: 'ok', n2: 'ok' })
    expect(refusalsOf('NodeAffinity', required({}), { nodes })).toEqual({ n1: NO, n2: NO })
    const pod = required(ssd, hdd)
    const selecting = { ...pod, spec: { ...pod.spec, nodeSelector: { disk: 'hdd' } } }
    expect(refusalsOf('NodeAffinity', selecting, { nodes })).toEqual({ n1: NO, n2: 'ok' })
  })

  test('a field that names nodes leaves no others in question', () => {
    const field = (name: string) => ({ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] })
    const { message, best } = explanationOf(required(field('n2')), { nodes })
    expect(message).toBeUndefined()
    expect(best).toEqual(['n2'])
    expect(explanationOf(required(field('n9')), { nodes }).message).toBe(
      "0/2 nodes are available: 2 node(s) didn't satisfy plugin(s) [NodeAffinity].",
    )
  })

  test('fields that no node can satisfy are a conflict', () => {
    const names = (name: string) => ({ key: 'metadata.name', operator: 'In', values: [name] })
    expect(explanationOf(required({ matchFields: [names('n1'), names('n2')] }), { nodes }).message).toBe(
      '0/2 nodes are available: pod affinity terms conflict.',
    )
  })

  test('a profile may hold all its pods to some nodes', () => {
    const nodeSelectorTerms = [{ matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] }]
    const addedAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } }
    const profile = { pluginConfig: [{ name: 'NodeAffinity', args: { addedAffinity } }] }
    expect(refusalsOf('NodeAffinity', podOf('p'), { nodes, profile })).toEqual({
      n1: 'ok',
      n2: "node(s) didn't match scheduler-enforced node affinity",
    })
  })
})

describe('NodePorts', () => {
  const NO = "node(s) didn't have free ports for the requested pod ports"

  function withPort(hostPort: number, hostIP?: string, protocol = 'TCP') {
    const port = { containerPort: 80, hostPort, protocol, ...(hostIP === undefined ? {} : { hostIP }) }
    return podOf('p', { spec: { containers: [{ name: 'app', image: 'app', ports: [port] }] } })
  }

  test.each([
    [withPort(80), withPort(80), NO],
    [withPort(80), withPort(81), 'ok'],
    [withPort(80, undefined, 'UDP'), withPort(80), 'ok'],
    [withPort(80, '127.0.0.1'), withPort(80, '127.0.0.2'), 'ok'],
    [withPort(80, '127.0.0.1'), withPort(80, '127.0.0.1'), NO],
    [withPort(80, '127.0.0.1'), withPort(80), NO],
    [withPort(80), withPort(80, '127.0.0.1'), NO],
  ])('case %#', (pod, other, expected) => {
    const pods = [on('n1', { ...other, metadata: { ...other.metadata, uid: 'other' } })]
    expect(refusalsOf('NodePorts', pod, { nodes: [nodeOf('n1')], pods })).toEqual({ n1: expected })
  })
})
