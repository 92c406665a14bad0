import { printQuantity, quantityOf } from '../../api/quantity.ts'

/** kubernetes/kubernetes pkg/kubelet/apis/config/v1beta1/defaults_linux.go: DefaultEvictionHard, `memory.available`. */
export const MEMORY_THRESHOLD_BYTES = 100 * 2 ** 20
/** Pods at or above this priority are never evicted (kubernetes/kubernetes pkg/kubelet/types/pod_update.go). */
const CRITICAL_PRIORITY = 2_000_000_000

/** What a pod takes of a resource that its node is short of. */
export interface Consumer {
  readonly priority: number
  readonly containers: readonly ContainerConsumption[]
}

export interface ContainerConsumption {
  readonly name: string
  readonly usedBytes: number
  readonly requestedBytes: number
}

/**
 * The pod to evict next: of those that use more than they asked for before others, the least important, then the one
 * furthest above its request. After kubernetes/kubernetes pkg/kubelet/eviction/helpers.go: rankMemoryPressure.
 */
export function chooseVictim<T extends Consumer>(pods: readonly T[]): T | undefined {
  const candidates = pods.filter(({ priority }) => priority < CRITICAL_PRIORITY)
  return candidates.toSorted(
    (left, right) =>
      Number(excessOf(right) > 0) - Number(excessOf(left) > 0) ||
      left.priority - right.priority ||
      excessOf(right) - excessOf(left),
  )[0]
}

/** kubernetes/kubernetes pkg/kubelet/eviction/helpers.go: evictionMessage. */
export function evictionMessage({ containers }: Consumer, availableBytes: number): string {
  const threshold = printBytes(MEMORY_THRESHOLD_BYTES)
  const parts = [
    'The node was low on resource: memory. ',
    `Threshold quantity: ${threshold}, available: ${printBytes(Math.max(0, availableBytes))}. `,
  ]
  for (const { name, usedBytes, requestedBytes } of containers) {
    if (usedBytes <= requestedBytes) continue
    const used = printBytes(usedBytes)
    parts.push(
      `Container ${name} was using ${used}, request is ${printBytes(requestedBytes)}, has larger consumption of memory. `,
    )
  }
  return parts.join('')
}

function excessOf({ containers }: Consumer): number {
  return containers.reduce((sum, { usedBytes, requestedBytes }) => sum + usedBytes - requestedBytes, 0)
}

/** In whole Ki, as the kernel counts pages. */
function printBytes(bytes: number): string {
  return printQuantity(quantityOf(Math.floor(bytes / 1_024) * 1_024, 'BinarySI'))
}
