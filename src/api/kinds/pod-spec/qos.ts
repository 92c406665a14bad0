import { quantityMilli } from '../../quantity-cache.ts'
import type { PodSpec, ResourceRequirements } from '../../types.generated.ts'
import type { ResourceList } from '../validation/resource-lists.ts'
import { unchecked } from '../validation/unchecked.ts'

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort'

/**
 * How well a pod's resources are promised, and so in which order pods give way when a node runs out of memory:
 * pkg/apis/core/helper/qos/qos.go ComputePodQOS. Guaranteed: every container limits cpu and memory, and requests just
 * that. BestEffort: nothing is asked for. Burstable: anything else.
 */
export function qosClassOf(spec: PodSpec): QosClass {
  const { resources, containers = [], initContainers = [] } = unchecked(spec)
  if (resources !== undefined) return classify([resources])
  return classify([...containers, ...initContainers].map((container) => container.resources ?? {}))
}

const COMPUTE: readonly string[] = ['cpu', 'memory']

function classify(parts: readonly ResourceRequirements[]): QosClass {
  const requests = sums(parts.map((part) => part.requests))
  const limits = sums(parts.map((part) => part.limits))
  if (requests.size === 0 && limits.size === 0) return 'BestEffort'
  const limited = parts.every((part) => COMPUTE.every((name) => isPositive(part.limits?.[name])))
  const matched = [...requests].every(([name, sum]) => limits.get(name) === sum)
  return limited && matched && requests.size === limits.size ? 'Guaranteed' : 'Burstable'
}

function sums(lists: readonly (ResourceList | undefined)[]): ReadonlyMap<string, number> {
  const total = new Map<string, number>()
  for (const list of lists) {
    for (const name of COMPUTE) {
      const text = list?.[name]
      if (text !== undefined && isPositive(text)) total.set(name, (total.get(name) ?? 0) + quantityMilli(text))
    }
  }
  return total
}

function isPositive(text: string | undefined): boolean {
  return text !== undefined && quantityMilli(text) > 0
}
