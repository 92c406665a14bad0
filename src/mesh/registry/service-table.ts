import { compareAge } from '../config/ordered.ts'
import { isWildcard } from '../config/hosts.ts'
import type { MeshService } from './mesh-service.ts'
import { ShardedMap } from './sharded-map.ts'

/** All services, and by what connections find them. Indices name hosts, so a service whose endpoints change is only in one. */
export interface ServiceTable {
  /** Several where several namespaces say the same host, oldest first. */
  readonly byHost: ShardedMap<readonly MeshService[]>
  /** By number of a port: services that share its listener. */
  readonly byPort: ShardedMap<SharedPort>
  /** By `address:port`: services with a listener of their own, at least for some proxies. */
  readonly byAddress: ShardedMap<readonly string[]>
  /** By virtual address. */
  readonly byVirtualAddress: ShardedMap<readonly string[]>
  /** By address of an endpoint. */
  readonly byEndpoint: ShardedMap<readonly string[]>
  /** Hosts that are wildcards. */
  readonly wildcards: readonly string[]
}

export interface SharedPort {
  /** Told apart by host. */
  readonly http: readonly string[]
  /** Told apart by SNI or range of addresses; what looks like HTTP on them, by host. */
  readonly other: readonly string[]
}

const NOBODY: SharedPort = { http: [], other: [] }

export function serviceTable(services: readonly MeshService[]): ServiceTable {
  const byHost = Map.groupBy(services, ({ host }) => host)
  const empty: ServiceTable = {
    byHost: new ShardedMap(),
    byPort: new ShardedMap(),
    byAddress: new ShardedMap(),
    byVirtualAddress: new ShardedMap(),
    byEndpoint: new ShardedMap(),
    wildcards: [],
  }
  return withServices(empty, byHost)
}

/** The table with all services of some hosts replaced by others. */
export function withServices(
  table: ServiceTable,
  changes: Iterable<readonly [host: string, services: readonly MeshService[]]>,
): ServiceTable {
  const hosts: [string, readonly MeshService[] | undefined][] = []
  const edits = { http: new ListEdits(), other: new ListEdits(), address: new ListEdits() }
  const virtual = new ListEdits()
  const endpoints = new ListEdits()
  let { wildcards } = table
  for (const [host, unordered] of changes) {
    const before = table.byHost.get(host) ?? []
    const after = unordered.toSorted(compareAge)
    hosts.push([host, after.length === 0 ? undefined : after])
    const keysBefore = keysOf(before)
    const keysAfter = keysOf(after)
    for (const kind of ['http', 'other', 'address'] as const) edits[kind].note(host, keysBefore[kind], keysAfter[kind])
    virtual.note(host, virtualAddressesOf(before), virtualAddressesOf(after))
    endpoints.note(host, endpointsOf(before), endpointsOf(after))
    if (isWildcard(host) && before.length === 0) wildcards = [...wildcards, host]
    if (isWildcard(host) && after.length === 0) wildcards = wildcards.filter((known) => known !== host)
  }
  const ports = [...new Set([...edits.http.keys(), ...edits.other.keys()])].map((port): [string, SharedPort] => {
    const { http, other } = table.byPort.get(port) ?? NOBODY
    return [port, { http: edits.http.applied(port, http), other: edits.other.applied(port, other) }]
  })
  return {
    byHost: table.byHost.with(hosts),
    byPort: table.byPort.with(ports),
    byAddress: edits.address.appliedTo(table.byAddress),
    byVirtualAddress: virtual.appliedTo(table.byVirtualAddress),
    byEndpoint: endpoints.appliedTo(table.byEndpoint),
    wildcards,
  }
}

/** Which hosts come to lists and which leave them. */
class ListEdits {
  readonly #added = new Map<string, string[]>()
  readonly #removed = new Map<string, Set<string>>()

  note(host: string, before: ReadonlySet<string>, after: ReadonlySet<string>): void {
    for (const key of after) {
      if (before.has(key)) continue
      const known = this.#added.get(key)
      if (known === undefined) this.#added.set(key, [host])
      else known.push(host)
    }
    for (const key of before) {
      if (after.has(key)) continue
      const known = this.#removed.get(key)
      if (known === undefined) this.#removed.set(key, new Set([host]))
      else known.add(host)
    }
  }

  keys(): Iterable<string> {
    return [...this.#added.keys(), ...this.#removed.keys()]
  }

  applied(key: string, list: readonly string[]): readonly string[] {
    const added = this.#added.get(key)
    const removed = this.#removed.get(key)
    const kept = removed === undefined ? list : list.filter((host) => !removed.has(host))
    return added === undefined ? kept : [...kept, ...added]
  }

  appliedTo(lists: ShardedMap<readonly string[]>): ShardedMap<readonly string[]> {
    const keys = new Set(this.keys())
    return lists.with(
      keys.values().map((key): [string, readonly string[] | undefined] => {
        const list = this.applied(key, lists.get(key) ?? [])
        return [key, list.length === 0 ? undefined : list]
      }),
    )
  }
}

interface Keys {
  readonly http: Set<string>
  readonly other: Set<string>
  readonly address: Set<string>
}

function keysOf(services: readonly MeshService[]): Keys {
  const keys: Keys = { http: new Set<string>(), other: new Set<string>(), address: new Set<string>() }
  for (const service of services) {
    if (service.aliasOf !== undefined) continue
    for (const { number, traffic } of service.ports) {
      if (traffic === 'http') keys.http.add(`${number}`)
      else noteAddressed(keys, service, number)
    }
  }
  return keys
}

/** Bytes that are no HTTP tell by address whom they are for. */
function noteAddressed(keys: Keys, service: MeshService, port: number): void {
  const { isHeadless, endpoints, addresses, allocated = [] } = service
  if (isHeadless) {
    for (const { address } of endpoints) keys.address.add(`${address}:${port}`)
    return
  }
  if (addresses.length === 0) keys.other.add(`${port}`)
  for (const address of addresses) {
    if (address.includes('/')) keys.other.add(`${port}`)
    else keys.address.add(`${address}:${port}`)
  }
  // Only some proxies use them; the others tell the service apart as one without an address.
  for (const address of allocated) keys.address.add(`${address}:${port}`)
}

function virtualAddressesOf(services: readonly MeshService[]): ReadonlySet<string> {
  return new Set(services.flatMap(({ addresses, allocated = [] }) => [...addresses, ...allocated]))
}

function endpointsOf(services: readonly MeshService[]): ReadonlySet<string> {
  const addresses = new Set<string>()
  for (const { endpoints } of services) for (const { address } of endpoints) addresses.add(address)
  return addresses
}
