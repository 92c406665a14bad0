import type { Toleration } from '../../api/types.generated.ts'
import { deepEqual } from '../../base/equal.ts'

/** Both lists without what another of them covers (k8s.io/kubernetes pkg/util/tolerations). */
export function mergeTolerations(first: readonly Toleration[], second: readonly Toleration[]): readonly Toleration[] {
  const all = [...first, ...second]
  const merged: Toleration[] = []
  for (const [index, one] of all.entries()) {
    if (merged.some((other) => covers(other, one))) continue
    // Of equal ones the first stays.
    if (all.slice(index + 1).some((other) => !deepEqual(one, other) && covers(other, one))) continue
    merged.push(one)
  }
  return merged
}

/** Whether all that `inner` tolerates is tolerated by `outer`, for as long. */
function covers(outer: Toleration, inner: Toleration): boolean {
  if (deepEqual(outer, inner)) return true
  const isOfAllKeys = (outer.key ?? '') === '' && outer.operator === 'Exists'
  if ((outer.key ?? '') !== (inner.key ?? '') && !isOfAllKeys) return false
  if ((outer.effect ?? '') !== '' && outer.effect !== inner.effect) return false
  if (outer.effect === 'NoExecute' && outer.tolerationSeconds !== undefined) {
    if ((inner.tolerationSeconds ?? Number.POSITIVE_INFINITY) > outer.tolerationSeconds) return false
  }
  if (outer.operator === 'Exists') return true
  if (outer.operator !== undefined && outer.operator !== 'Equal') return false
  return (inner.operator ?? 'Equal') === 'Equal' && (inner.value ?? '') === (outer.value ?? '')
}
