import type { MeshService } from './mesh-service.ts'
import type { MeshEndpoint } from './mesh-service.ts'
import { ShardedMap } from './sharded-map.ts'
import type { Workload } from './workload.ts'

/** Who is behind addresses. */
export interface WorkloadTable {
  /** By `namespace/name` of a pod, or `namespace/name` of a WorkloadEntry with a colon before it. */
  readonly byKey: ShardedMap<Workload>
  /** Where several share an address, as on a node's own network, any of them. */
  readonly byAddress: ShardedMap<Workload>
  /** By namespace: keys of workloads that a selector may select. */
  readonly byNamespace: ShardedMap<ReadonlySet<string>>
}

export const NO_WORKLOADS: WorkloadTable = {
  byKey: new ShardedMap(),
  byAddress: new ShardedMap(),
  byNamespace: new ShardedMap(),
}

export function withWorkloads(
  table: WorkloadTable,
  changes: readonly (readonly [key: string, workload: Workload | undefined])[],
): WorkloadTable {
  const addresses: [string, Workload | undefined][] = []
  const namespaces = new Map<string, Set<string>>()
  for (const [key, workload] of changes) {
    const before = table.byKey.get(key)
    for (const address of before?.addresses ?? []) {
      if (table.byAddress.get(address) === before) addresses.push([address, undefined])
    }
    for (const address of workload?.addresses ?? []) addresses.push([address, workload])
    const namespace = (workload ?? before)?.namespace
    if (namespace === undefined || (before === undefined) === (workload === undefined)) continue
    const keys = namespaces.get(namespace) ?? new Set(table.byNamespace.get(namespace))
    namespaces.set(namespace, keys)
    if (workload === undefined) keys.delete(key)
    else keys.add(key)
  }
  return {
    byKey: table.byKey.with(changes),
    byAddress: table.byAddress.with(addresses),
    byNamespace: namespaces.size === 0 ? table.byNamespace : table.byNamespace.with(namespaces),
  }
}

export function workloadAt(table: WorkloadTable, { address, pod }: MeshEndpoint): Workload | undefined {
  return (pod === undefined ? undefined : table.byKey.get(pod)) ?? table.byAddress.get(address)
}

/** What a service lists, and what it selects: pods of its namespace, and machines outside of Kubernetes. */
export function endpointsWithSelected(table: WorkloadTable, service: MeshService): readonly MeshEndpoint[] {
  const { selector, namespace, endpoints } = service
  if (selector === undefined) return endpoints
  const wanted = Object.entries(selector)
  const selected: MeshEndpoint[] = []
  for (const key of table.byNamespace.get(namespace) ?? []) {
    const workload = table.byKey.get(key)
    if (workload === undefined || !wanted.every(([name, value]) => workload.labels[name] === value)) continue
    const [address = ''] = workload.addresses
    selected.push({ address, labels: workload.labels, ports: {}, ...(key.startsWith(':') ? {} : { pod: key }) })
  }
  return [...endpoints, ...selected]
}
