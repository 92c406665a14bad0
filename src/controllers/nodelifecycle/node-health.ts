import type { Node, NodeCondition } from '../../api/types.generated.ts'

/** How long a node may be silent before it counts as unreachable (kube-controller-manager --node-monitor-grace-period). */
export const GRACE_MS = 50_000
/** The same for a node that has not said anything yet (kube-controller-manager --node-startup-grace-period). */
const STARTUP_GRACE_MS = 60_000

/** What the kubelet says of its node, and nobody can know once it is silent. */
const KUBELET_TYPES = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'] as const

const SILENT = { reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' } as const
const NEVER_SEEN = { reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' } as const

/** `True`, `False` or `Unknown`; `undefined` while the node has said nothing of it. */
export function readiness({ status }: Node): string | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status
}

/** The signs of a node's life. Times in milliseconds since the epoch. */
export interface LifeSigns {
  /** When this loop first saw the node, or forgave all nodes their silence. */
  readonly sinceMs: number
  readonly renewTime: string | undefined
}

/** When a node counts as unreachable unless it gives another sign of life. */
export function silentAtMs(node: Node, { sinceMs, renewTime }: LifeSigns): number {
  const renewedMs = timeOf(renewTime)
  if (readiness(node) === undefined) {
    const bornMs = timeOf(node.metadata.creationTimestamp ?? undefined)
    return Math.max(bornMs, renewedMs) + STARTUP_GRACE_MS
  }
  const posted = (node.status?.conditions ?? []).map(({ lastHeartbeatTime }) => timeOf(lastHeartbeatTime))
  return Math.max(sinceMs, renewedMs, ...posted) + GRACE_MS
}

function timeOf(text: string | undefined): number {
  return text === undefined ? 0 : Date.parse(text) || 0
}

/** The conditions of a node whose kubelet has fallen silent. The same list when they say so already. */
export function silentConditions(node: Node, now: string): readonly NodeCondition[] {
  const present = node.status?.conditions ?? []
  const own: ReadonlySet<string> = new Set(KUBELET_TYPES)
  const changed = present.map((condition) =>
    own.has(condition.type) && condition.status !== 'Unknown'
      ? { ...condition, ...SILENT, status: 'Unknown', lastTransitionTime: now }
      : condition,
  )
  const lastHeartbeatTime = node.metadata.creationTimestamp ?? now
  const added = KUBELET_TYPES.filter((type) => !present.some((condition) => condition.type === type)).map((type) => {
    return { type, status: 'Unknown', lastHeartbeatTime, lastTransitionTime: now, ...NEVER_SEEN }
  })
  const isSame = added.length === 0 && changed.every((condition, index) => condition === present[index])
  return isSame ? present : [...changed, ...added]
}
