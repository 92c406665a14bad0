import { isPodReady } from '../../api/kinds/pod-spec/pod-state.ts'
import type { EndpointAddress, EndpointPort, EndpointSubset, Pod, Service } from '../../api/types.generated.ts'
import { addressesOf, addressTypesOf, hostnameIn, isListed, targetPortOn } from './service-endpoints.ts'

/** k8s.io/kubernetes pkg/controller/endpoint: more addresses than this are cut off, and an annotation says so. */
const ADDRESSES_MAX = 1_000

interface Listed {
  readonly address: EndpointAddress
  readonly isReady: boolean
}

/**
 * The subsets of a Service's Endpoints: every address under the ports that it offers, ready or not, ports with the same
 * addresses together (k8s.io/kubernetes pkg/controller/endpoint, pkg/api/v1/endpoints/util.go RepackSubsets).
 */
export function subsetsOf(service: Service, pods: readonly Pod[]): readonly EndpointSubset[] {
  const byPort = new Map<string, { port: EndpointPort | undefined; listed: Listed[] }>()
  const [addressType = 'IPv4'] = addressTypesOf(service)
  const tolerates = service.spec.publishNotReadyAddresses === true
  for (const pod of pods) {
    if (!isListed(pod, { withTerminating: tolerates })) continue
    const [ip] = addressesOf(pod, addressType)
    if (ip === undefined) continue
    const listed = { address: addressOf(service, pod, ip), isReady: tolerates || isPodReady(pod) }
    for (const port of portsOf(service, pod)) {
      const key = JSON.stringify(port ?? null)
      const entry = byPort.get(key)
      if (entry === undefined) byPort.set(key, { port, listed: [listed] })
      else entry.listed.push(listed)
    }
  }
  return repacked([...byPort.values()])
}

/** Puts subsets of any shape into the one that says the same with the fewest subsets. */
export function repackSubsets(subsets: readonly EndpointSubset[]): readonly EndpointSubset[] {
  const byPort = new Map<string, { port: EndpointPort | undefined; listed: Listed[] }>()
  for (const { ports = [], addresses = [], notReadyAddresses = [] } of subsets) {
    const listed = [
      ...addresses.map((address) => ({ address, isReady: true })),
      ...notReadyAddresses.map((address) => ({ address, isReady: false })),
    ]
    for (const port of ports.length === 0 ? [undefined] : ports) {
      const key = JSON.stringify(port ?? null)
      const entry = byPort.get(key)
      if (entry === undefined) byPort.set(key, { port, listed: [...listed] })
      else entry.listed.push(...listed)
    }
  }
  return repacked([...byPort.values()])
}

/** At most a thousand addresses, ready ones first, each subset in proportion; the same list when there are no more. */
export function truncated(subsets: readonly EndpointSubset[]): readonly EndpointSubset[] {
  const ready = subsets.reduce((sum, { addresses = [] }) => sum + addresses.length, 0)
  const notReady = subsets.reduce((sum, { notReadyAddresses = [] }) => sum + notReadyAddresses.length, 0)
  if (ready + notReady <= ADDRESSES_MAX) return subsets
  const cutsReady = ready > ADDRESSES_MAX
  const room = cutsReady ? ADDRESSES_MAX : ADDRESSES_MAX - ready
  const total = cutsReady ? ready : notReady
  let left = room
  return subsets.map(({ addresses = [], notReadyAddresses = [], ...subset }) => {
    const list = cutsReady ? addresses : notReadyAddresses
    const share = list.slice(0, Math.min(left, Math.ceil((list.length / total) * room)))
    left -= share.length
    return subsetOf(subset.ports, cutsReady ? share : addresses, cutsReady ? [] : share)
  })
}

/** A headless Service may have no ports at all. */
function portsOf(service: Service, pod: Pod): readonly (EndpointPort | undefined)[] {
  const { ports = [], clusterIP } = service.spec
  if (ports.length === 0) return clusterIP === 'None' ? [undefined] : []
  return ports.flatMap((port) => {
    const number = targetPortOn(port, pod)
    if (number === undefined) return []
    const { name = '', protocol = 'TCP', appProtocol } = port
    return {
      ...(name === '' ? {} : { name }),
      port: number,
      protocol,
      ...(appProtocol === undefined ? {} : { appProtocol }),
    }
  })
}

function addressOf(service: Service, pod: Pod, ip: string): EndpointAddress {
  const { name, namespace, uid } = pod.metadata
  const { nodeName } = pod.spec
  const hostname = hostnameIn(pod, service)
  return {
    ...(hostname === undefined ? {} : { hostname }),
    ip,
    ...(nodeName === undefined ? {} : { nodeName }),
    targetRef: {
      kind: 'Pod',
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
    },
  }
}

function repacked(entries: readonly Offer[]): readonly EndpointSubset[] {
  const sorted = entries.map(({ port, listed }) => ({ port, listed: distinct(listed) }))
  return together(sorted).flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const ports = group.flatMap(({ port }) => port ?? []).toSorted(byPort)
    const addresses = first.listed.filter(({ isReady }) => isReady).map(({ address }) => address)
    const notReady = first.listed.filter(({ isReady }) => !isReady).map(({ address }) => address)
    return subsetOf(ports, addresses, notReady)
  })
}

type Offer = { readonly port: EndpointPort | undefined; readonly listed: readonly Listed[] }

/** Ports that are offered by the same addresses; most Services have one port, which needs no comparing. */
function together(offers: readonly Offer[]): readonly (readonly Offer[])[] {
  if (offers.length <= 1) return offers.map((offer) => [offer])
  const groups = Map.groupBy(offers, ({ listed }) =>
    listed.map(({ address, isReady }) => `${identity(address)} ${isReady}`).join(','),
  )
  return [...groups.values()]
}

/** Each address once, sorted; one that is listed as ready and as not ready is not. */
function distinct(listed: readonly Listed[]): readonly Listed[] {
  const byIdentity = new Map<string, Listed>()
  for (const one of listed) {
    const key = identity(one.address)
    const present = byIdentity.get(key)
    if (present === undefined || !one.isReady) byIdentity.set(key, one)
  }
  return [...byIdentity].toSorted(([a], [b]) => compare(a, b)).map(([, one]) => one)
}

function subsetOf(
  ports: readonly EndpointPort[] | undefined,
  addresses: readonly EndpointAddress[],
  notReadyAddresses: readonly EndpointAddress[],
): EndpointSubset {
  return {
    ...(addresses.length === 0 ? {} : { addresses }),
    ...(notReadyAddresses.length === 0 ? {} : { notReadyAddresses }),
    ...(ports === undefined || ports.length === 0 ? {} : { ports }),
  }
}

function identity({ ip, targetRef }: EndpointAddress): string {
  return `${ip} ${targetRef?.uid ?? ''}`
}

function byPort(a: EndpointPort, b: EndpointPort): number {
  return compare(a.name ?? '', b.name ?? '') || a.port - b.port || compare(a.protocol ?? '', b.protocol ?? '')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
