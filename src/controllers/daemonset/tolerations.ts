import type { PodSpec, Taint, Toleration } from '../../api/types.generated.ts'
import { deepEqual } from '../../base/equal.ts'

/** Daemons stay on nodes in trouble: k8s.io/kubernetes pkg/controller/daemon/util/daemonset_util.go. */
const DAEMON_TOLERATIONS: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
]

const HOST_NETWORK_TOLERATION: Toleration = {
  key: 'node.kubernetes.io/network-unavailable',
  operator: 'Exists',
  effect: 'NoSchedule',
}

/** The tolerations of a template, and those that every daemon has. */
export function daemonTolerations({ tolerations = [], hostNetwork = false }: PodSpec): readonly Toleration[] {
  const added = hostNetwork ? [...DAEMON_TOLERATIONS, HOST_NETWORK_TOLERATION] : DAEMON_TOLERATIONS
  const kept = tolerations.filter((one) => !added.some((other) => isSameButForSeconds(one, other)))
  return [...kept, ...added]
}

/** A toleration that ends after some seconds gives way to the one of the same taint that does not. */
function isSameButForSeconds({ tolerationSeconds: _seconds, ...rest }: Toleration, other: Toleration): boolean {
  return deepEqual(rest, other)
}

/** Whether every taint with one of `effects` is tolerated. */
export function toleratesAll(
  taints: readonly Taint[],
  tolerations: readonly Toleration[],
  effects: readonly string[],
): boolean {
  return taints.every(
    (taint) => !effects.includes(taint.effect) || tolerations.some((toleration) => tolerates(toleration, taint)),
  )
}

function tolerates({ key = '', operator = 'Equal', value = '', effect = '' }: Toleration, taint: Taint): boolean {
  if (effect !== '' && effect !== taint.effect) return false
  if (key !== '' && key !== taint.key) return false
  return operator === 'Exists' || (operator === 'Equal' && key !== '' && value === (taint.value ?? ''))
}
