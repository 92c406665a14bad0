import type { Node, NodeCondition, Taint } from '../../api/types.generated.ts'

/** k8s.io/kubernetes pkg/controller/nodelifecycle: how long a node may be silent before it counts as unreachable. */
export const GRACE_MS = 50_000

const NOT_READY = 'node.kubernetes.io/not-ready'
const UNREACHABLE = 'node.kubernetes.io/unreachable'

/** Conditions that keep new pods away while they hold, with the taint that does it. */
const PRESSURE_TAINTS: Readonly<Record<string, string>> = {
  MemoryPressure: 'node.kubernetes.io/memory-pressure',
  DiskPressure: 'node.kubernetes.io/disk-pressure',
  PIDPressure: 'node.kubernetes.io/pid-pressure',
  NetworkUnavailable: 'node.kubernetes.io/network-unavailable',
}

const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable'

/** Taints that this loop sets and takes off; all others belong to somebody else. */
const OWN_TAINTS = new Set([NOT_READY, UNREACHABLE, UNSCHEDULABLE, ...Object.values(PRESSURE_TAINTS)])

/** The conditions of a node whose kubelet has fallen silent. The same list when they say so already. */
export function silentConditions(node: Node, now: string): readonly NodeCondition[] {
  const present = node.status?.conditions ?? []
  const types = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']
  const missing = types.filter((type) => !present.some((condition) => condition.type === type))
  const unknown = (condition: NodeCondition): NodeCondition =>
    types.includes(condition.type) && condition.status !== 'Unknown'
      ? { ...condition, status: 'Unknown', lastTransitionTime: now, ...SILENT }
      : condition
  const changed = present.map(unknown)
  const added = missing.map((type): NodeCondition => {
    return { type, status: 'Unknown', lastHeartbeatTime: now, lastTransitionTime: now, ...NEVER_SEEN }
  })
  const isSame = added.length === 0 && changed.every((condition, index) => condition === present[index])
  return isSame ? present : [...changed, ...added]
}

const SILENT = { reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' } as const
const NEVER_SEEN = { reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' } as const

/** The taints that a node's conditions and its `unschedulable` call for. The same list when nothing changes. */
export function taintsFor(node: Node, now: string): readonly Taint[] {
  const present = node.spec?.taints ?? []
  const wanted = wantedTaints(node)
  const kept = present.filter((taint) => !OWN_TAINTS.has(taint.key) || wanted.some((one) => isSameTaint(one, taint)))
  const added = wanted
    .filter((taint) => !present.some((one) => isSameTaint(one, taint)))
    .map((taint) =>
      taint.effect === 'NoExecute' || taint.key === UNSCHEDULABLE ? { ...taint, timeAdded: now } : taint,
    )
  return added.length === 0 && kept.length === present.length ? present : [...kept, ...added]
}

function wantedTaints({ spec, status }: Node): readonly Taint[] {
  const taints: Taint[] = []
  const conditions = status?.conditions ?? []
  const ready = conditions.find(({ type }) => type === 'Ready')?.status
  if (ready === 'False') taints.push({ key: NOT_READY, effect: 'NoSchedule' }, { key: NOT_READY, effect: 'NoExecute' })
  if (ready === 'Unknown')
    taints.push({ key: UNREACHABLE, effect: 'NoSchedule' }, { key: UNREACHABLE, effect: 'NoExecute' })
  // A node that has said nothing yet keeps the taint that it was born with.
  if (ready === undefined) taints.push({ key: NOT_READY, effect: 'NoSchedule' })
  for (const { type, status: state } of conditions) {
    const key = PRESSURE_TAINTS[type]
    if (key !== undefined && state === 'True') taints.push({ key, effect: 'NoSchedule' })
  }
  if (spec?.unschedulable === true) taints.push({ key: UNSCHEDULABLE, effect: 'NoSchedule' })
  return taints
}

function isSameTaint(a: Taint, b: Taint): boolean {
  return a.key === b.key && a.effect === b.effect
}
