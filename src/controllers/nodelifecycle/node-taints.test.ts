import { describe, expect, test } from 'vitest'
import type { Node, NodeCondition, Taint } from '../../api/types.generated.ts'
import { GRACE_MS, silentAtMs, silentConditions } from './node-health.ts'
import { labelsFor, taintsFor } from './node-taints.ts'

const NOW = '2026-01-01T00:10:00Z'
const BORN = '2026-01-01T00:00:00Z'

function node(conditions: Record<string, string>, spec: Node['spec'] = {}): Node {
  const list = Object.entries(conditions).map(([type, status]): NodeCondition => ({ type, status }))
  const status = list.length === 0 ? {} : { conditions: list }
  return { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', creationTimestamp: BORN }, spec, status }
}

function print(taints: readonly Taint[]): string[] {
  return taints.map(({ key, effect }) => `${key.replace('node.kubernetes.io/', '')}:${effect}`)
}

describe('taintsFor', () => {
  test.each([
    { conditions: { Ready: 'True' }, taints: [] },
    { conditions: { Ready: 'False' }, taints: ['not-ready:NoSchedule'] },
    { conditions: { Ready: 'Unknown' }, taints: ['unreachable:NoSchedule'] },
    { conditions: { Ready: 'True', MemoryPressure: 'True' }, taints: ['memory-pressure:NoSchedule'] },
    { conditions: { Ready: 'True', DiskPressure: 'True' }, taints: ['disk-pressure:NoSchedule'] },
    { conditions: { Ready: 'True', PIDPressure: 'True' }, taints: ['pid-pressure:NoSchedule'] },
    { conditions: { Ready: 'True', NetworkUnavailable: 'True' }, taints: ['network-unavailable:NoSchedule'] },
    { conditions: { Ready: 'True', MemoryPressure: 'Unknown' }, taints: [] },
    { conditions: { Ready: 'True' }, spec: { unschedulable: true }, taints: ['unschedulable:NoSchedule'] },
  ])('$conditions $spec: $taints', ({ conditions, spec, taints }) => {
    expect(print(taintsFor(node(conditions, spec), { driving: 'not yet', now: NOW }))).toEqual(taints)
  })

  const own = (key: string, effect: string): Taint => ({ key: `node.kubernetes.io/${key}`, effect, timeAdded: BORN })
  const foreign: Taint = { key: 'team', value: 'a', effect: 'NoExecute' }

  test.each([
    { ready: 'False', driving: 'away', present: [], taints: ['not-ready:NoSchedule', 'not-ready:NoExecute'] },
    { ready: 'Unknown', driving: 'away', present: [], taints: ['unreachable:NoSchedule', 'unreachable:NoExecute'] },
    { ready: 'Unknown', driving: 'not yet', present: [], taints: ['unreachable:NoSchedule'] },
    {
      ready: 'Unknown',
      driving: 'not yet',
      present: [own('not-ready', 'NoExecute')],
      taints: ['unreachable:NoSchedule', 'unreachable:NoExecute'],
    },
    {
      ready: 'Unknown',
      driving: 'never',
      present: [own('unreachable', 'NoExecute')],
      taints: ['unreachable:NoSchedule'],
    },
    {
      ready: 'True',
      driving: 'not yet',
      present: [own('unreachable', 'NoExecute'), foreign],
      taints: ['team:NoExecute'],
    },
    { ready: 'True', driving: 'not yet', present: [own('unreachable', 'NoSchedule')], taints: [] },
  ] as const)('$ready, driving $driving: $taints', ({ ready, driving, present, taints }) => {
    const found = taintsFor(node({ Ready: ready }, { taints: [...present] }), { driving, now: NOW })
    expect(print(found)).toEqual(taints)
  })

  test('a node that has said nothing keeps the taint that it was born with', () => {
    const taints = [own('not-ready', 'NoSchedule')]
    expect(taintsFor(node({}, { taints }), { driving: 'not yet', now: NOW })).toBe(taints)
  })

  test('taints that stay keep their time, and new ones have one', () => {
    const present = [own('unreachable', 'NoSchedule')]
    const found = taintsFor(node({ Ready: 'Unknown' }, { taints: present }), { driving: 'away', now: NOW })
    expect(found.map(({ timeAdded }) => timeAdded)).toEqual([BORN, NOW])
  })
})

describe('silence', () => {
  test('a node that has reported counts as silent fifty seconds after its last sign of life', () => {
    const heard = Date.parse('2026-01-01T00:05:00Z')
    const posted = node({ Ready: 'True' })
    const at = (sinceMs: number, renewTime?: string): number => silentAtMs(posted, { sinceMs, renewTime })
    expect(at(heard)).toBe(heard + GRACE_MS)
    expect(at(heard, '2026-01-01T00:06:00.000000Z')).toBe(heard + 60_000 + GRACE_MS)
    expect(at(heard, '2026-01-01T00:01:00.000000Z')).toBe(heard + GRACE_MS)
  })

  test('a node that never reported has a minute from its birth', () => {
    const sinceMs = Date.parse(NOW)
    expect(silentAtMs(node({}), { sinceMs, renewTime: undefined })).toBe(Date.parse(BORN) + 60_000)
  })

  test('what the kubelet said becomes unknown, what others said stays', () => {
    const conditions = silentConditions(
      node({ NetworkUnavailable: 'False', Ready: 'True', DiskPressure: 'Unknown' }),
      NOW,
    )
    const SILENT = { reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' }
    const NEVER = { reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' }
    expect(conditions).toEqual([
      { type: 'NetworkUnavailable', status: 'False' },
      { type: 'Ready', status: 'Unknown', lastTransitionTime: NOW, ...SILENT },
      { type: 'DiskPressure', status: 'Unknown' },
      { type: 'MemoryPressure', status: 'Unknown', lastHeartbeatTime: BORN, lastTransitionTime: NOW, ...NEVER },
      { type: 'PIDPressure', status: 'Unknown', lastHeartbeatTime: BORN, lastTransitionTime: NOW, ...NEVER },
    ])
    const again = { ...node({}), status: { conditions } }
    expect(silentConditions(again, '2026-01-01T00:11:00Z')).toBe(conditions)
  })
})

test.each([
  [undefined, undefined],
  [{ team: 'a' }, { team: 'a' }],
  [{ 'kubernetes.io/os': 'linux' }, { 'kubernetes.io/os': 'linux', 'beta.kubernetes.io/os': 'linux' }],
  [
    { 'kubernetes.io/arch': 'arm64', 'beta.kubernetes.io/arch': 'amd64' },
    { 'kubernetes.io/arch': 'arm64', 'beta.kubernetes.io/arch': 'arm64' },
  ],
])('labels %j become %j', (labels, wanted) => {
  const metadata = { name: 'n1', ...(labels === undefined ? {} : { labels }) }
  expect(labelsFor({ apiVersion: 'v1', kind: 'Node', metadata, spec: {} })).toEqual(wanted)
})
