import type { ApiObject } from '../../api/object.ts'
import type { MeshConfig } from '../config/mesh-config.ts'
import type { MeshEndpoint } from './mesh-service.ts'
import type { ServiceTable } from './service-table.ts'
import type { ShardedMap } from './sharded-map.ts'
import type { WorkloadTable } from './workload-table.ts'

/** By kind, then by `namespace/name`. */
export type ObjectsByKind = ReadonlyMap<string, ShardedMap<ApiObject>>

/** An object was created, replaced or (with `after` undefined) deleted. */
export interface Change {
  readonly before?: ApiObject | undefined
  readonly after?: ApiObject | undefined
}

/** A slice, and what it says. */
export interface SliceEndpoints {
  readonly slice: ApiObject
  readonly endpoints: readonly MeshEndpoint[]
}

/** What the registry reads of a snapshot, and makes for the next one. */
export interface Registry {
  readonly mesh: MeshConfig
  readonly objects: ObjectsByKind
  readonly serviceTable: ServiceTable
  /** By `namespace/name` of a Service. */
  readonly slices: ShardedMap<readonly SliceEndpoints[]>
  readonly workloads: WorkloadTable
}
