import type { DaemonSet } from '../../api/kinds/apps/daemon-set.ts'
import { scaledIntOrPercent } from '../../api/int-or-string.ts'
import type { Node } from '../../api/kinds/core/node.ts'
import type { Pod } from '../../api/kinds/core/pod.ts'
import { isAvailable, isFinished, isReady } from '../pods/pod-state.ts'
import { isUpdated, nodeOf } from './daemon-pod.ts'
import { eligibility } from './eligibility.ts'

export interface DaemonPlan {
  /** Names of nodes that get a pod. */
  readonly create: readonly string[]
  readonly remove: readonly Pod[]
}

export interface Observed {
  readonly nodes: readonly Node[]
  /** By node; see `podsByNode`. */
  readonly pods: PodsByNode
  /** The hash of the present template. */
  readonly hash: string
  readonly nowMs: number
}

export type PodsByNode = ReadonlyMap<string, readonly Pod[]>

const NO_PODS: readonly Pod[] = []

/** The set's pods by the node that they run on or are meant for. Finished ones on their way out are as good as gone. */
export function podsByNode(pods: readonly Pod[]): PodsByNode {
  const byNode = new Map<string, Pod[]>()
  for (const pod of pods) {
    if (isFinished(pod) && pod.metadata.deletionTimestamp !== undefined) continue
    const node = nodeOf(pod)
    if (node === undefined) continue
    const present = byNode.get(node)
    if (present === undefined) byNode.set(node, [pod])
    else present.push(pod)
  }
  return byNode
}

/** One pod on each eligible node, none elsewhere; finished ones are replaced unless `isHeldBack` asks to wait. */
export function planNodes(
  set: DaemonSet,
  { isHeldBack, ...observed }: Observed & { readonly isHeldBack: (pod: Pod, nodeName: string) => boolean },
): DaemonPlan {
  const create: string[] = []
  const remove: Pod[] = []
  const known = new Set<string>()
  for (const node of observed.nodes) {
    const { name } = node.metadata
    known.add(name)
    const present = observed.pods.get(name) ?? NO_PODS
    const { shouldRun, mayStay } = eligibility(set, node)
    if (shouldRun && present.length === 0) create.push(name)
    else if (!mayStay) remove.push(...present.filter(isStaying))
    else {
      const finished = present.filter((pod) => isStaying(pod) && isFinished(pod))
      remove.push(...finished.filter((pod) => !isHeldBack(pod, name)))
      const running = present.filter((pod) => isStaying(pod) && !isFinished(pod)).toSorted(oldestFirst)
      remove.push(...excess(set, running, observed))
    }
  }
  // Pods for a node that went away before the scheduler could bind them.
  for (const [name, pods] of observed.pods) {
    if (!known.has(name)) remove.push(...pods.filter((pod) => (pod.spec.nodeName ?? '') === '' && isStaying(pod)))
  }
  return { create, remove }
}

function isStaying({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp === undefined
}

/** Scheduled before unscheduled, then by age. */
export function oldestFirst(a: Pod, b: Pod): number {
  return (
    Number((a.spec.nodeName ?? '') === '') - Number((b.spec.nodeName ?? '') === '') ||
    compareText(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') ||
    compareText(a.metadata.name, b.metadata.name)
  )
}

/** All but the oldest; in a surge one old pod may stay beside its successor until that is available. */
function excess(set: DaemonSet, running: readonly Pod[], { hash, nowMs }: Observed): readonly Pod[] {
  if (running.length <= 1) return NO_PODS
  if (!surges(set)) return running.slice(1)
  const [newPod, ...newer] = running.filter((pod) => isUpdated(set, pod, hash))
  const [oldPod, ...older] = running.filter((pod) => !isUpdated(set, pod, hash))
  const surplus = [...newer, ...older]
  if (newPod === undefined || oldPod === undefined) return surplus
  const minReadySeconds = set.spec.minReadySeconds ?? 0
  const isReplaced = !isReady(oldPod) || isAvailable(newPod, { minReadySeconds, nowMs })
  return isReplaced ? [...surplus, oldPod] : surplus
}

/** How many nodes may be without an available pod, or have an extra one, while an update goes on. */
function fences(set: DaemonSet, desired: number): { readonly maxSurge: number; readonly maxUnavailable: number } {
  const { maxSurge = 0, maxUnavailable = 1 } = set.spec.updateStrategy?.rollingUpdate ?? {}
  const surge = scaledIntOrPercent(maxSurge, desired, { roundUp: true })
  const unavailable = scaledIntOrPercent(maxUnavailable, desired, { roundUp: true })
  return { maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : unavailable }
}

function surges(set: DaemonSet): boolean {
  return scaledIntOrPercent(set.spec.updateStrategy?.rollingUpdate?.maxSurge ?? 0, 100, { roundUp: true }) > 0
}

/** A node in the middle of an update: its one old and its one new pod, or `undefined` where there are too many. */
interface Site {
  readonly nodeName: string
  readonly oldPod: Pod | undefined
  readonly newPod: Pod | undefined
}

/** The next step of a rolling update. */
export function planUpdate(set: DaemonSet, observed: Observed): DaemonPlan {
  const { nodes, pods, hash, nowMs } = observed
  const wanted = nodes.filter((node) => eligibility(set, node).shouldRun).map(({ metadata }) => metadata.name)
  const names = [...new Set([...wanted, ...pods.keys()])]
  const sites = names.map((nodeName) => siteOf(set, nodeName, { present: pods.get(nodeName) ?? NO_PODS, hash }))
  const { maxSurge, maxUnavailable } = fences(set, wanted.length)
  const minReadySeconds = set.spec.minReadySeconds ?? 0
  const isUp = (pod: Pod): boolean => isAvailable(pod, { minReadySeconds, nowMs })
  return maxSurge === 0 ? replaceInPlace(sites, maxUnavailable, isUp) : surge(sites, maxSurge, isUp)
}

function siteOf(
  set: DaemonSet,
  nodeName: string,
  { present, hash }: { readonly present: readonly Pod[]; readonly hash: string },
): Site | undefined {
  const staying = present.filter(isStaying)
  const [newPod, secondNew] = staying.filter((pod) => isUpdated(set, pod, hash))
  const [oldPod, secondOld] = staying.filter((pod) => !isUpdated(set, pod, hash))
  return secondNew === undefined && secondOld === undefined ? { nodeName, oldPod, newPod } : undefined
}

/** Deletes old pods: all that are not available anyway, and as many others as may be down at once. */
function replaceInPlace(
  sites: readonly (Site | undefined)[],
  maxUnavailable: number,
  isUp: (pod: Pod) => boolean,
): DaemonPlan {
  const down: Pod[] = []
  const candidates: Pod[] = []
  let unavailable = 0
  for (const site of sites) {
    const { oldPod, newPod } = site ?? {}
    if (oldPod !== undefined && newPod === undefined) {
      if (isUp(oldPod)) candidates.push(oldPod)
      else {
        down.push(oldPod)
        unavailable++
      }
    } else if (newPod === undefined || oldPod !== undefined || !isUp(newPod)) unavailable++
  }
  return { create: [], remove: [...down, ...candidates.slice(0, Math.max(0, maxUnavailable - unavailable))] }
}

/** Starts new pods beside old ones, as many as may be extra at once, and deletes old ones whose successor is available. */
function surge(sites: readonly (Site | undefined)[], maxSurge: number, isUp: (pod: Pod) => boolean): DaemonPlan {
  const allowed: string[] = []
  const candidates: string[] = []
  const remove: Pod[] = []
  let extra = 0
  for (const site of sites) {
    if (site === undefined) extra++
    else if (site.oldPod !== undefined && site.newPod === undefined) {
      if (isUp(site.oldPod)) candidates.push(site.nodeName)
      else allowed.push(site.nodeName)
    } else if (site.oldPod !== undefined && site.newPod !== undefined) {
      if (isUp(site.newPod)) remove.push(site.oldPod)
      else extra++
    }
  }
  return { create: [...allowed, ...candidates.slice(0, Math.max(0, maxSurge - extra))], remove }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
