import { podRequests } from '../../api/kinds/pod-spec/resources.ts'
import { qosClassOf } from '../../api/kinds/pod-spec/qos.ts'
import { quantityMilli, quantityValue } from '../../api/quantity-cache.ts'
import type { Node, PodSpec, Taint, Toleration } from '../../api/types.generated.ts'
import { fitsNode } from './node-affinity.ts'
import { hostPortsOf, type UsedResources } from './node-resources.ts'

/** Pods at or above this priority run whatever the node's condition (kubernetes/kubernetes pkg/apis/scheduling/types.go). */
const CRITICAL_PRIORITY = 2_000_000_000

export interface Rejection {
  readonly reason: string
  readonly message: string
}

export interface AdmissionFacts {
  readonly node: Node
  /** By the other pods of the node. */
  readonly used: UsedResources
  readonly isMemoryShort: boolean
}

/**
 * Why a node does not take a pod that was bound to it; undefined when it does. After kubernetes/kubernetes
 * pkg/kubelet/lifecycle/predicate.go, and pkg/kubelet/eviction for a node that is short of memory.
 */
export function rejectionOf(spec: PodSpec, facts: AdmissionFacts): Rejection | undefined {
  const { node, used } = facts
  if (facts.isMemoryShort && isTurnedAwayByPressure(spec)) {
    return { reason: 'Evicted', message: 'The node had condition: [MemoryPressure]. ' }
  }
  if (spec.os !== undefined && spec.os.name !== (node.status?.nodeInfo?.operatingSystem ?? 'linux')) {
    return { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" }
  }
  const shortage = shortageOf(spec, node, used)
  if (shortage !== undefined) return shortage
  if (!fitsNode(spec, node)) return failed('NodeAffinity', "node(s) didn't match Pod's node affinity/selector")
  if (hostPortsOf(spec).some((port) => used.hasPort(port))) {
    return failed('NodePorts', "node(s) didn't have free ports for the requested pod ports")
  }
  if (node.spec.taints?.some((taint) => taint.effect === 'NoExecute' && !isTolerated(taint, spec.tolerations))) {
    return failed('TaintToleration', "node(s) had taints that the pod didn't tolerate")
  }
  return undefined
}

/** The first resource that a pod asks for and its node has not enough of. */
export function shortageOf(spec: PodSpec, { status }: Node, used: UsedResources): Rejection | undefined {
  const allocatable = status?.allocatable
  if (allocatable === undefined) return undefined
  const requests = podRequests(spec)
  const rows: readonly (readonly [string, number, number, number])[] = [
    ['pods', 1, used.pods, quantityValue(allocatable['pods'] ?? '0')],
    ['cpu', requests.cpuMilli, used.cpuMilli, quantityMilli(allocatable['cpu'] ?? '0')],
    ['memory', requests.memoryBytes, used.memoryBytes, quantityValue(allocatable['memory'] ?? '0')],
    [
      'ephemeral-storage',
      requests.ephemeralStorageBytes,
      used.ephemeralStorageBytes,
      quantityValue(allocatable['ephemeral-storage'] ?? '0'),
    ],
  ]
  for (const [name, requested, taken, capacity] of rows) {
    if (requested > 0 && requested > capacity - taken) return outOf(name, { requested, used: taken, capacity })
  }
  for (const [name, requested] of requests.others) {
    // A resource that the node does not know is not the node's to give: others see to it.
    const capacity = allocatable[name]
    if (capacity === undefined || requested === 0) continue
    const taken = used.other(name)
    if (requested > quantityValue(capacity) - taken) {
      return outOf(name, { requested, used: taken, capacity: quantityValue(capacity) })
    }
  }
  return undefined
}

/** What a pod wants that its node could not give it even if it were alone (kubernetes/kubernetes pkg/kubelet/allocation). */
export function shortageAlone(spec: PodSpec, { status }: Node): string | undefined {
  const { cpuMilli, memoryBytes } = podRequests(spec)
  const cpu = quantityMilli(status?.allocatable?.['cpu'] ?? '0')
  const memory = quantityValue(status?.allocatable?.['memory'] ?? '0')
  const prefix = "Node didn't have enough capacity:"
  if (memoryBytes > memory) return `${prefix} memory, requested: ${memoryBytes}, capacity: ${memory}`
  if (cpuMilli > cpu) return `${prefix} cpu, requested: ${cpuMilli}, capacity: ${cpu}`
  return undefined
}

function outOf(name: string, amounts: { requested: number; used: number; capacity: number }): Rejection {
  const { requested, used, capacity } = amounts
  const message = `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`
  return { reason: `OutOf${name}`, message }
}

function failed(predicate: string, why: string): Rejection {
  return { reason: predicate, message: `Predicate ${predicate} failed: ${why}` }
}

/** Under memory pressure only pods that asked for nothing stay out, and only those that do not say they can bear it. */
function isTurnedAwayByPressure(spec: PodSpec): boolean {
  if ((spec.priority ?? 0) >= CRITICAL_PRIORITY || qosClassOf(spec) !== 'BestEffort') return false
  const taint: Taint = { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' }
  return !isTolerated(taint, spec.tolerations)
}

function isTolerated(taint: Taint, tolerations: readonly Toleration[] = []): boolean {
  return tolerations.some(({ key, operator, value, effect }) => {
    if (effect !== undefined && effect !== '' && effect !== taint.effect) return false
    if (key !== undefined && key !== '' && key !== taint.key) return false
    return operator === 'Exists' || (value ?? '') === (taint.value ?? '')
  })
}
