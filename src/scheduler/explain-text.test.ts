import { expect, test } from 'vitest'
import { nodeOf, podOf } from '../../test/scheduler/builders.ts'
import { explanationOf } from '../../test/scheduler/judgement.ts'
import { explainText } from './explain-text.ts'

test('nodes that would do come first, with how their totals come about', () => {
  const nodes = [
    nodeOf('n1', { allocatable: { cpu: '1' } }),
    nodeOf('n2'),
    nodeOf('n3', { spec: { taints: [{ key: 'x', effect: 'NoSchedule' }] }, allocatable: { cpu: '1' } }),
    nodeOf('n4', { spec: { taints: [{ key: 'y', effect: 'PreferNoSchedule' }] } }),
  ]
  expect(explainText(explanationOf(podOf('web', { requests: { cpu: '2' } }), { nodes }))).toBe(
    `default/web: default-scheduler chooses n2

NODE  TOTAL  WHY
n2      448  TaintToleration 100×3 (from 0), NodeResourcesFit 73×1, NodeResourcesBalancedAllocation 75×1, ImageLocality 0×1
n4      148  TaintToleration 0×3 (from 1), NodeResourcesFit 73×1, NodeResourcesBalancedAllocation 75×1, ImageLocality 0×1
n1        -  NodeResourcesFit: Insufficient cpu
n3        -  TaintToleration: node(s) had untolerated taint(s); NodeResourcesFit: Insufficient cpu
`,
  )
})

test('equals are left to the dice, and a pod without a node says what its event says', () => {
  const nodes = [nodeOf('n1'), nodeOf('n2')]
  expect(explainText(explanationOf(podOf('web'), { nodes })).split('\n')[0]).toBe(
    'default/web: default-scheduler chooses one of 2 equals by the dice: n1, n2',
  )
  expect(explainText(explanationOf(podOf('web', { requests: { cpu: '9' } }), { nodes })).split('\n')[0]).toBe(
    'default/web: 0/2 nodes are available: 2 Insufficient cpu.',
  )
  expect(explainText(explanationOf(podOf('web'), {}))).toBe('default/web: no nodes available to schedule pods\n')
})

test('the nodes of a large cluster are counted, unless all are asked for', () => {
  const nodes = Array.from({ length: 30 }, (_, index) => nodeOf(`n${index}`))
  const explanation = explanationOf(podOf('web'), { nodes })
  expect(explainText(explanation)).toContain('… and 10 more nodes')
  expect(explainText(explanation, { all: true }).match(/^n\d+ /gm)).toHaveLength(30)
})
