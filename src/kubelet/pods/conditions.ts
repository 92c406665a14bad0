import type { ContainerStatus, Pod, PodCondition } from '../../api/types.generated.ts'
import { printTime } from '../../world/clock.ts'
import type { Phase } from './phase.ts'

/** The conditions that the kubelet alone writes; all others are left as they are. */
const OWN: ReadonlySet<string> = new Set([
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
  'PodResizePending',
  'PodResizeInProgress',
])

export interface ConditionFacts {
  readonly pod: Pod
  readonly phase: Phase
  readonly hasSandbox: boolean
  readonly init: readonly ContainerStatus[]
  readonly main: readonly ContainerStatus[]
  /** Of a resize under way; absent types are removed. */
  readonly resize: readonly Verdict[]
  /** Why the kubelet ends the pod, if it does. */
  readonly disruption: string | undefined
  readonly nowMs: number
}

export interface Verdict {
  readonly type: string
  readonly status: 'True' | 'False'
  readonly reason?: string
  readonly message?: string
}

/** All conditions of a pod, those of others first. After kubernetes/kubernetes pkg/kubelet/status/generate.go. */
export function conditionsOf(facts: ConditionFacts): readonly PodCondition[] {
  const { pod, nowMs } = facts
  const before = pod.status?.conditions ?? []
  const containers = containersReady(facts)
  const verdicts: readonly Verdict[] = [
    ...disruption(facts),
    ...facts.resize,
    { type: 'PodReadyToStartContainers', status: facts.hasSandbox ? 'True' : 'False' },
    initialized(facts),
    ready(facts, containers),
    { ...containers, type: 'ContainersReady' },
    { type: 'PodScheduled', status: 'True' },
  ]
  const now = printTime(nowMs)
  return [
    ...before.filter(({ type }) => !OWN.has(type) && verdicts.every((verdict) => verdict.type !== type)),
    ...verdicts.map((verdict) => stamped(verdict, { before, now, generation: pod.metadata.generation })),
  ]
}

function stamped(
  verdict: Verdict,
  { before, now, generation }: { before: readonly PodCondition[]; now: string; generation: number | undefined },
): PodCondition {
  const old = before.find(({ type }) => type === verdict.type)
  const keepsTime = old?.status === verdict.status && old.lastTransitionTime !== undefined
  const saysSame = old?.reason === verdict.reason && old?.message === verdict.message
  if (keepsTime && saysSame && old.observedGeneration === generation) return old
  return {
    type: verdict.type,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    status: verdict.status,
    lastTransitionTime: keepsTime ? (old.lastTransitionTime ?? now) : now,
    ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
    ...(verdict.message === undefined ? {} : { message: verdict.message }),
  }
}

function disruption({ disruption: message }: ConditionFacts): readonly Verdict[] {
  return message === undefined
    ? []
    : [{ type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet', message }]
}

function initialized({ pod, phase, init, main }: ConditionFacts): Verdict {
  const type = 'Initialized'
  if (phase === 'Succeeded') return { type, status: 'True', reason: 'PodCompleted' }
  if (main.some(({ state }) => state?.running !== undefined || state?.terminated !== undefined))
    return { type, status: 'True' }
  const incomplete = init.filter((status, index) => {
    const isSidecar = pod.spec.initContainers?.[index]?.restartPolicy === 'Always'
    return isSidecar ? status.started !== true : !status.ready
  })
  if (incomplete.length === 0) return { type, status: 'True' }
  return {
    type,
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: ${printNames(incomplete)}`,
  }
}

function containersReady({ pod, phase, init, main }: ConditionFacts): Omit<Verdict, 'type'> {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' }
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' }
  const sidecars = init.filter((_, index) => pod.spec.initContainers?.[index]?.restartPolicy === 'Always')
  const unready = [...sidecars, ...main].filter((status) => !status.ready)
  if (unready.length === 0) return { status: 'True' }
  return {
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: ${printNames(unready)}`,
  }
}

function ready({ pod }: ConditionFacts, containers: Omit<Verdict, 'type'>): Verdict {
  const type = 'Ready'
  if (containers.status === 'False') return { ...containers, type }
  const messages = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = pod.status?.conditions?.find((one) => one.type === conditionType)
    if (condition === undefined) {
      return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`]
    }
    if (condition.status === 'True') return []
    return [`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`]
  })
  if (messages.length === 0) return { type, status: 'True' }
  return { type, status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') }
}

/** As Go prints a slice of strings. */
function printNames(statuses: readonly ContainerStatus[]): string {
  return `[${statuses.map(({ name }) => name).join(' ')}]`
}
