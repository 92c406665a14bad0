import type { Random } from '../../world/random.ts'
import type { PodInfo } from '../pod-info.ts'
import type { Refused } from '../evaluator.ts'
import { fitError } from '../fit-error.ts'
import { priorityOf } from '../nominator.ts'
import type { PreparedPod } from '../prepared-pod.ts'
import { type Refusal, unresolvable } from '../refusal.ts'
import { pickVictims } from './pick-victims.ts'
import { type PreemptionContext, selectVictims, type Victims } from './select-victims.ts'

const NOT_HELPFUL = unresolvable('', 'Preemption is not helpful for scheduling')
/** The plugin for dynamic resources is asked first, and has nothing to offer to a pod without claims (dynamicresources.go). */
const NO_CLAIMS = 'no new claims to deallocate'
export const PREEMPTED_BY_SCHEDULER = 'PreemptionByScheduler'

/** What preemption would do for a pod that no node has room for. */
export interface PreemptionPlan {
  readonly victims?: Victims
  /** Added to the pod's condition and event. */
  readonly message: string
  /** What becomes of the pod's nomination: a node's name, empty to end it; absent, it stays as it is. */
  readonly nominate?: string
}

/** Decides; does nothing. `refused` is what the pod's own attempt came to. */
export function planPreemption(
  pod: PodInfo,
  refused: Refused,
  { context, random }: { context: PreemptionContext; random: Random },
): PreemptionPlan {
  const ineligible = whyIneligible(pod, refused, context)
  if (ineligible !== undefined) return { message: `${NO_CLAIMS}, preemption: ${ineligible}` }
  const { prepared, nodeCount } = refused
  const rows = [...context.cluster.order()].filter((row) => refused.refusals.get(row)?.code === 'Unschedulable')
  const { candidates, refusals } =
    prepared === undefined || rows.length === 0
      ? { candidates: [], refusals: new Map<number, Refusal>() }
      : findCandidates(prepared, rows, { context, random })
  const victims = pickVictims(candidates, context.nowMs)
  if (victims !== undefined) return { victims, message: '', nominate: victims.node }
  const why = fitError({ refusals, others: NOT_HELPFUL, beforehand: undefined, nodeCount })
  return { message: `${NO_CLAIMS}, preemption: ${why}`, nominate: '' }
}

/** A pod preempts once: while its victims are still leaving, it waits for them. */
function whyIneligible(preemptor: PodInfo, { refusals }: Refused, context: PreemptionContext): string | undefined {
  const { pod } = preemptor
  if (pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.'
  const nominated = context.cluster.node(pod.status?.nominatedNodeName ?? '')
  if (nominated === undefined) return undefined
  if (refusals.get(nominated.row)?.code === 'UnschedulableAndUnresolvable') return undefined
  for (const other of nominated.pods.values()) {
    if (priorityOf(other) < priorityOf(preemptor) && isLeavingByPreemption(other)) {
      return 'not eligible due to a terminating pod on the nominated node.'
    }
  }
  return undefined
}

function isLeavingByPreemption({ pod }: PodInfo): boolean {
  if (pod.metadata.deletionTimestamp === undefined) return false
  const condition = pod.status?.conditions?.find(({ type }) => type === 'DisruptionTarget')
  return condition?.status === 'True' && condition.reason === PREEMPTED_BY_SCHEDULER
}

/** Looks at nodes from a random place on until there are enough to choose from. */
function findCandidates(
  prepared: PreparedPod,
  rows: readonly number[],
  { context, random }: { context: PreemptionContext; random: Random },
): { candidates: readonly Victims[]; refusals: Map<number, Refusal> } {
  const wanted = candidatesWanted(rows.length, context)
  const offset = random.below(rows.length)
  const harmless: Victims[] = []
  const violating: Victims[] = []
  const refusals = new Map<number, Refusal>()
  for (let step = 0; step < rows.length; step++) {
    const row = rows[(offset + step) % rows.length] ?? 0
    const found = selectVictims(prepared, row, context)
    if ('code' in found) {
      refusals.set(row, found)
      continue
    }
    if (found.pods.length === 0) {
      refusals.set(row, unresolvable('', `expected at least one victim pod on node "${found.node}"`))
      continue
    }
    if (found.violations === 0) harmless.push(found)
    else violating.push(found)
    if (harmless.length > 0 && harmless.length + violating.length >= wanted) break
  }
  return { candidates: [...harmless, ...violating], refusals }
}

function candidatesWanted(nodes: number, { args: { DefaultPreemption: args } }: PreemptionContext): number {
  const share = Math.trunc((nodes * args.minCandidateNodesPercentage) / 100)
  return Math.min(nodes, Math.max(share, args.minCandidateNodesAbsolute))
}
