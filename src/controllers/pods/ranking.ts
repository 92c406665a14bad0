import type { Pod } from '../../api/kinds/core/pod.ts'
import { conditionOf, isActive } from './pod-state.ts'

/** Says what deleting a pod costs, compared with its siblings; the cheapest go first. */
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost'
const DELETION_COST_MAX = 2 ** 31 - 1

/** The order of a pod's phase: the less it has achieved, the sooner it goes (kubernetes pkg/controller/controller_utils.go). */
const PHASES: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 }

export interface RankingOptions {
  /** Pods of the same application, wherever they come from: nodes that hold many of them give up theirs first. */
  readonly related: Iterable<Pod>
  readonly nowMs: number
}

/** The `count` pods that will be missed least, in the order in which they should go. */
export function chooseForDeletion(pods: readonly Pod[], count: number, options: RankingOptions): readonly Pod[] {
  if (count >= pods.length) return pods
  const perNode = countPerNode(options.related)
  const ranked = pods.map((pod) => rank(pod, perNode, options.nowMs))
  return ranked
    .toSorted(compareRanks)
    .slice(0, count)
    .map(({ pod }) => pod)
}

function countPerNode(pods: Iterable<Pod>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const pod of pods) {
    if (!isActive(pod)) continue
    const node = pod.spec.nodeName ?? ''
    counts.set(node, (counts.get(node) ?? 0) + 1)
  }
  return counts
}

/** What the order of deletion depends on. Ages stand as powers of two, so that nearly equal ages are a matter of chance. */
interface Rank {
  readonly pod: Pod
  readonly isAssigned: boolean
  readonly phase: number
  readonly isReady: boolean
  readonly cost: number
  readonly crowding: number
  /** Seconds since the epoch, and how long ago by order of magnitude. */
  readonly readyAt: string | undefined
  readonly readyAge: number
  readonly restarts: number
  readonly sidecarRestarts: number
  readonly createdAt: string
  readonly createdAge: number
}

function rank(pod: Pod, perNode: ReadonlyMap<string, number>, nowMs: number): Rank {
  const ready = conditionOf(pod, 'Ready')
  const isReady = ready?.status === 'True'
  const readyAt = isReady ? ready.lastTransitionTime : undefined
  const createdAt = pod.metadata.creationTimestamp ?? ''
  return {
    pod,
    isAssigned: (pod.spec.nodeName ?? '') !== '',
    phase: PHASES[pod.status?.phase ?? 'Pending'] ?? 0,
    isReady,
    cost: deletionCost(pod),
    crowding: perNode.get(pod.spec.nodeName ?? '') ?? 0,
    readyAt,
    readyAge: readyAt === undefined ? 0 : magnitude(nowMs - Date.parse(readyAt)),
    ...restartsOf(pod),
    createdAt,
    createdAge: createdAt === '' ? 0 : magnitude(nowMs - Date.parse(createdAt)),
  }
}

function compareRanks(a: Rank, b: Rank): number {
  return (
    Number(a.isAssigned) - Number(b.isAssigned) ||
    a.phase - b.phase ||
    Number(a.isReady) - Number(b.isReady) ||
    a.cost - b.cost ||
    b.crowding - a.crowding ||
    compareReadiness(a, b) ||
    b.restarts - a.restarts ||
    b.sidecarRestarts - a.sidecarRestarts ||
    compareCreation(a, b)
  )
}

/** Ready for less time goes first; times of one magnitude leave it to chance, which the UIDs stand for. */
function compareReadiness(a: Rank, b: Rank): number {
  if (!a.isReady || !b.isReady || a.readyAt === b.readyAt) return 0
  if (a.readyAt === undefined) return -1
  if (b.readyAt === undefined) return 1
  return a.readyAge - b.readyAge || compareUids(a.pod, b.pod)
}

function compareCreation(a: Rank, b: Rank): number {
  if (a.createdAt === b.createdAt) return 0
  return a.createdAge - b.createdAge || compareUids(a.pod, b.pod)
}

function compareUids(a: Pod, b: Pod): number {
  const left = a.metadata.uid ?? ''
  const right = b.metadata.uid ?? ''
  return left < right ? -1 : left > right ? 1 : 0
}

/** The power of two of an age, in nanoseconds as upstream counts. */
function magnitude(ageMs: number): number {
  return ageMs <= 0 ? -1 : Math.floor(Math.log2(ageMs * 1_000_000))
}

function deletionCost({ metadata }: Pod): number {
  const text = metadata.annotations?.[DELETION_COST]
  if (text === undefined || !/^(0|-?[1-9][0-9]*)$/.test(text)) return 0
  const cost = Number(text)
  return Math.abs(cost) > DELETION_COST_MAX ? 0 : cost
}

/** The most restarts of any container, and of any sidecar. */
function restartsOf({ spec, status }: Pod): { restarts: number; sidecarRestarts: number } {
  let restarts = 0
  for (const { restartCount } of status?.containerStatuses ?? []) restarts = Math.max(restarts, restartCount)
  let sidecarRestarts = 0
  for (const { name, restartCount } of status?.initContainerStatuses ?? []) {
    const container = spec.initContainers?.find((one) => one.name === name)
    if (container?.restartPolicy === 'Always') sidecarRestarts = Math.max(sidecarRestarts, restartCount)
  }
  return { restarts, sidecarRestarts }
}
