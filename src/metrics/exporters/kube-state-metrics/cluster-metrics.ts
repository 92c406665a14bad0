import { Namespace } from '../../../api/kinds/core/namespace.ts'
import { Node } from '../../../api/kinds/core/node.ts'
import { HorizontalPodAutoscaler } from '../../../api/kinds/autoscaling/horizontal-pod-autoscaler.ts'
import { PodDisruptionBudget } from '../../../api/kinds/policy/pod-disruption-budget.ts'
import type { MetricSpec, MetricStatus } from '../../../api/types.generated.ts'
import { quantityMilli } from '../../../api/quantity-cache.ts'
import {
  conditionSamples,
  flag,
  gauge,
  infoOf,
  kindMetrics,
  type KindMetrics,
  numberOf,
  resourceSamples,
  type Sample,
  stateOf,
  timeOf,
} from './object-metrics.ts'

const ROLE = 'node-role.kubernetes.io/'

/** kubernetes/kube-state-metrics internal/store/{node,namespace,horizontalpodautoscaler,poddisruptionbudget}.go */
export const clusterMetrics: readonly KindMetrics[] = [
  kindMetrics<Node>({
    kind: Node,
    identity: ({ metadata }) => ({ node: metadata.name }),
    metrics: [
      infoOf('kube_node_info', 'What nodes are.', ({ metadata, spec, status }) => ({
        kernel_version: status?.nodeInfo?.kernelVersion,
        os_image: status?.nodeInfo?.osImage,
        container_runtime_version: status?.nodeInfo?.containerRuntimeVersion,
        kubelet_version: status?.nodeInfo?.kubeletVersion,
        kubeproxy_version: 'deprecated',
        provider_id: spec.providerID,
        pod_cidr: spec.podCIDR,
        system_uuid: status?.nodeInfo?.systemUUID,
        internal_ip: status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? metadata.name,
      })),
      timeOf('kube_node_created', 'When nodes were created.', ({ metadata }) => metadata.creationTimestamp),
      timeOf('kube_node_deletion_timestamp', 'When nodes are to go.', ({ metadata }) => metadata.deletionTimestamp),
      gauge('kube_node_role', 'What nodes are for.', ({ metadata }) =>
        Object.keys(metadata.labels ?? {})
          .filter((label) => label.startsWith(ROLE))
          .map((label): Sample => [{ role: label.slice(ROLE.length) }, 1]),
      ),
      numberOf('kube_node_spec_unschedulable', 'Nodes that take no new pods.', ({ spec }) => flag(spec.unschedulable)),
      gauge('kube_node_spec_taint', 'What keeps pods away.', ({ spec }) =>
        (spec.taints ?? []).map(({ key, value = '', effect }): Sample => [{ key, value, effect }, 1]),
      ),
      gauge('kube_node_status_allocatable', 'What pods may use.', ({ status }) => resourceSamples(status?.allocatable)),
      gauge('kube_node_status_capacity', 'What nodes have.', ({ status }) => resourceSamples(status?.capacity)),
      gauge('kube_node_status_condition', 'How nodes are.', ({ status }) => conditionSamples(status?.conditions)),
    ],
  }),
  kindMetrics<Namespace>({
    kind: Namespace,
    identity: ({ metadata }) => ({ namespace: metadata.name }),
    metrics: [
      timeOf('kube_namespace_created', 'When namespaces were created.', ({ metadata }) => metadata.creationTimestamp),
      stateOf('kube_namespace_status_phase', 'In which phase namespaces are.', {
        label: 'phase',
        states: ['Active', 'Terminating'],
        state: ({ status }) => status?.phase ?? '',
      }),
    ],
  }),
  kindMetrics<HorizontalPodAutoscaler>({
    kind: HorizontalPodAutoscaler,
    identity: ({ metadata: { namespace = '', name } }) => ({ namespace, horizontalpodautoscaler: name }),
    metrics: [
      infoOf('kube_horizontalpodautoscaler_info', 'What is scaled.', ({ spec }) => ({
        scaletargetref_api_version: spec?.scaleTargetRef.apiVersion,
        scaletargetref_kind: spec?.scaleTargetRef.kind,
        scaletargetref_name: spec?.scaleTargetRef.name,
      })),
      timeOf(
        'kube_horizontalpodautoscaler_created',
        'When they were created.',
        ({ metadata }) => metadata.creationTimestamp,
      ),
      numberOf(
        'kube_horizontalpodautoscaler_metadata_generation',
        'Which generation the spec is.',
        ({ metadata }) => metadata.generation,
      ),
      numberOf('kube_horizontalpodautoscaler_spec_max_replicas', 'The most pods.', ({ spec }) => spec?.maxReplicas),
      numberOf('kube_horizontalpodautoscaler_spec_min_replicas', 'The fewest pods.', ({ spec }) => spec?.minReplicas),
      gauge('kube_horizontalpodautoscaler_spec_target_metric', 'What is aimed at.', ({ spec }) =>
        (spec?.metrics ?? []).flatMap((metric) => targetSamples(metric, 'target')),
      ),
      gauge('kube_horizontalpodautoscaler_status_target_metric', 'What is measured.', ({ status }) =>
        (status?.currentMetrics ?? []).flatMap((metric) => targetSamples(metric, 'current')),
      ),
      numberOf(
        'kube_horizontalpodautoscaler_status_current_replicas',
        'How many pods there are.',
        ({ status }) => status?.currentReplicas ?? 0,
      ),
      numberOf(
        'kube_horizontalpodautoscaler_status_desired_replicas',
        'How many pods are wanted.',
        ({ status }) => status?.desiredReplicas ?? 0,
      ),
      gauge('kube_horizontalpodautoscaler_status_condition', 'How scaling goes.', ({ status }) =>
        conditionSamples(status?.conditions),
      ),
    ],
  }),
  kindMetrics<PodDisruptionBudget>({
    kind: PodDisruptionBudget,
    identity: ({ metadata: { namespace = '', name } }) => ({ namespace, poddisruptionbudget: name }),
    metrics: [
      timeOf(
        'kube_poddisruptionbudget_created',
        'When they were created.',
        ({ metadata }) => metadata.creationTimestamp,
      ),
      numberOf(
        'kube_poddisruptionbudget_status_current_healthy',
        'How many pods serve.',
        ({ status }) => status?.currentHealthy,
      ),
      numberOf(
        'kube_poddisruptionbudget_status_desired_healthy',
        'How many must.',
        ({ status }) => status?.desiredHealthy,
      ),
      numberOf(
        'kube_poddisruptionbudget_status_pod_disruptions_allowed',
        'How many may be taken away.',
        ({ status }) => status?.disruptionsAllowed,
      ),
      numberOf(
        'kube_poddisruptionbudget_status_expected_pods',
        'How many are counted.',
        ({ status }) => status?.expectedPods,
      ),
      numberOf(
        'kube_poddisruptionbudget_status_observed_generation',
        'Which generation was seen.',
        ({ status }) => status?.observedGeneration,
      ),
    ],
  }),
]

interface TargetValue {
  readonly value?: string
  readonly averageValue?: string
  readonly averageUtilization?: number
}

const TARGET_TYPES = ['value', 'averageUtilization', 'averageValue'] as const
const TARGET_LABELS = { value: 'value', averageUtilization: 'utilization', averageValue: 'average' } as const

/** One sample for each way in which a metric is given. */
function targetSamples(metric: MetricSpec | MetricStatus, part: 'target' | 'current'): readonly Sample[] {
  const source = metric.pods ?? metric.object ?? metric.external ?? metric.resource ?? metric.containerResource
  if (source === undefined) return []
  const name = 'metric' in source ? source.metric.name : source.name
  const values = (source as { readonly target?: TargetValue; readonly current?: TargetValue })[part] ?? {}
  return TARGET_TYPES.flatMap((type) => {
    const value = values[type]
    if (value === undefined) return []
    const number = typeof value === 'number' ? value : quantityMilli(value) / 1_000
    return [[{ metric_name: name, metric_target_type: TARGET_LABELS[type] }, number] satisfies Sample]
  })
}
