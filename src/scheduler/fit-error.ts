import type { Refused } from './evaluator.ts'
import type { Refusal } from './refusal.ts'

/** `0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu.` and what preemption had to say. */
export function fitError(
  { refusals, others, beforehand, nodeCount }: Pick<Refused, 'refusals' | 'others' | 'beforehand' | 'nodeCount'>,
  postFilterMessage = '',
): string {
  const reasons = beforehand === undefined ? histogram(refusals, others, nodeCount) : beforehand.reasons
  const list = reasons.length === 0 ? '' : ` ${reasons.join(', ')}.`
  return `0/${nodeCount} nodes are available:${list}${postFilterMessage === '' ? '' : ` ${postFilterMessage}`}`
}

/** Sorted as texts, as upstream: `10 …` comes before `2 …`. */
function histogram(
  refusals: ReadonlyMap<number, Refusal>,
  others: Refusal | undefined,
  nodeCount: number,
): readonly string[] {
  const nodes = new Map<Refusal, number>()
  for (const refusal of refusals.values()) nodes.set(refusal, (nodes.get(refusal) ?? 0) + 1)
  const rest = nodeCount - refusals.size
  if (others !== undefined && rest > 0) nodes.set(others, rest)
  const counts = new Map<string, number>()
  for (const [refusal, count] of nodes) {
    for (const reason of refusal.reasons) counts.set(reason, (counts.get(reason) ?? 0) + count)
  }
  return [...counts].map(([reason, count]) => `${count} ${reason}`).sort(byCodeUnits)
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
