import { ReplicaSetController } from '../replicaset/replica-set-controller.ts'
import { REPLICATION_CONTROLLERS } from '../replicaset/replicated.ts'
import type { WorkloadDeps } from '../workload-deps.ts'

/** ReplicationControllers are kept by the rules of ReplicaSets. */
export function replicationControllers(deps: WorkloadDeps): ReplicaSetController {
  return new ReplicaSetController(deps, REPLICATION_CONTROLLERS)
}
