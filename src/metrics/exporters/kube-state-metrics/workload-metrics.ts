import { DaemonSet } from '../../../api/kinds/apps/daemon-set.ts'
import { Deployment } from '../../../api/kinds/apps/deployment.ts'
import { ReplicaSet } from '../../../api/kinds/apps/replica-set.ts'
import { StatefulSet } from '../../../api/kinds/apps/stateful-set.ts'
import {
  conditionSamples,
  flag,
  gauge,
  infoOf,
  kindMetrics,
  type KindMetrics,
  numberOf,
  ownerOf,
  timeOf,
} from './object-metrics.ts'

const GENERATION = 'Which generation the spec is.'
const OBSERVED = 'Which generation of the spec the controller has seen.'

/** kubernetes/kube-state-metrics internal/store/{deployment,replicaset,statefulset,daemonset}.go */
export const workloadMetrics: readonly KindMetrics[] = [
  kindMetrics<Deployment>({
    kind: Deployment,
    identity: ({ metadata: { namespace = '', name } }) => ({ namespace, deployment: name }),
    metrics: [
      timeOf('kube_deployment_created', 'When they were created.', ({ metadata }) => metadata.creationTimestamp),
      ownerOf('kube_deployment_owner', 'Who owns them.'),
      numberOf('kube_deployment_metadata_generation', GENERATION, ({ metadata }) => metadata.generation),
      numberOf('kube_deployment_spec_replicas', 'How many pods are wanted.', ({ spec }) => spec?.replicas),
      numberOf('kube_deployment_spec_paused', 'Whether rollouts rest.', ({ spec }) => flag(spec?.paused)),
      numberOf('kube_deployment_spec_strategy_rollingupdate_max_unavailable', 'How many may be missing.', ({ spec }) =>
        scaled(spec?.strategy?.rollingUpdate?.maxUnavailable, spec?.replicas, Math.floor),
      ),
      numberOf('kube_deployment_spec_strategy_rollingupdate_max_surge', 'How many may be too many.', ({ spec }) =>
        scaled(spec?.strategy?.rollingUpdate?.maxSurge, spec?.replicas, Math.ceil),
      ),
      numberOf('kube_deployment_status_replicas', 'How many pods there are.', ({ status }) => status?.replicas ?? 0),
      numberOf('kube_deployment_status_replicas_ready', 'How many serve.', ({ status }) => status?.readyReplicas ?? 0),
      numberOf(
        'kube_deployment_status_replicas_available',
        'How many have served for long enough.',
        ({ status }) => status?.availableReplicas ?? 0,
      ),
      numberOf(
        'kube_deployment_status_replicas_unavailable',
        'How many are missing.',
        ({ status }) => status?.unavailableReplicas ?? 0,
      ),
      numberOf(
        'kube_deployment_status_replicas_updated',
        'How many have the newest template.',
        ({ status }) => status?.updatedReplicas ?? 0,
      ),
      numberOf('kube_deployment_status_observed_generation', OBSERVED, ({ status }) => status?.observedGeneration ?? 0),
      gauge('kube_deployment_status_condition', 'What its controller says.', ({ status }) =>
        conditionSamples(status?.conditions),
      ),
    ],
  }),
  kindMetrics<ReplicaSet>({
    kind: ReplicaSet,
    identity: ({ metadata: { namespace = '', name } }) => ({ namespace, replicaset: name }),
    metrics: [
      timeOf('kube_replicaset_created', 'When they were created.', ({ metadata }) => metadata.creationTimestamp),
      ownerOf('kube_replicaset_owner', 'Who owns them.'),
      numberOf('kube_replicaset_metadata_generation', GENERATION, ({ metadata }) => metadata.generation),
      numberOf('kube_replicaset_spec_replicas', 'How many pods are wanted.', ({ spec }) => spec?.replicas),
      numberOf('kube_replicaset_status_replicas', 'How many pods there are.', ({ status }) => status?.replicas ?? 0),
      numberOf(
        'kube_replicaset_status_fully_labeled_replicas',
        'How many have all labels.',
        ({ status }) => status?.fullyLabeledReplicas ?? 0,
      ),
      numberOf('kube_replicaset_status_ready_replicas', 'How many serve.', ({ status }) => status?.readyReplicas ?? 0),
      numberOf('kube_replicaset_status_observed_generation', OBSERVED, ({ status }) => status?.observedGeneration ?? 0),
    ],
  }),
  kindMetrics<StatefulSet>({
    kind: StatefulSet,
    identity: ({ metadata: { namespace = '', name } }) => ({ namespace, statefulset: name }),
    metrics: [
      timeOf('kube_statefulset_created', 'When they were created.', ({ metadata }) => metadata.creationTimestamp),
      numberOf('kube_statefulset_metadata_generation', GENERATION, ({ metadata }) => metadata.generation),
      numberOf('kube_statefulset_replicas', 'How many pods are wanted.', ({ spec }) => spec?.replicas),
      numberOf('kube_statefulset_status_replicas', 'How many pods there are.', ({ status }) => status?.replicas ?? 0),
      numberOf('kube_statefulset_status_replicas_ready', 'How many serve.', ({ status }) => status?.readyReplicas ?? 0),
      numberOf(
        'kube_statefulset_status_replicas_available',
        'How many have served for long enough.',
        ({ status }) => status?.availableReplicas ?? 0,
      ),
      numberOf(
        'kube_statefulset_status_replicas_current',
        'How many have the revision before.',
        ({ status }) => status?.currentReplicas ?? 0,
      ),
      numberOf(
        'kube_statefulset_status_replicas_updated',
        'How many have the newest revision.',
        ({ status }) => status?.updatedReplicas ?? 0,
      ),
      numberOf(
        'kube_statefulset_status_observed_generation',
        OBSERVED,
        ({ status }) => status?.observedGeneration ?? 0,
      ),
      infoOf('kube_statefulset_status_current_revision', 'The revision before.', ({ status }) => ({
        revision: status?.currentRevision,
      })),
      infoOf('kube_statefulset_status_update_revision', 'The newest revision.', ({ status }) => ({
        revision: status?.updateRevision,
      })),
    ],
  }),
  kindMetrics<DaemonSet>({
    kind: DaemonSet,
    identity: ({ metadata: { namespace = '', name } }) => ({ namespace, daemonset: name }),
    metrics: [
      timeOf('kube_daemonset_created', 'When they were created.', ({ metadata }) => metadata.creationTimestamp),
      numberOf('kube_daemonset_metadata_generation', GENERATION, ({ metadata }) => metadata.generation),
      numberOf(
        'kube_daemonset_status_current_number_scheduled',
        'Nodes with a pod that should have one.',
        ({ status }) => status?.currentNumberScheduled ?? 0,
      ),
      numberOf(
        'kube_daemonset_status_desired_number_scheduled',
        'Nodes that should have a pod.',
        ({ status }) => status?.desiredNumberScheduled ?? 0,
      ),
      numberOf(
        'kube_daemonset_status_number_available',
        'Nodes whose pod has served for long enough.',
        ({ status }) => status?.numberAvailable ?? 0,
      ),
      numberOf(
        'kube_daemonset_status_number_misscheduled',
        'Nodes with a pod that should have none.',
        ({ status }) => status?.numberMisscheduled ?? 0,
      ),
      numberOf(
        'kube_daemonset_status_number_ready',
        'Nodes whose pod serves.',
        ({ status }) => status?.numberReady ?? 0,
      ),
      numberOf(
        'kube_daemonset_status_number_unavailable',
        'Nodes whose pod is missing.',
        ({ status }) => status?.numberUnavailable ?? 0,
      ),
      numberOf(
        'kube_daemonset_status_updated_number_scheduled',
        'Nodes whose pod has the newest template.',
        ({ status }) => status?.updatedNumberScheduled ?? 0,
      ),
      numberOf('kube_daemonset_status_observed_generation', OBSERVED, ({ status }) => status?.observedGeneration ?? 0),
    ],
  }),
]

/** A number, or a share of the wanted pods. */
function scaled(
  value: number | string | undefined,
  replicas = 1,
  round: (share: number) => number,
): number | undefined {
  if (typeof value !== 'string') return value
  return round((Number.parseInt(value, 10) * replicas) / 100)
}
