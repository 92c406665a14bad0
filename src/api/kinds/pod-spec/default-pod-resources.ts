import { changed } from '../../../base/copy-on-write.ts'
import { printQuantity, type Quantity } from '../../quantity.ts'
import type { PodSpec, ResourceRequirements } from '../../types.generated.ts'
import { canonicalResources } from '../validation/resource-lists.ts'
import { isOvercommitAllowed } from '../validation/resource-names.ts'
import { aggregateContainers, hasPodLevel, isPodLevelResource, isSidecar, type Quantities } from './resources.ts'

/**
 * Fills in the other half of what a pod as a whole asks for, from its containers or from the half that is there:
 * pkg/apis/core/v1/defaults.go defaultHugePagePodLimits, defaultPodRequests, defaultPodLimits, in that order.
 */
export function defaultPodResources(spec: PodSpec): ResourceRequirements | undefined {
  const { resources } = spec
  if (resources === undefined) return undefined
  const canonical = changed(resources, {
    limits: resources.limits && canonicalResources(resources.limits),
    requests: resources.requests && canonicalResources(resources.requests),
  })
  return withLimits(spec, withRequests(spec, withHugePageLimits(spec, canonical)))
}

function withHugePageLimits(spec: PodSpec, resources: ResourceRequirements): ResourceRequirements {
  const { limits = {}, requests = {} } = resources
  if (isEmpty(limits) && isEmpty(requests)) return resources
  const added = pick(
    aggregateContainers(spec, 'limits'),
    (name) => name.startsWith('hugepages-') && requests[name] === undefined && limits[name] === undefined,
  )
  return isEmpty(added) ? resources : { ...resources, limits: { ...limits, ...added } }
}

function withRequests(spec: PodSpec, resources: ResourceRequirements): ResourceRequirements {
  const { limits = {}, requests = {} } = resources
  if (isEmpty(limits)) return resources
  const fromContainers = pick(
    aggregateContainers(spec, 'requests'),
    (name) => requests[name] === undefined && isPodLevelResource(name) && isOvercommitAllowed(name),
  )
  const known = { ...requests, ...fromContainers }
  const fromLimits = Object.entries(limits).filter(([name]) => known[name] === undefined && isPodLevelResource(name))
  if (isEmpty(fromContainers) && fromLimits.length === 0) return resources
  return { ...resources, requests: { ...known, ...Object.fromEntries(fromLimits) } }
}

function withLimits(spec: PodSpec, resources: ResourceRequirements): ResourceRequirements {
  if (hasPodLevel(resources.limits) || !hasPodLevel(resources.requests)) return resources
  const { limits = {} } = resources
  const added = pick(
    aggregateContainers(spec, 'limits'),
    (name) =>
      limits[name] === undefined &&
      isPodLevelResource(name) &&
      isOvercommitAllowed(name) &&
      everyContainerLimits(spec, name),
  )
  return isEmpty(added) ? resources : { ...resources, limits: { ...limits, ...added } }
}

/** Init containers that end do not count: while the pod runs only containers and sidecars use anything. */
function everyContainerLimits({ containers, initContainers = [] }: PodSpec, name: string): boolean {
  return [...containers, ...initContainers.filter(isSidecar)].every(
    ({ resources }) => resources?.limits?.[name] !== undefined,
  )
}

function pick(quantities: Quantities, wanted: (name: string) => boolean): Record<string, string> {
  const picked = [...quantities].filter(([name]) => wanted(name))
  return Object.fromEntries(picked.map(([name, value]: [string, Quantity]) => [name, printQuantity(value)]))
}

function isEmpty(list: object): boolean {
  for (const _ in list) return false
  return true
}
