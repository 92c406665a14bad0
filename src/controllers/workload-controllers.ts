import type { Controller } from '../client/controller.ts'
import type { ClusterOptions } from './cluster-options.ts'
import { CronJobController } from './cronjob/cron-job-controller.ts'
import { DaemonSetController } from './daemonset/daemon-set-controller.ts'
import { DeploymentController } from './deployment/deployment-controller.ts'
import { JobController } from './job/job-controller.ts'
import { JobOrphanController } from './job/orphan-controller.ts'
import { Expectations } from './pods/expectations.ts'
import { ReplicaSetController } from './replicaset/replica-set-controller.ts'
import { replicationControllers } from './replicationcontroller/replication-controller-controller.ts'
import { StatefulSetController } from './statefulset/stateful-set-controller.ts'
import { TtlAfterFinishedController } from './ttl-after-finished/ttl-after-finished-controller.ts'
import type { WorkloadDeps } from './workload-deps.ts'

/** The loops that make pods of what users ask for. */
export function workloadControllers(options: ClusterOptions): readonly Controller[] {
  const deps: WorkloadDeps = { ...options, expectations: new Expectations(options.clock) }
  return [
    new ReplicaSetController(deps),
    replicationControllers(deps),
    new DeploymentController(deps),
    new StatefulSetController(deps),
    new DaemonSetController(deps),
    new JobController(deps),
    new JobOrphanController(deps),
    new TtlAfterFinishedController(deps),
    new CronJobController(deps),
  ]
}
