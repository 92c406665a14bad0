import type { MeshEndpoint, MeshService } from './mesh-service.ts'
import { ShardedMap } from './sharded-map.ts'
import type { Workload } from './workload.ts'

/** Who is behind addresses. */
export interface WorkloadTable {
  /** By `namespace/name` of a pod, or `namespace/name` of a WorkloadEntry with a colon before it. */
  readonly byKey: ShardedMap<Workload>
  /** Where several share an address, as on a node's own network, any of them. */
  readonly byAddress: ShardedMap<Workload>
}

export const NO_WORKLOADS: WorkloadTable = {
  byKey: new ShardedMap(),
  byAddress: new ShardedMap(),
}

export function withWorkloads(
  table: WorkloadTable,
  changes: readonly (readonly [key: string, workload: Workload | undefined])[],
): WorkloadTable {
  const addresses: [string, Workload | undefined][] = []
  for (const [key, workload] of changes) {
    const before = table.byKey.get(key)
    for (const address of before?.addresses ?? []) {
      if (table.byAddress.get(address) === before) addresses.push([address, undefined])
    }
    for (const address of workload?.addresses ?? []) addresses.push([address, workload])
  }
  return {
    byKey: table.byKey.with(changes),
    byAddress: table.byAddress.with(addresses),
  }
}

export function workloadAt(table: WorkloadTable, { address, pod }: MeshEndpoint): Workload | undefined {
  return (pod === undefined ? undefined : table.byKey.get(pod)) ?? table.byAddress.get(address)
}

/** Few services select workloads, and only those pay for looking through all of them, once for each change. */
const BY_NAMESPACE = new WeakMap<WorkloadTable, Map<string, readonly [string, Workload][]>>()

function workloadsOf(table: WorkloadTable, namespace: string): readonly (readonly [key: string, workload: Workload])[] {
  let known = BY_NAMESPACE.get(table)
  if (known === undefined) {
    known = Map.groupBy(table.byKey.entries(), ([, workload]) => workload.namespace)
    BY_NAMESPACE.set(table, known)
  }
  return known.get(namespace) ?? []
}

/** What a service lists, and what it selects: pods of its namespace, and machines outside of Kubernetes. */
export function endpointsWithSelected(table: WorkloadTable, service: MeshService): readonly MeshEndpoint[] {
  const { selector, namespace, endpoints } = service
  if (selector === undefined) return endpoints
  const wanted = Object.entries(selector)
  const selected: MeshEndpoint[] = []
  for (const [key, workload] of workloadsOf(table, namespace)) {
    if (!wanted.every(([name, value]) => workload.labels[name] === value)) continue
    const [address = ''] = workload.addresses
    selected.push({ address, labels: workload.labels, ports: {}, ...(key.startsWith(':') ? {} : { pod: key }) })
  }
  return [...endpoints, ...selected]
}
