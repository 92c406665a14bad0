import { Pod } from '../../../api/kinds/core/pod.ts'
import { controllerOf } from '../../../api/object.ts'
import { containerMetrics } from './container-metrics.ts'
import {
  flag,
  gauge,
  infoOf,
  kindMetrics,
  type KindMetrics,
  numberOf,
  only,
  ownerOf,
  type Sample,
  secondsOf,
  stateOf,
  timeOf,
} from './object-metrics.ts'

const REASONS = ['Evicted', 'NodeAffinity', 'NodeLost', 'Shutdown', 'UnexpectedAdmissionError']
const PHASES = ['Pending', 'Succeeded', 'Failed', 'Unknown', 'Running']

/** kubernetes/kube-state-metrics internal/store/pod.go */
export const podMetrics: KindMetrics = kindMetrics<Pod>({
  kind: Pod,
  identity: ({ metadata: { namespace = '', name, uid = '' } }) => ({ namespace, pod: name, uid }),
  metrics: [
    infoOf('kube_pod_info', 'What pods are and where they run.', (pod) => {
      const { metadata, spec, status } = pod
      const creator = controllerOf({ ...pod, metadata })
      return {
        host_ip: status?.hostIP,
        pod_ip: status?.podIP,
        node: spec.nodeName,
        created_by_kind: creator?.kind,
        created_by_name: creator?.name,
        priority_class: spec.priorityClassName,
        host_network: String(spec.hostNetwork === true),
      }
    }),
    timeOf('kube_pod_created', 'When pods were created.', ({ metadata }) => metadata.creationTimestamp),
    timeOf('kube_pod_start_time', 'When their nodes took pods up.', ({ status }) => status?.startTime),
    timeOf('kube_pod_deletion_timestamp', 'When pods are to be gone.', ({ metadata }) => metadata.deletionTimestamp),
    numberOf('kube_pod_completion_time', 'When the last container of a pod ended.', completionTime),
    ownerOf('kube_pod_owner', 'Who owns pods.'),
    infoOf('kube_pod_restart_policy', 'When containers are started again.', ({ spec }) => ({
      type: spec.restartPolicy,
    })),
    infoOf('kube_pod_service_account', 'Whose rights pods have.', ({ spec }) => ({
      service_account: spec.serviceAccountName,
    })),
    gauge('kube_pod_ips', 'Addresses of pods.', ({ status }) =>
      (status?.podIPs ?? []).map(({ ip }): Sample => [{ ip, ip_family: ip.includes(':') ? '6' : '4' }, 1]),
    ),
    stateOf('kube_pod_status_phase', 'In which phase pods are.', {
      label: 'phase',
      states: PHASES,
      // A pod that is going away on a node that nobody hears of.
      state: ({ status, metadata }) =>
        status?.reason === 'NodeLost' && metadata.deletionTimestamp !== undefined ? 'Unknown' : status?.phase,
    }),
    gauge('kube_pod_status_reason', 'Why pods ended as they did.', ({ status }) =>
      REASONS.map((reason): Sample => [{ reason }, flag(status?.reason === reason)]),
    ),
    stateOf('kube_pod_status_qos_class', 'The quality of service that pods have.', {
      label: 'qos_class',
      states: ['BestEffort', 'Burstable', 'Guaranteed'],
      state: ({ status }) => status?.qosClass ?? '',
    }),
    gauge('kube_pod_status_ready', 'Whether pods serve.', (pod) => conditionSamples(pod, 'Ready')),
    gauge('kube_pod_status_scheduled', 'Whether pods have a node.', (pod) => conditionSamples(pod, 'PodScheduled')),
    numberOf('kube_pod_status_unschedulable', 'Pods for which there is no node.', (pod) => {
      const { status, reason } = condition(pod, 'PodScheduled') ?? {}
      return status === 'False' && reason === 'Unschedulable' ? 1 : undefined
    }),
    numberOf('kube_pod_status_scheduled_time', 'Since when pods have a node.', (pod) => since(pod, 'PodScheduled')),
    numberOf('kube_pod_status_initialized_time', 'Since when pods are initialized.', (pod) =>
      since(pod, 'Initialized'),
    ),
    numberOf('kube_pod_status_container_ready_time', 'Since when all containers are ready.', (pod) =>
      since(pod, 'ContainersReady'),
    ),
    numberOf('kube_pod_status_ready_time', 'Since when pods serve.', (pod) => since(pod, 'Ready')),
    gauge('kube_pod_spec_volumes_persistentvolumeclaims_info', 'Claims that pods have mounted.', ({ spec }) =>
      (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim: claim }) =>
        claim === undefined ? [] : only(1, { volume: name, persistentvolumeclaim: claim.claimName }),
      ),
    ),
    ...containerMetrics('kube_pod_container', {
      specs: ({ spec }) => spec.containers,
      statuses: ({ status }) => status?.containerStatuses ?? [],
    }),
    ...containerMetrics('kube_pod_init_container', {
      specs: ({ spec }) => spec.initContainers ?? [],
      statuses: ({ status }) => status?.initContainerStatuses ?? [],
    }),
  ],
})

function condition(
  { status }: Pod,
  type: string,
): NonNullable<NonNullable<Pod['status']>['conditions']>[number] | undefined {
  return status?.conditions?.find((one) => one.type === type)
}

function conditionSamples(pod: Pod, type: string): readonly Sample[] {
  const found = condition(pod, type)
  if (found === undefined) return []
  return ['true', 'false', 'unknown'].map((one): Sample => [
    { condition: one },
    flag(found.status.toLowerCase() === one),
  ])
}

function since(pod: Pod, type: string): number | undefined {
  const found = condition(pod, type)
  return found?.status === 'True' ? secondsOf(found.lastTransitionTime) : undefined
}

function completionTime({ status }: Pod): number | undefined {
  const ends = (status?.containerStatuses ?? []).map(({ state }) => secondsOf(state?.terminated?.finishedAt))
  if (ends.length === 0 || ends.some((end) => end === undefined)) return undefined
  return Math.max(...ends.map((end) => end ?? 0))
}
