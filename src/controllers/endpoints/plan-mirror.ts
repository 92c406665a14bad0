import { isIpV4, parseIp, printIp } from '../../api/names/ip-address.ts'
import type {
  DiscoveryEndpointPort,
  Endpoint,
  EndpointAddress,
  Endpoints,
  EndpointSlice,
  EndpointSubset,
} from '../../api/types.generated.ts'
import { deepEqual } from '../../base/equal.ts'
import { repackSubsets } from './plan-endpoints.ts'
import { type AddressType, portsKey } from './service-endpoints.ts'

/** kube-controller-manager --mirroring-max-endpoints-per-subset */
export const MIRRORED_MAX = 1_000

/** What a mirroring slice lists. */
export interface Mirrored {
  readonly addressType: AddressType
  readonly ports: readonly DiscoveryEndpointPort[]
  readonly endpoints: readonly Endpoint[]
}

export interface MirrorPlan {
  readonly create: readonly Mirrored[]
  readonly update: readonly (Mirrored & { readonly slice: EndpointSlice })[]
  readonly remove: readonly EndpointSlice[]
  /** Addresses that are none, and addresses beyond what one slice takes. */
  readonly invalid: number
  readonly skipped: number
}

/**
 * How slices come to mirror Endpoints: one slice a subset and family of addresses (k8s.io/kubernetes
 * pkg/controller/endpointslicemirroring). `isStale` says that a slice's labels or annotations are not the Endpoints'.
 */
export function planMirror(
  { subsets = [] }: Endpoints,
  slices: readonly EndpointSlice[],
  isStale: (slice: EndpointSlice) => boolean,
): MirrorPlan {
  const repacked = repackSubsets(subsets).map(mirrorOf)
  const wanted = repacked.flatMap(({ mirrored }) => mirrored)
  const present = Map.groupBy(slices, ({ addressType, ports }) => keyOf(addressType, ports ?? []))
  const create: Mirrored[] = []
  const update: MirrorPlan['update'][number][] = []
  const remove: EndpointSlice[] = []
  for (const mirrored of wanted) {
    const key = keyOf(mirrored.addressType, mirrored.ports)
    const [first, ...surplus] = present.get(key) ?? []
    present.delete(key)
    remove.push(...surplus)
    if (first === undefined) create.push(mirrored)
    else if (!deepEqual(first.endpoints ?? [], mirrored.endpoints) || isStale(first)) {
      update.push({ ...mirrored, slice: first })
    }
  }
  remove.push(...[...present.values()].flat())
  const sum = (count: (one: (typeof repacked)[number]) => number): number =>
    repacked.reduce((total, one) => total + count(one), 0)
  const counts = { invalid: sum(({ invalid }) => invalid), skipped: sum(({ skipped }) => skipped) }
  return { ...recycled({ create, update, remove }), ...counts }
}

/** A slice that would go is rewritten instead of making another of its family. */
function recycled({ create, update, remove }: Omit<MirrorPlan, 'invalid' | 'skipped'>): typeof plan {
  const plan = { create: [...create], update: [...update], remove: [] as EndpointSlice[] }
  for (const slice of remove) {
    const index = plan.create.findIndex(({ addressType }) => addressType === slice.addressType)
    const [mirrored] = index < 0 ? [] : plan.create.splice(index, 1)
    if (mirrored === undefined) plan.remove.push(slice)
    else plan.update.push({ ...mirrored, slice })
  }
  return plan
}

function mirrorOf({ addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset): {
  mirrored: readonly Mirrored[]
  invalid: number
  skipped: number
} {
  const all = [
    ...addresses.map((address) => endpointOf(address, true)),
    ...notReadyAddresses.map((address) => endpointOf(address, false)),
  ]
  const valid = all.filter((one) => one !== undefined)
  const taken = valid.slice(0, MIRRORED_MAX)
  const slicePorts = ports.map(({ name = '', port, protocol = 'TCP', appProtocol }) => ({
    name,
    port,
    protocol,
    ...(appProtocol === undefined ? {} : { appProtocol }),
  }))
  const mirrored = (['IPv4', 'IPv6'] as const).flatMap((addressType) => {
    const endpoints = taken.filter((one) => one.addressType === addressType).map(({ endpoint }) => endpoint)
    return endpoints.length === 0 ? [] : { addressType, ports: slicePorts, endpoints }
  })
  return { mirrored, invalid: all.length - valid.length, skipped: valid.length - taken.length }
}

function endpointOf(
  { ip, hostname = '', nodeName, targetRef }: EndpointAddress,
  ready: boolean,
): { addressType: AddressType; endpoint: Endpoint } | undefined {
  const parsed = parseIp(ip)
  if (parsed === undefined) return undefined
  const endpoint = {
    addresses: [printIp(parsed)],
    conditions: { ready },
    ...(hostname === '' ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(targetRef === undefined ? {} : { targetRef }),
  }
  return { addressType: isIpV4(parsed) ? 'IPv4' : 'IPv6', endpoint }
}

function keyOf(addressType: string, ports: readonly DiscoveryEndpointPort[]): string {
  return `${addressType} ${portsKey(ports)}`
}
