import { qosClassOf } from '../../api/kinds/pod-spec/qos.ts'
import type { ContainerStatus, PodStatus } from '../../api/types.generated.ts'
import { printTime } from '../../world/clock.ts'
import { conditionsOf, type Verdict } from './conditions.ts'
import { containerStatus } from './container-status.ts'
import type { PodFacts } from './facts.ts'
import { type Phase, phaseOf } from './phase.ts'

export interface PodStatusOptions {
  readonly runtimeName: string
  readonly nowMs: number
  /** Nothing of the pod runs any more, nor will again. */
  readonly isTerminal: boolean
  readonly resize: readonly Verdict[]
}

/** What the API shows of a pod. Fields and conditions that others write stay as they are. */
export function podStatus(facts: PodFacts, options: PodStatusOptions): PodStatus {
  const { pod, end } = facts
  if (end?.why === 'rejected') return rejectedStatus(facts)
  const { nowMs, isTerminal } = options
  const { init, main, ephemeral } = containerStatuses(facts, options)
  const phase = finalPhase(facts, { computed: phaseOf(pod.spec, { init, main }, { isTerminal }), isTerminal })
  const { reason: _reason, message: _message, ...kept } = pod.status ?? {}
  return {
    ...kept,
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase,
    conditions: conditionsOf({
      pod,
      phase,
      hasSandbox: facts.ip !== undefined && !isTerminal,
      init,
      main,
      resize: options.resize,
      disruption: end?.isDisruption === true ? end.message : undefined,
      nowMs,
    }),
    ...(end?.message === undefined ? {} : { message: end.message }),
    ...(end?.reason === undefined ? {} : { reason: end.reason }),
    hostIP: facts.hostIp,
    hostIPs: [{ ip: facts.hostIp }],
    ...(facts.ip === undefined ? {} : { podIP: facts.ip, podIPs: [{ ip: facts.ip }] }),
    startTime: pod.status?.startTime ?? printTime(facts.startedAtMs),
    ...(init.length === 0 ? {} : { initContainerStatuses: init }),
    containerStatuses: main,
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: ephemeral }),
    qosClass: pod.status?.qosClass ?? qosClassOf(pod.spec),
  }
}

/** A pod that its node would not take has nothing to show but that. */
function rejectedStatus({ pod, end, startedAtMs }: PodFacts): PodStatus {
  return {
    ...pod.status,
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase: 'Failed',
    ...(end?.message === undefined ? {} : { message: end.message }),
    ...(end?.reason === undefined ? {} : { reason: end.reason }),
    startTime: pod.status?.startTime ?? printTime(startedAtMs),
    qosClass: pod.status?.qosClass ?? qosClassOf(pod.spec),
  }
}

type Groups = Record<'init' | 'main' | 'ephemeral', ContainerStatus[]>

function containerStatuses(facts: PodFacts, { runtimeName, isTerminal }: PodStatusOptions): Groups {
  const { hasInitialized } = facts
  const isInitializing = (facts.pod.spec.initContainers?.length ?? 0) > 0 && !hasInitialized
  const context = { runtimeName, isInitializing }
  const groups: Groups = { init: [], main: [], ephemeral: [] }
  for (const container of facts.containers) {
    const status = containerStatus(container, context)
    const isLost = isTerminal && hasInitialized && container.role === 'main' && status.state?.terminated === undefined
    const group = container.role === 'sidecar' ? 'init' : container.role
    groups[group].push(isLost ? { ...status, state: { terminated: LOST } } : status)
  }
  return groups
}

/** kubernetes/kubernetes pkg/kubelet/status/status_manager.go: TerminatePod, of containers that a started pod should have had. */
const LOST = {
  exitCode: 137,
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was terminated',
}

/** A phase that is final stays; an end that gives a reason, or comes before the containers' own, is a failure. */
function finalPhase({ pod, end }: PodFacts, { computed, isTerminal }: { computed: Phase; isTerminal: boolean }): Phase {
  const before = pod.status?.phase
  if (before === 'Failed' || before === 'Succeeded') return before
  if (end?.reason !== undefined) return 'Failed'
  return isTerminal && computed !== 'Succeeded' ? 'Failed' : computed
}
