import type { ContainerStatus, PodStatus } from '../../api/types.generated.ts'
import { printTime } from '../../world/clock.ts'
import { conditionsOf, type Verdict } from './conditions.ts'
import { containerStatus } from './container-status.ts'
import { hasInitialized, type PodFacts } from './facts.ts'
import { type Phase, phaseOf } from './phase.ts'
import { qosClassOf } from './qos.ts'

export interface PodStatusOptions {
  readonly runtimeName: string
  readonly nowMs: number
  /** Nothing of the pod runs any more, nor will again. */
  readonly isTerminal: boolean
  readonly resize?: readonly Verdict[]
}

/** What the API shows of a pod. Fields and conditions that others write stay as they are. */
export function podStatus(facts: PodFacts, options: PodStatusOptions): PodStatus {
  const { pod, end } = facts
  const { nowMs, runtimeName, isTerminal } = options
  const isInitializing = (pod.spec.initContainers?.length ?? 0) > 0 && !hasInitialized(facts)
  const context = { runtimeName, isInitializing }
  const groups: Record<'init' | 'main' | 'ephemeral', ContainerStatus[]> = { init: [], main: [], ephemeral: [] }
  for (const container of facts.containers) {
    groups[container.role === 'sidecar' ? 'init' : container.role].push(containerStatus(container, context))
  }
  const { init, main, ephemeral } = groups
  const phase = finalPhase(facts, phaseOf(pod.spec, { init, main }, { isTerminal }))
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
      resize: options.resize ?? [],
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

/** A phase that is final stays; an end that gives a reason is a failure. */
function finalPhase({ pod, end }: PodFacts, computed: Phase): Phase {
  const before = pod.status?.phase
  if (before === 'Failed' || before === 'Succeeded') return before
  return end?.reason === undefined ? computed : 'Failed'
}
