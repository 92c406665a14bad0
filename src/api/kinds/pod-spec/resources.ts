import { quantity } from '../../quantity-cache.ts'
import { addQuantities, compareQuantities, milliValueOf, type Quantity, valueOf } from '../../quantity.ts'
import type { Container, Pod, PodSpec } from '../../types.generated.ts'
import type { ResourceList } from '../validation/resource-lists.ts'

export type Quantities = ReadonlyMap<string, Quantity>

/** What a pod takes of its node, in numbers to add up. `others` holds every further resource, in whole units. */
export interface PodResources {
  readonly cpuMilli: number
  readonly memoryBytes: number
  readonly ephemeralStorageBytes: number
  readonly others: ReadonlyMap<string, number>
}

/**
 * What the scheduler sets aside for a pod: its containers together, or its hungriest moment of initialization where that
 * is more, or what the pod itself asks for; plus the overhead of its runtime. The same numbers for the same spec:
 * component-helpers resource/helpers.go PodRequests.
 */
export function podRequests(spec: PodSpec): PodResources {
  return cached(requestsBySpec, spec, () => inNumbers(effective(spec, 'requests')))
}

/** As `podRequests`, for limits. A resource without a limit in any container is absent, or zero. */
export function podLimits(spec: PodSpec): PodResources {
  return cached(limitsBySpec, spec, () => inNumbers(effective(spec, 'limits')))
}

/** The same in exact quantities, for those who print or compare them (quotas, limit ranges). */
export function podRequestQuantities(spec: PodSpec): Quantities {
  return effective(spec, 'requests')
}

export function podLimitQuantities(spec: PodSpec): Quantities {
  return effective(spec, 'limits')
}

/**
 * The containers alone. An init container runs by itself, except for the sidecars (restartPolicy Always) that started
 * before it and stay. So initialization takes the largest of `init + sidecars so far`, and the rest of the pod's life
 * the sum of containers and sidecars; the pod takes the larger of both.
 */
export function aggregateContainers(
  { containers, initContainers = [] }: Pick<PodSpec, 'containers' | 'initContainers'>,
  which: 'requests' | 'limits',
): Quantities {
  const total = new Map<string, Quantity>()
  for (const container of containers) addAll(total, container.resources?.[which])
  const sidecars = new Map<string, Quantity>()
  const initialization = new Map<string, Quantity>()
  for (const container of initContainers) {
    const own = container.resources?.[which]
    if (isSidecar(container)) {
      addAll(total, own)
      addAll(sidecars, own)
      raiseAll(initialization, sidecars)
    } else {
      const together = new Map(sidecars)
      addAll(together, own)
      raiseAll(initialization, together)
    }
  }
  raiseAll(total, initialization)
  return total
}

/** An init container that keeps running beside the containers. */
export function isSidecar(container: Pick<Container, 'restartPolicy'> | undefined): boolean {
  return container?.restartPolicy === 'Always'
}

/** cpu, memory and huge pages can be asked for by the pod as a whole. */
export function isPodLevelResource(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name.startsWith('hugepages-')
}

/** Whether the pod as a whole asks for something that pods as a whole may ask for. */
export function hasPodLevel(list: ResourceList | undefined): boolean {
  for (const name in list) if (isPodLevelResource(name)) return true
  return false
}

/** What a running pod has, by its spec and by what its status says of a resize under way: the larger counts. */
export function podRequestsInPlace(pod: Pod): PodResources {
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])]
  if (
    statuses.every(({ resources, allocatedResources }) => resources === undefined && allocatedResources === undefined)
  )
    return podRequests(pod.spec)
  const infeasible = pod.status?.conditions?.some(
    ({ type, reason }) => type === 'PodResizePending' && reason === 'Infeasible',
  )
  const granted = (container: Container): Container => {
    const status = statuses.find(({ name }) => name === container.name)
    const lists = [
      status?.resources?.requests,
      status?.allocatedResources,
      infeasible === true && status?.allocatedResources !== undefined ? undefined : container.resources?.requests,
    ]
    const requests: Record<string, string> = {}
    for (const list of lists) raiseTexts(requests, list)
    return { ...container, resources: { ...container.resources, requests } }
  }
  const containers = pod.spec.containers.map(granted)
  const initContainers = pod.spec.initContainers?.map((container) =>
    isSidecar(container) ? granted(container) : container,
  )
  return inNumbers(effective({ ...pod.spec, containers, ...(initContainers && { initContainers }) }, 'requests'))
}

/** By reference: pods of one template share their containers, so 10,000 of them are added up once. */
const requestsBySpec = new WeakMap<object, CacheEntry>()
const limitsBySpec = new WeakMap<object, CacheEntry>()

interface CacheEntry {
  readonly initContainers: PodSpec['initContainers']
  readonly overhead: PodSpec['overhead']
  readonly resources: PodSpec['resources']
  readonly result: PodResources
}

function cached(cache: WeakMap<object, CacheEntry>, spec: PodSpec, compute: () => PodResources): PodResources {
  const { containers, initContainers, overhead, resources } = spec
  const entry = cache.get(containers)
  if (
    entry !== undefined &&
    entry.initContainers === initContainers &&
    entry.overhead === overhead &&
    entry.resources === resources
  )
    return entry.result
  const result = compute()
  cache.set(containers, { initContainers, overhead, resources, result })
  return result
}

function effective(spec: PodSpec, which: 'requests' | 'limits'): Quantities {
  const total = new Map(aggregateContainers(spec, which))
  const podLevel = spec.resources?.[which]
  for (const name in podLevel) {
    if (isPodLevelResource(name)) total.set(name, quantity(podLevel[name] as string))
  }
  for (const name in spec.overhead) {
    const sum = total.get(name)
    // Overhead does not limit what is otherwise unlimited.
    if (which === 'limits' && sum === undefined) continue
    const overhead = quantity(spec.overhead[name] as string)
    total.set(name, sum === undefined ? overhead : addQuantities(sum, overhead))
  }
  return total
}

function inNumbers(quantities: Quantities): PodResources {
  let cpuMilli = 0
  let memoryBytes = 0
  let ephemeralStorageBytes = 0
  const others = new Map<string, number>()
  for (const [name, value] of quantities) {
    if (name === 'cpu') cpuMilli = milliValueOf(value)
    else if (name === 'memory') memoryBytes = valueOf(value)
    else if (name === 'ephemeral-storage') ephemeralStorageBytes = valueOf(value)
    else others.set(name, valueOf(value))
  }
  return { cpuMilli, memoryBytes, ephemeralStorageBytes, others }
}

function addAll(sums: Map<string, Quantity>, list: ResourceList | undefined): void {
  for (const name in list) {
    const value = quantity(list[name] as string)
    const sum = sums.get(name)
    sums.set(name, sum === undefined ? value : addQuantities(sum, value))
  }
}

function raiseAll(maxima: Map<string, Quantity>, values: Quantities): void {
  for (const [name, value] of values) {
    const maximum = maxima.get(name)
    if (maximum === undefined || compareQuantities(value, maximum) > 0) maxima.set(name, value)
  }
}

function raiseTexts(maxima: Record<string, string>, list: ResourceList | undefined): void {
  for (const name in list) {
    const text = list[name] as string
    const maximum = maxima[name]
    if (maximum === undefined || compareQuantities(quantity(text), quantity(maximum)) > 0) maxima[name] = text
  }
}
