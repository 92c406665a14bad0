import type { DiscoveryEndpointPort, Endpoint, EndpointSlice } from '../../api/types.generated.ts'
import { deepEqual } from '../../base/equal.ts'
import { type EndpointGroup, portsKey } from './service-endpoints.ts'

/** k8s.io/kubernetes pkg/controller/endpointslice/config: --max-endpoints-per-slice */
const ENDPOINTS_MAX = 100

/** What a slice comes to say. */
export interface SliceContent {
  readonly ports: readonly DiscoveryEndpointPort[]
  readonly endpoints: readonly Endpoint[]
}

export interface SlicePlan {
  /** New slices, still without names. */
  readonly create: readonly SliceContent[]
  readonly update: readonly (SliceContent & { readonly slice: EndpointSlice })[]
  readonly remove: readonly EndpointSlice[]
}

/**
 * How the slices of a Service come to list these groups of endpoints with few writes (k8s.io/endpointslice
 * reconciler.go): an endpoint stays in the slice that has it, new ones fill slices that change anyway, then one slice
 * that has room for all that remain. A slice that would go takes the place of one that would be made. Without endpoints,
 * one empty slice stays. `isStale` says that a slice is to be written whatever it lists.
 */
export function planSlices(
  groups: readonly EndpointGroup[],
  slices: readonly EndpointSlice[],
  isStale: (slice: EndpointSlice) => boolean = () => false,
): SlicePlan {
  const byPorts = Map.groupBy(slices, ({ ports }) => portsKey(ports ?? []))
  const plans = groups.map((group) => planGroup(group, byPorts.get(portsKey(group.ports)) ?? [], isStale))
  const wanted = new Set(groups.map(({ ports }) => portsKey(ports)))
  const obsolete = [...byPorts].flatMap(([key, own]) => (wanted.has(key) ? [] : own))
  const create = plans.flatMap((plan) => plan.create)
  const update = plans.flatMap((plan) => plan.update)
  const remove = [...plans.flatMap((plan) => plan.remove), ...obsolete]
  if (remove.length < slices.length || create.length > 0) return recycled({ create, update, remove })
  const [last] = remove
  const isPlaceholder = remove.length === 1 && (last?.ports ?? []).length === 0 && (last?.endpoints ?? []).length === 0
  if (isPlaceholder && last !== undefined && !isStale(last)) return { create, update, remove: [] }
  return recycled({ create: [{ ports: [], endpoints: [] }], update, remove })
}

function recycled({ create, update, remove }: SlicePlan): SlicePlan {
  const count = Math.min(create.length, remove.length)
  if (count === 0) return { create, update, remove }
  const replaced = create.slice(create.length - count).toReversed()
  const reused = replaced.flatMap((content, index) => {
    const slice = remove[index]
    return slice === undefined ? [] : [{ ...content, slice }]
  })
  return { create: create.slice(0, create.length - count), update: [...update, ...reused], remove: remove.slice(count) }
}

interface Entry {
  readonly slice: EndpointSlice
  readonly list: Endpoint[]
  isChanged: boolean
}

function planGroup(
  { ports, endpoints }: EndpointGroup,
  slices: readonly EndpointSlice[],
  isStale: (slice: EndpointSlice) => boolean,
): SlicePlan {
  const wanted = new Map(endpoints.map((endpoint) => [identity(endpoint), endpoint]))
  const entries = slices.map((slice): Entry => {
    const list = kept(slice, wanted)
    return { slice, list, isChanged: !deepEqual(slice.endpoints ?? [], list) || isStale(slice) }
  })
  const added = [...wanted.values()]
  // A slice that loses all that it has goes; new endpoints fill the others that change, the fullest first.
  const isEmptied = ({ slice, list }: Entry): boolean => list.length === 0 && (slice.endpoints ?? []).length > 0
  const staying = entries.filter((entry) => !isEmptied(entry))
  for (const entry of staying.filter(({ isChanged }) => isChanged).toSorted(fullestFirst)) fill(entry.list, added)
  const create: SliceContent[] = []
  while (added.length > 0) {
    const roomy = added.length < ENDPOINTS_MAX ? roomiest(staying, added.length) : undefined
    const list = roomy?.list ?? []
    if (roomy !== undefined) roomy.isChanged = true
    fill(list, added)
    if (roomy === undefined) create.push({ ports, endpoints: list })
  }
  const update = staying.flatMap(({ slice, list, isChanged }) => (isChanged ? [{ slice, ports, endpoints: list }] : []))
  return { create, update, remove: entries.filter(isEmptied).map(({ slice }) => slice) }
}

/** What a slice lists and is still wanted, as it is now; taken out of `wanted`. */
function kept({ endpoints = [] }: EndpointSlice, wanted: Map<string, Endpoint>): Endpoint[] {
  return endpoints.flatMap((endpoint) => {
    const now = wanted.get(identity(endpoint))
    if (now === undefined) return []
    wanted.delete(identity(endpoint))
    return [now]
  })
}

function fill(list: Endpoint[], added: Endpoint[]): void {
  list.push(...added.splice(0, Math.max(0, ENDPOINTS_MAX - list.length)))
}

function fullestFirst(a: Entry, b: Entry): number {
  return b.list.length - a.list.length
}

/** The unchanged slice that is fullest once it has taken `count` more; none if none has the room. */
function roomiest(entries: readonly Entry[], count: number): Entry | undefined {
  const [closest] = entries
    .filter(({ list, isChanged }) => !isChanged && list.length + count <= ENDPOINTS_MAX)
    .toSorted(fullestFirst)
  return closest
}

function identity({ targetRef, addresses }: Endpoint): string {
  return `${addresses.join(',')} ${targetRef?.name ?? ''}`
}
