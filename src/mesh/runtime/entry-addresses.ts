import { parseIp, printIp } from '../../api/names/ip-address.ts'
import { isWildcard } from '../config/hosts.ts'
import { compareObjects } from '../config/ordered.ts'
import type { GivenAddress, ServiceEntry } from '../config/types/service-entry.ts'
import { isGivenAddresses } from '../registry/mesh-service.ts'

/*
 * Which addresses istiod's controller writes into the status of a ServiceEntry. Rules: istio/istio
 * pilot/pkg/controllers/ipallocate/ipallocate.go.
 */

export interface Surroundings {
  /** The other entries that say or were given an address. */
  othersWith(address: string): Iterable<ServiceEntry>
  /** Addresses for one more host. */
  give(): readonly string[]
}

/** What the status is to say; undefined: what it says. */
export function planAddresses(entry: ServiceEntry, around: Surroundings): readonly GivenAddress[] | undefined {
  const present = entry.status?.addresses ?? []
  if (!isGivenAddresses(entry)) return present.length > 0 ? [] : undefined
  const hosts = hostsWithAddress(entry)
  const known = Map.groupBy(
    present.filter(({ value = '' }) => parseIp(value) !== undefined),
    ({ host = '' }) => host,
  )
  const hasToMove = givenTo(entry).some((address) => losesIt(entry, address, around))
  if (!hasToMove && known.size === hosts.size && [...hosts].every((host) => known.has(host))) return undefined
  return [...hosts].flatMap((host) => {
    const kept = hasToMove ? undefined : known.get(host)
    return kept ?? around.give().map((value) => ({ value, host }))
  })
}

/** Those that it was given, as they are compared. */
export function givenTo({ status }: ServiceEntry): readonly string[] {
  return (status?.addresses ?? []).flatMap(({ value = '' }) => printed(value))
}

/** Those that its author says, ranges aside. */
export function saidBy({ spec }: ServiceEntry): readonly string[] {
  return (spec?.addresses ?? []).flatMap(printed)
}

/** Who says an address has it; of those that were given one the oldest keeps it. */
function losesIt(entry: ServiceEntry, address: string, { othersWith }: Surroundings): boolean {
  for (const other of othersWith(address)) {
    if (saidBy(other).includes(address)) return true
    if (givenTo(other).includes(address) && compareObjects(other, entry) < 0) return true
  }
  return false
}

/** A wildcard has one where the name that is called is resolved when it is called. */
function hostsWithAddress({ spec: { hosts = [], resolution } = {} }: ServiceEntry): ReadonlySet<string> {
  return new Set(hosts.filter((host) => !isWildcard(host) || resolution === 'DYNAMIC_DNS'))
}

function printed(address: string): readonly string[] {
  const parsed = parseIp(address)
  return parsed === undefined ? [] : [printIp(parsed)]
}
