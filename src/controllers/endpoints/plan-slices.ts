import type { DiscoveryEndpointPort, Endpoint, EndpointSlice } from '../../api/types.generated.ts'
import { deepEqual } from '../../base/equal.ts'
import type { EndpointGroup } from './service-endpoints.ts'

/** k8s.io/kubernetes pkg/controller/endpointslice/config: --max-endpoints-per-slice */
const ENDPOINTS_MAX = 100

export interface SlicePlan {
  /** New slices, still without names. */
  readonly create: readonly EndpointGroup[]
  readonly update: readonly { readonly slice: EndpointSlice; readonly endpoints: readonly Endpoint[] }[]
  readonly remove: readonly EndpointSlice[]
}

/**
 * How the slices of a Service come to list these groups of endpoints with few writes: an endpoint stays in the slice
 * that has it, new ones fill slices that change anyway, and a slice left empty goes, unless it is the only one.
 */
export function planSlices(groups: readonly EndpointGroup[], slices: readonly EndpointSlice[]): SlicePlan {
  const create: EndpointGroup[] = []
  const update: { slice: EndpointSlice; endpoints: readonly Endpoint[] }[] = []
  const remaining = new Set(slices)
  for (const group of groups) {
    const own = slices.filter((slice) => samePorts(slice.ports ?? [], group.ports))
    for (const slice of own) remaining.delete(slice)
    planGroup(group, own, { create, update, remaining })
  }
  return { create, update, remove: [...remaining] }
}

function planGroup(
  { ports, endpoints }: EndpointGroup,
  slices: readonly EndpointSlice[],
  plan: { create: EndpointGroup[]; update: SlicePlan['update'][number][]; remaining: Set<EndpointSlice> },
): void {
  const wanted = new Map(endpoints.map((endpoint) => [identity(endpoint), endpoint]))
  const kept = slices.map((slice) => {
    const list: Endpoint[] = []
    for (const endpoint of slice.endpoints ?? []) {
      const now = wanted.get(identity(endpoint))
      if (now === undefined) continue
      wanted.delete(identity(endpoint))
      list.push(now)
    }
    return { slice, list }
  })
  const added = [...wanted.values()]
  // Slices that change anyway are filled first, the fullest before the others.
  const byNeed = kept.toSorted((a, b) => Number(isSame(a)) - Number(isSame(b)) || b.list.length - a.list.length)
  for (const entry of byNeed) entry.list.push(...added.splice(0, Math.max(0, ENDPOINTS_MAX - entry.list.length)))
  const isAlone = (slice: EndpointSlice): boolean => slices[0] === slice && kept.every(({ list }) => list.length === 0)
  for (const entry of kept) {
    if (entry.list.length === 0 && (added.length > 0 || !isAlone(entry.slice))) plan.remaining.add(entry.slice)
    else if (!isSame(entry)) plan.update.push({ slice: entry.slice, endpoints: entry.list })
  }
  while (added.length > 0) plan.create.push({ ports, endpoints: added.splice(0, ENDPOINTS_MAX) })
  if (slices.length === 0 && endpoints.length === 0) plan.create.push({ ports, endpoints: [] })
}

function isSame({ slice, list }: { slice: EndpointSlice; list: readonly Endpoint[] }): boolean {
  return deepEqual(slice.endpoints ?? [], list)
}

function samePorts(a: readonly DiscoveryEndpointPort[], b: readonly DiscoveryEndpointPort[]): boolean {
  return deepEqual(a, b)
}

function identity({ targetRef, addresses }: Endpoint): string {
  return targetRef?.uid ?? addresses.join(',')
}
