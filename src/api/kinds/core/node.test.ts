import { describe, expect, test } from 'vitest'
import { printCauses } from '../../../../test/support/causes.ts'
import type { NodeSpec, NodeStatus } from '../../types.generated.ts'
import { Node } from './node.ts'

function nodeOf(spec: NodeSpec = {}, status: NodeStatus = {}, labels: Record<string, string> = {}): Node {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1', labels, resourceVersion: '1' }, spec, status }
}

test('a node gives out what it has, and says its range twice', () => {
  const node = Node.default?.(nodeOf({ podCIDR: '10.0.0.0/24' }, { capacity: { cpu: '4.0' } }))
  expect(node?.spec.podCIDRs).toEqual(['10.0.0.0/24'])
  expect(node?.status).toEqual({ capacity: { cpu: '4' }, allocatable: { cpu: '4' } })
  expect(Node.default?.(node ?? nodeOf())).toBe(node)
})

describe('validation', () => {
  test.each<[NodeSpec, NodeStatus, readonly string[]]>([
    [{}, {}, []],
    [
      { taints: [{ key: 'a', effect: 'Run' }] },
      {},
      [
        'metadata.taints[0].effect: Unsupported value: "Run": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
      ],
    ],
    [
      {
        taints: [
          { key: 'a', effect: 'NoSchedule' },
          { key: 'a', value: 'b', effect: 'NoSchedule' },
        ],
      },
      {},
      [
        'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"b","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
      ],
    ],
    [
      { podCIDRs: ['10.0.0.0/24', '10.0.1.0/24'] },
      {},
      [
        'spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.0.1.0/24"]: may specify no more than one CIDR for each IP family',
      ],
    ],
    [{}, { capacity: { pods: '1500m' } }, ['status.capacity.pods: Invalid value: "1500m": must be an integer']],
  ])('of %j %j', (spec, status, problems) => {
    expect(printCauses(Node.validate?.(nodeOf(spec, status)))).toEqual(problems)
  })

  test.each<[NodeSpec, NodeSpec, readonly string[]]>([
    [{ unschedulable: true }, {}, []],
    [{ podCIDRs: ['10.0.0.0/24'] }, {}, []],
    [
      { podCIDRs: ['10.0.1.0/24'] },
      { podCIDRs: ['10.0.0.0/24'] },
      ['spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid'],
    ],
    [
      { providerID: 'b' },
      { providerID: 'a' },
      ['spec.providerID: Forbidden: node updates may not change providerID except from "" to valid'],
    ],
  ])('of %j after %j', (spec, old, problems) => {
    expect(printCauses(Node.validate?.(nodeOf(spec), nodeOf(old)))).toEqual(problems)
  })
})

test('columns', () => {
  const node = nodeOf(
    { unschedulable: true },
    {
      conditions: [{ type: 'Ready', status: 'True' }],
      addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
      nodeInfo: { kubeletVersion: 'v1.35.0', osImage: 'Linux' } as NonNullable<NodeStatus['nodeInfo']>,
    },
    { 'node-role.kubernetes.io/worker': '', 'node-role.kubernetes.io/control-plane': '', 'kubernetes.io/role': 'edge' },
  )
  expect(Object.fromEntries((Node.columns ?? []).map(({ name, cell }) => [name, cell(node, 0)]))).toEqual({
    Name: 'node-1',
    Status: 'Ready,SchedulingDisabled',
    Roles: 'control-plane,edge,worker',
    Age: '<unknown>',
    Version: 'v1.35.0',
    'Internal-IP': '10.0.0.1',
    'External-IP': '<none>',
    'OS-Image': 'Linux',
    'Kernel-Version': '<unknown>',
    'Container-Runtime': '<unknown>',
  })
  const status = (one: Node) => Node.columns?.find(({ name }) => name === 'Status')?.cell(one, 0)
  expect(status(nodeOf())).toBe('Unknown')
  expect(status(nodeOf({}, { conditions: [{ type: 'Ready', status: 'Unknown' }] }))).toBe('NotReady')
})

test('selectable by whether it takes pods', () => {
  const [field] = Node.selectableFields ?? []
  expect([field?.value(nodeOf()), field?.value(nodeOf({ unschedulable: true }))]).toEqual(['false', 'true'])
})
