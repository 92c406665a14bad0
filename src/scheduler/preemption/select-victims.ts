import type { PodInfo } from '../pod-info.ts'
import { checkBeside } from '../evaluator.ts'
import { Hypothesis } from '../hypothesis.ts'
import { type Nominator, priorityOf } from '../nominator.ts'
import type { PluginContext } from '../plugin.ts'
import { firstRefusal, type PreparedPod } from '../prepared-pod.ts'
import { type Refusal, unresolvable } from '../refusal.ts'
import { splitByBudget } from './disruption-budgets.ts'
import { byImportance } from './importance.ts'

/** Pods that would have to go, the most important first, and how many of them break a disruption budget. */
export interface Victims {
  readonly node: string
  readonly pods: readonly PodInfo[]
  readonly violations: number
}

const NO_VICTIMS = unresolvable('DefaultPreemption', 'No preemption victims found for incoming pod')

export interface PreemptionContext extends PluginContext {
  readonly nominator: Nominator
  readonly nowMs: number
}

/**
 * The fewest pods of lower priority that must leave a node for a pod to fit: all are taken off, then as many as
 * possible are put back, those first whose going would break a budget, and the more important before the less.
 */
export function selectVictims(prepared: PreparedPod, row: number, context: PreemptionContext): Victims | Refusal {
  const { cluster, objects, nowMs } = context
  const { pod } = prepared
  const node = cluster.nodeAt(row)
  const potential = [...node.pods.values()].filter((other) => priorityOf(other) < priorityOf(pod))
  if (potential.length === 0) return NO_VICTIMS
  const hypothesis = new Hypothesis(cluster, prepared.filters, row)
  for (const other of potential) hypothesis.remove(other)
  const refusal = check(prepared, row, context)
  if (refusal !== undefined) {
    hypothesis.undo()
    return refusal
  }
  const compare = byImportance(nowMs)
  const { violating, others } = splitByBudget(potential.toSorted(compare), objects)
  const victims: PodInfo[] = []
  let violations = 0
  const reprieve = (other: PodInfo): boolean => {
    hypothesis.add(other)
    if (check(prepared, row, context) === undefined) return true
    hypothesis.remove(other)
    victims.push(other)
    return false
  }
  for (const other of violating) if (!reprieve(other)) violations++
  for (const other of others) reprieve(other)
  hypothesis.undo()
  return { node: node.name, pods: violating.length > 0 ? victims.toSorted(compare) : victims, violations }
}

function check(prepared: PreparedPod, row: number, { cluster, nominator }: PreemptionContext): Refusal | undefined {
  const ahead = nominator.aheadOf(prepared.pod, cluster.nodeAt(row).name)
  return ahead.length === 0 ? firstRefusal(prepared.filters, row) : checkBeside(ahead, { prepared, cluster, row })
}
