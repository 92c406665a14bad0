import type { Taint, Toleration } from '../../api/types.generated.ts'

/** How long a pod may stay: not at all, for so long from when the taints were noticed, or for ever. */
export type Patience = 'none' | 'endless' | { readonly ms: number }

/**
 * How long tolerations let a pod stay on a node with these taints. Of several tolerations of one taint the first counts,
 * of several taints the shortest time (k8s.io/kubernetes pkg/controller/tainteviction).
 */
export function patienceOf(taints: readonly Taint[], tolerations: readonly Toleration[]): Patience {
  let shortestMs = Number.POSITIVE_INFINITY
  for (const taint of taints) {
    const used = tolerations.find((toleration) => tolerates(toleration, taint))
    if (used === undefined) return 'none'
    if (used.tolerationSeconds !== undefined) shortestMs = Math.min(shortestMs, used.tolerationSeconds * 1_000)
  }
  if (shortestMs <= 0) return 'none'
  return shortestMs === Number.POSITIVE_INFINITY ? 'endless' : { ms: shortestMs }
}

function tolerates({ key = '', operator = 'Equal', value = '', effect = '' }: Toleration, taint: Taint): boolean {
  if (effect !== '' && effect !== taint.effect) return false
  if (key !== '' && key !== taint.key) return false
  return operator === 'Exists' || (operator === 'Equal' && value === (taint.value ?? ''))
}
