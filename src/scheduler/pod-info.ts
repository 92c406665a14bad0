import type { Pod } from '../api/types.generated.ts'
import type { PodShape } from './pod-shape.ts'
import type { PodResources } from './resources.ts'

/** A pod as the scheduler sees it. */
export interface PodInfo {
  readonly uid: string
  readonly pod: Pod
  readonly shape: PodShape
  readonly resources: PodResources
  /** Names of the PersistentVolumeClaims that it mounts. */
  readonly claims: readonly string[]
}
