import type { Pod, PodCondition } from '../../types.generated.ts'

/** What somebody other than the kubelet says of a pod. */
export interface PodVerdict {
  readonly type: string
  readonly status: 'True' | 'False'
  readonly reason?: string
  readonly message?: string
}

/**
 * The pod's conditions with this one in its place, or at the end. The time of transition moves only when the status does
 * (k8s.io/kubernetes pkg/api/v1/pod/util.go UpdatePodCondition). The same list when it says so already.
 */
export function withPodCondition(
  { status, metadata }: Pod,
  { type, status: state, reason, message }: PodVerdict,
  now: string,
): readonly PodCondition[] {
  const present = status?.conditions ?? []
  const before = present.find((one) => one.type === type)
  const { generation } = metadata
  const isSame =
    before?.status === state &&
    (before.reason ?? '') === (reason ?? '') &&
    (before.message ?? '') === (message ?? '') &&
    (before.observedGeneration ?? generation) === generation
  if (isSame) return present
  const condition: PodCondition = {
    type,
    status: state,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    lastTransitionTime: before?.status === state ? (before.lastTransitionTime ?? now) : now,
  }
  return before === undefined ? [...present, condition] : present.map((one) => (one === before ? condition : one))
}
