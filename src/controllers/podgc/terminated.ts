import type { Pod } from '../../api/types.generated.ts'

/** How many ended pods a cluster keeps (kube-controller-manager --terminated-pod-gc-threshold). */
export const TERMINATED_MAX = 12_500

/** The ended pods that are too many: those that the kubelet evicted first, then the oldest. */
export function surplusOf(ended: readonly Pod[], max: number): readonly Pod[] {
  if (ended.length <= max) return []
  return ended.toSorted(byEvictionAndAge).slice(0, ended.length - max)
}

function byEvictionAndAge(a: Pod, b: Pod): number {
  return (
    Number(isEvicted(b)) - Number(isEvicted(a)) ||
    compare(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') ||
    compare(a.metadata.name, b.metadata.name)
  )
}

function isEvicted({ status }: Pod): boolean {
  return status?.phase === 'Failed' && status.reason === 'Evicted'
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
