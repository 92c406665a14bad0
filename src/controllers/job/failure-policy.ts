import type { Pod } from '../../api/kinds/core/pod.ts'
import type {
  ContainerStatus,
  PodFailurePolicy,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyRule,
} from '../../api/types.generated.ts'

export interface FailureVerdict {
  /** Whether the failure counts toward the back-off limits. */
  readonly counts: boolean
  /** What the rule that matched says, if any did. */
  readonly action?: string
  /** Why the whole Job fails, if it does. */
  readonly failJob?: string
}

const COUNTS: FailureVerdict = { counts: true }

/** What a Job's pod failure policy makes of a failed pod: the first rule that matches decides. */
export function judgeFailure(policy: PodFailurePolicy | undefined, pod: Pod): FailureVerdict {
  for (const [index, rule] of (policy?.rules ?? []).entries()) {
    const why = match(rule, pod)
    if (why === undefined) continue
    const { action } = rule
    if (action === 'Ignore') return { counts: false, action }
    if (action === 'FailIndex' || action === 'Count') return { counts: true, action }
    if (action === 'FailJob') {
      return { counts: true, action, failJob: `${why} matching ${action} rule at index ${index}` }
    }
  }
  return COUNTS
}

function match({ onExitCodes, onPodConditions }: PodFailurePolicyRule, pod: Pod): string | undefined {
  const { namespace, name } = pod.metadata
  if (onExitCodes !== undefined) {
    const container = failedContainer(onExitCodes, pod)
    if (container === undefined) return undefined
    const exitCode = container.state?.terminated?.exitCode
    return `Container ${container.name} for pod ${namespace}/${name} failed with exit code ${exitCode}`
  }
  for (const condition of pod.status?.conditions ?? []) {
    const pattern = onPodConditions?.find(
      ({ type, status = 'True' }) => type === condition.type && status === condition.status,
    )
    if (pattern !== undefined) return `Pod ${namespace}/${name} has condition ${condition.type}`
  }
  return undefined
}

function failedContainer(
  { containerName, operator, values }: PodFailurePolicyOnExitCodesRequirement,
  { status }: Pod,
): ContainerStatus | undefined {
  const containers = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])]
  return containers.find(({ name, state }) => {
    const exitCode = state?.terminated?.exitCode ?? 0
    if (exitCode === 0 || (containerName !== undefined && containerName !== name)) return false
    return operator === 'In' ? values.includes(exitCode) : operator === 'NotIn' && !values.includes(exitCode)
  })
}
