import type { Service } from '../../api/types.generated.ts'
import type { Store } from '../../store/store.ts'

/** What the other Services of the cluster hold. */
export interface Taken {
  readonly addresses: ReadonlySet<string>
  /** Whatever the protocol: a port of the nodes belongs to one Service. */
  readonly nodePorts: ReadonlySet<number>
}

export function takenByOthers(store: Store, uid: string | undefined): Taken {
  const addresses = new Set<string>()
  const nodePorts = new Set<number>()
  for (const { metadata, spec } of store.list('/services').items as readonly unknown[] as readonly Service[]) {
    if (metadata.uid === uid) continue
    for (const address of spec.clusterIPs ?? []) if (address !== 'None') addresses.add(address)
    for (const { nodePort = 0 } of spec.ports ?? []) if (nodePort !== 0) nodePorts.add(nodePort)
    if ((spec.healthCheckNodePort ?? 0) !== 0) nodePorts.add(spec.healthCheckNodePort ?? 0)
  }
  return { addresses, nodePorts }
}
