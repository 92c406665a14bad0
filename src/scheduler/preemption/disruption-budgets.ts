import { matcherOfSelector } from '../../api/selectors/label-selector.ts'
import type { PodDisruptionBudget } from '../../api/types.generated.ts'
import type { PodInfo } from '../pod-info.ts'
import type { Objects } from '../objects.ts'

/** Which pods could not go without breaking a budget, if all went in this order; the order within each list is kept. */
export function splitByBudget(
  pods: readonly PodInfo[],
  objects: Objects,
): { readonly violating: readonly PodInfo[]; readonly others: readonly PodInfo[] } {
  const left = new Map<PodDisruptionBudget, number>()
  const violating: PodInfo[] = []
  const others: PodInfo[] = []
  for (const pod of pods) {
    let violates = false
    for (const budget of budgetsOf(pod, objects)) {
      const allowed = (left.get(budget) ?? budget.status?.disruptionsAllowed ?? 0) - 1
      left.set(budget, allowed)
      if (allowed < 0) violates = true
    }
    if (violates) violating.push(pod)
    else others.push(pod)
  }
  return { violating, others }
}

/** Budgets that count this pod. One that is on its way out by the eviction API was counted already. */
function budgetsOf({ shape, pod }: PodInfo, objects: Objects): readonly PodDisruptionBudget[] {
  if (Object.keys(shape.labels).length === 0) return []
  return objects.disruptionBudgets(shape.namespace).filter(({ spec, status }) => {
    const selector = matcherOfSelector(spec.selector)
    if (selector.isEmpty || !selector.matches(shape.labels)) return false
    return status?.disruptedPods?.[pod.metadata.name] === undefined
  })
}
