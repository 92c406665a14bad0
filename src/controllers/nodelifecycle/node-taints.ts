import type { Node, Taint } from '../../api/types.generated.ts'
import { readiness } from './node-health.ts'

const NOT_READY = 'node.kubernetes.io/not-ready'
const UNREACHABLE = 'node.kubernetes.io/unreachable'
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable'

/** Conditions that keep new pods away while they hold, with the taint that does it. */
const PRESSURE_TAINTS: Readonly<Record<string, string>> = {
  MemoryPressure: 'node.kubernetes.io/memory-pressure',
  DiskPressure: 'node.kubernetes.io/disk-pressure',
  PIDPressure: 'node.kubernetes.io/pid-pressure',
  NetworkUnavailable: 'node.kubernetes.io/network-unavailable',
}

/** Taints with effect NoSchedule that this loop sets and takes off; all others belong to somebody else. */
const SCHEDULING_KEYS: ReadonlySet<string> = new Set([
  NOT_READY,
  UNREACHABLE,
  UNSCHEDULABLE,
  ...Object.values(PRESSURE_TAINTS),
])

/** Whether a node that is not ready drives its pods away, or may not yet. */
export type Driving = 'away' | 'not yet' | 'never'

/**
 * The taints that a node's conditions and its `unschedulable` call for. The same list when nothing changes
 * (k8s.io/kubernetes pkg/controller/nodelifecycle/node_lifecycle_controller.go).
 */
export function taintsFor(node: Node, { driving, now }: { driving: Driving; now: string }): readonly Taint[] {
  const present = node.spec?.taints ?? []
  const wanted = [...schedulingTaints(node), ...drivingTaints(node, driving)]
  const kept = present.filter((taint) => !isOwn(taint, node) || wanted.some((one) => isSameTaint(one, taint)))
  const added = wanted.filter((taint) => !present.some((one) => isSameTaint(one, taint)))
  if (added.length === 0 && kept.length === present.length) return present
  return [...kept, ...added.map((taint) => ({ ...taint, timeAdded: now }))]
}

/** Whether a node still needs the taint that drives its pods away. */
export function lacksDrivingTaint(node: Node): boolean {
  const key = drivingKey(node)
  return key !== undefined && !hasTaint(node, key)
}

function schedulingTaints(node: Node): readonly Taint[] {
  const taint = (key: string): Taint => ({ key, effect: 'NoSchedule' })
  const ready = readiness(node)
  const taints: Taint[] = []
  // A node that has said nothing yet keeps the taint that it was born with.
  if (ready === 'False' || (ready === undefined && hasTaint(node, NOT_READY, 'NoSchedule')))
    taints.push(taint(NOT_READY))
  if (ready === 'Unknown') taints.push(taint(UNREACHABLE))
  for (const { type, status } of node.status?.conditions ?? []) {
    const key = PRESSURE_TAINTS[type]
    if (key !== undefined && status === 'True') taints.push(taint(key))
  }
  if (node.spec?.unschedulable === true) taints.push(taint(UNSCHEDULABLE))
  return taints
}

/** The one of the two exclusive taints that suits the node; it follows at once on the other, or when it may. */
function drivingTaints(node: Node, driving: Driving): readonly Taint[] {
  const key = drivingKey(node)
  if (key === undefined || driving === 'never') return []
  const isDriving = hasTaint(node, NOT_READY) || hasTaint(node, UNREACHABLE)
  return isDriving || driving === 'away' ? [{ key, effect: 'NoExecute' }] : []
}

function drivingKey(node: Node): string | undefined {
  const ready = readiness(node)
  if (ready === 'False') return NOT_READY
  return ready === 'Unknown' ? UNREACHABLE : undefined
}

function hasTaint({ spec }: Node, key: string, effect = 'NoExecute'): boolean {
  return spec?.taints?.some((taint) => taint.key === key && taint.effect === effect) === true
}

function isOwn({ key, effect }: Taint, node: Node): boolean {
  if (effect === 'NoSchedule') return SCHEDULING_KEYS.has(key)
  // While nobody knows whether a node is ready, what drives its pods away stays.
  return effect === 'NoExecute' && (key === NOT_READY || key === UNREACHABLE) && readiness(node) !== undefined
}

function isSameTaint(a: Taint, b: Taint): boolean {
  return a.key === b.key && a.effect === b.effect
}

/** Labels that a node must have because it has others. The same object when it has them all. */
export function labelsFor({ metadata }: Node): Readonly<Record<string, string>> | undefined {
  const { labels } = metadata
  if (labels === undefined) return undefined
  const missing: Record<string, string> = {}
  for (const name of ['os', 'arch']) {
    const value = labels[`kubernetes.io/${name}`]
    if (value !== undefined && labels[`beta.kubernetes.io/${name}`] !== value) {
      missing[`beta.kubernetes.io/${name}`] = value
    }
  }
  return Object.keys(missing).length === 0 ? labels : { ...labels, ...missing }
}
