import { quantityMilli, quantityValue } from '../api/quantity-cache.ts'
import type { Container, ContainerStatus, Pod } from '../api/types.generated.ts'

type ResourceList = Readonly<Record<string, string>>

/** What the scheduler takes a container to need when it asks for nothing (pkg/scheduler/util/pod_resources.go). */
export const DEFAULT_MILLI_CPU = 100
export const DEFAULT_MEMORY_BYTES = 200 * 1024 * 1024

/** What a pod asks of a node. CPU in thousandths of a core, the rest in whole units. */
export interface PodResources {
  readonly milliCpu: number
  readonly memory: number
  readonly ephemeralStorage: number
  /** Extended resources, huge pages and other scalars, by name. */
  readonly scalars: ReadonlyMap<string, number>
  /** With the defaults in place of what containers leave out: used for scores only. */
  readonly nonZeroMilliCpu: number
  readonly nonZeroMemory: number
}

/** Amounts by resource name, CPU in thousandths. */
type Amounts = Map<string, number>

interface Defaults {
  readonly milliCpu?: number
  readonly memory?: number
}

/**
 * The pod's effective request: containers run side by side, init containers one after the other, and those that
 * restart (sidecars) stay beside all that come later. After k8s.io/component-helpers resource/helpers.go.
 */
export function podResources(pod: Pod): PodResources {
  const requests = podRequests(pod, {})
  const podLevel = hasPodLevelRequests(pod)
  const defaults: Defaults = {
    ...(podLevel && requests.has('cpu') ? {} : { milliCpu: DEFAULT_MILLI_CPU }),
    ...(podLevel && requests.has('memory') ? {} : { memory: DEFAULT_MEMORY_BYTES }),
  }
  const nonZero = podRequests(pod, defaults)
  const scalars = new Map<string, number>()
  for (const [name, amount] of requests) if (isScalarResource(name)) scalars.set(name, amount)
  return {
    milliCpu: requests.get('cpu') ?? 0,
    memory: requests.get('memory') ?? 0,
    ephemeralStorage: requests.get('ephemeral-storage') ?? 0,
    scalars,
    nonZeroMilliCpu: nonZero.get('cpu') ?? 0,
    nonZeroMemory: nonZero.get('memory') ?? 0,
  }
}

/** Whether a running pod's status says other resources than its spec: it was resized in place. */
export function isResized({ spec, status }: Pod): boolean {
  for (const container of status?.containerStatuses ?? []) {
    const actual = container.resources?.requests
    const allocated = container.allocatedResources
    if (actual === undefined && allocated === undefined) continue
    const wanted = spec.containers.find(({ name }) => name === container.name)?.resources?.requests ?? {}
    if (differs(actual, wanted) || differs(allocated, wanted)) return true
  }
  return false
}

function differs(actual: ResourceList | undefined, wanted: ResourceList): boolean {
  if (actual === undefined || actual === wanted) return false
  for (const name in wanted) if (actual[name] !== wanted[name]) return true
  return false
}

function podRequests(pod: Pod, defaults: Defaults): Amounts {
  const { containers, initContainers = [], overhead, resources } = pod.spec
  const sum: Amounts = new Map()
  const statuses = pod.status?.containerStatuses
  for (const container of containers) add(sum, containerRequests(container, defaults, pod, statuses))
  const sidecars: Amounts = new Map()
  const peak: Amounts = new Map()
  for (const container of initContainers) {
    const requests = containerRequests(container, defaults, pod, pod.status?.initContainerStatuses)
    if (container.restartPolicy === 'Always') {
      add(sum, requests)
      add(sidecars, requests)
      raise(peak, sidecars)
    } else {
      const beside = new Map(sidecars)
      add(beside, requests)
      raise(peak, beside)
    }
  }
  raise(sum, peak)
  for (const [name, amount] of amounts(resources?.requests)) if (isPodLevelResource(name)) sum.set(name, amount)
  add(sum, amounts(overhead))
  return sum
}

/** A container that was resized counts as what it asks for or what it still has, whichever is more. */
function containerRequests(
  container: Container,
  defaults: Defaults,
  pod: Pod,
  statuses: readonly ContainerStatus[] | undefined,
): Amounts {
  let requests = amounts(container.resources?.requests)
  const status = statuses?.find(({ name }) => name === container.name)
  if (status?.resources?.requests !== undefined || status?.allocatedResources !== undefined) {
    const actual: Amounts = amounts(status.resources?.requests)
    raise(actual, amounts(status.allocatedResources))
    if (isResizeInfeasible(pod)) requests = actual
    else raise(requests, actual)
  }
  if (defaults.milliCpu !== undefined && !requests.has('cpu')) requests.set('cpu', defaults.milliCpu)
  if (defaults.memory !== undefined && !requests.has('memory')) requests.set('memory', defaults.memory)
  return requests
}

function isResizeInfeasible({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, reason }) => type === 'PodResizePending' && reason === 'Infeasible') ?? false
}

function amounts(list: ResourceList | undefined): Amounts {
  const found: Amounts = new Map()
  for (const name in list) {
    const text = list[name]
    if (text !== undefined) found.set(name, name === 'cpu' ? quantityMilli(text) : quantityValue(text))
  }
  return found
}

function add(sum: Amounts, more: Amounts): void {
  for (const [name, amount] of more) sum.set(name, (sum.get(name) ?? 0) + amount)
}

function raise(peak: Amounts, other: Amounts): void {
  for (const [name, amount] of other) if (amount > (peak.get(name) ?? 0) || !peak.has(name)) peak.set(name, amount)
}

function hasPodLevelRequests(pod: Pod): boolean {
  return Object.keys(pod.spec.resources?.requests ?? {}).some(isPodLevelResource)
}

function isPodLevelResource(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name.startsWith('hugepages-')
}

/** Everything but what has a counter of its own, and what is no name of a resource (pkg/scheduler/util/utils.go). */
export function isScalarResource(name: string): boolean {
  return (
    isExtendedResource(name) ||
    name.startsWith('hugepages-') ||
    name.startsWith('attachable-volumes-') ||
    name.includes('kubernetes.io/')
  )
}

/** A resource outside Kubernetes' own domain, such as `nvidia.com/gpu`. */
export function isExtendedResource(name: string): boolean {
  return name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.')
}
