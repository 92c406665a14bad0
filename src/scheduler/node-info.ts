import type { Node } from '../api/types.generated.ts'
import type { PodInfo } from './pod-info.ts'
import type { HostPort } from './pod-shape.ts'

/** A node and who is on it. Its numbers stand in the node table, in `row`. */
export interface NodeInfo {
  readonly name: string
  readonly row: number
  readonly node: Node
  /** By UID, in the order in which they came. */
  readonly pods: Map<string, PodInfo>
  readonly usedPorts: HostPort[]
}
