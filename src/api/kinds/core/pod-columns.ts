import { printAge } from '../../columns/human-duration.ts'
import type { Column } from '../../kind.ts'
import type { Container, ContainerStatus, Pod, PodSpec } from '../../types.generated.ts'
import { ageColumn, nameColumn, NONE } from '../../columns/common-columns.ts'
import { isPodReady, isTerminal, podCondition } from '../pod-spec/pod-state.ts'
import { isSidecar } from '../pod-spec/resources.ts'

/** pkg/printers/internalversion/printers.go printPod. */
export const POD_COLUMNS: readonly Column<Pod>[] = [
  nameColumn(),
  {
    name: 'Ready',
    type: 'string',
    description: 'The aggregate readiness state of this pod for accepting traffic.',
    cell: (pod) => summaryOf(pod).ready,
  },
  {
    name: 'Status',
    type: 'string',
    description: 'The aggregate status of the containers in this pod.',
    cell: (pod) => summaryOf(pod).status,
  },
  {
    name: 'Restarts',
    type: 'string',
    description:
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
    cell: (pod, nowMs) => printRestarts(summaryOf(pod), nowMs),
  },
  ageColumn(),
  {
    name: 'IP',
    type: 'string',
    priority: 1,
    description:
      'podIP address allocated to the pod. Routable at least within the cluster. Empty if not yet allocated.',
    cell: ({ status }) => status?.podIPs?.[0]?.ip || NONE,
  },
  {
    name: 'Node',
    type: 'string',
    priority: 1,
    description: 'NodeName indicates in which node this pod is scheduled.',
    cell: ({ spec }) => spec.nodeName || NONE,
  },
  {
    name: 'Nominated Node',
    type: 'string',
    priority: 1,
    description:
      'nominatedNodeName is set only when this pod preempts other pods on the node, but it cannot be scheduled right away as preemption victims receive their graceful termination periods.',
    cell: ({ status }) => status?.nominatedNodeName || NONE,
  },
  {
    name: 'Readiness Gates',
    type: 'string',
    priority: 1,
    description:
      'If specified, all readiness gates will be evaluated for pod readiness. A pod is ready when all its containers are ready AND all conditions specified in the readiness gates have status equal to "True"',
    cell: printReadinessGates,
  },
]

/** What the containers' states amount to, in a word: `Running`, `Init:0/1`, `CrashLoopBackOff`, `Terminating`, … */
export function podStatusText(pod: Pod): string {
  return summaryOf(pod).status
}

interface Summary {
  readonly ready: string
  readonly status: string
  readonly restarts: number
  /** When the last of these restarts began, by its end before; 0 for never. */
  readonly lastRestartMs: number
}

/** Three columns ask for the same summary of the same object. */
const summaries = new WeakMap<Pod, Summary>()

function summaryOf(pod: Pod): Summary {
  const known = summaries.get(pod)
  if (known !== undefined) return known
  const summary = summarize(pod)
  summaries.set(pod, summary)
  return summary
}

function summarize(pod: Pod): Summary {
  const { spec, status = {} } = pod
  const init = summarizeInit(pod)
  const total = spec.containers.length + (spec.initContainers ?? []).filter(isSidecar).length
  const isInitialized = init.status === undefined || podCondition(pod, 'Initialized')?.status === 'True'
  const running = isInitialized ? summarizeContainers(pod) : undefined
  const reason = running?.status ?? init.status ?? phaseText(pod)
  const begun = (status.initContainerStatuses ?? []).slice(0, init.seen)
  const counted = isInitialized ? [...sidecarsAmong(begun, spec), ...(status.containerStatuses ?? [])] : begun
  return {
    ready: `${init.readySidecars + (running?.ready ?? 0)}/${total}`,
    status: deletionText(pod) ?? reason,
    restarts: counted.reduce((sum, { restartCount }) => sum + restartCount, 0),
    lastRestartMs: counted.reduce((last, one) => Math.max(last, endedBeforeMs(one)), 0),
  }
}

/** A pod under deletion says so, whatever its containers do; unless its node is lost, and nobody knows. */
function deletionText(pod: Pod): string | undefined {
  if (pod.metadata.deletionTimestamp === undefined) return undefined
  if (pod.status?.reason === 'NodeLost') return 'Unknown'
  return isTerminal(pod) ? undefined : 'Terminating'
}

function phaseText(pod: Pod): string {
  const { phase = '', reason = '' } = pod.status ?? {}
  if (podCondition(pod, 'PodScheduled')?.reason === 'SchedulingGated') return 'SchedulingGated'
  return reason === '' ? phase : reason
}

/** Init containers in turn, up to the first that has not ended well: its state is the pod's. `seen` counts up to it. */
function summarizeInit({ spec, status }: Pod): { status?: string; readySidecars: number; seen: number } {
  const { initContainers = [] } = spec
  let readySidecars = 0
  const statuses = status?.initContainerStatuses ?? []
  for (const [index, one] of statuses.entries()) {
    const ended = one.state?.terminated
    if (ended?.exitCode === 0) continue
    if (one.started === true && isSidecar(containerOf(initContainers, one))) {
      if (one.ready) readySidecars++
      continue
    }
    const waiting = one.state?.waiting?.reason ?? ''
    const text =
      ended !== undefined
        ? endText(ended)
        : waiting !== '' && waiting !== 'PodInitializing'
          ? waiting
          : `${index}/${initContainers.length}`
    return { status: `Init:${text}`, readySidecars, seen: index + 1 }
  }
  return { readySidecars, seen: statuses.length }
}

/** The first container with something to report decides; a pod that partly completed still runs. */
function summarizeContainers(pod: Pod): { status?: string; ready: number } {
  let text: string | undefined
  let ready = 0
  let isRunning = false
  for (const { state, ready: isReady } of (pod.status?.containerStatuses ?? []).toReversed()) {
    const waiting = state?.waiting?.reason ?? ''
    if (waiting !== '') text = waiting
    else if (state?.terminated !== undefined) text = endText(state.terminated)
    else if (isReady && state?.running !== undefined) {
      isRunning = true
      ready++
    }
  }
  if (text === undefined && phaseText(pod) === 'Completed') text = 'Completed'
  if (text === 'Completed' && isRunning) text = isPodReady(pod) ? 'Running' : 'NotReady'
  return text === undefined ? { ready } : { status: text, ready }
}

function endText({
  reason = '',
  signal = 0,
  exitCode,
}: {
  readonly reason?: string
  readonly signal?: number
  readonly exitCode: number
}): string {
  if (reason !== '') return reason
  return signal === 0 ? `ExitCode:${exitCode}` : `Signal:${signal}`
}

function sidecarsAmong(
  statuses: readonly ContainerStatus[],
  { initContainers = [] }: PodSpec,
): readonly ContainerStatus[] {
  return statuses.filter((one) => isSidecar(containerOf(initContainers, one)))
}

function containerOf(containers: readonly Container[], { name }: ContainerStatus): Container | undefined {
  return containers.find((container) => container.name === name)
}

function endedBeforeMs({ lastState }: ContainerStatus): number {
  const time = lastState?.terminated?.finishedAt ?? ''
  return time === '' ? 0 : Date.parse(time)
}

function printRestarts({ restarts, lastRestartMs }: Summary, nowMs: number): string {
  if (restarts === 0 || lastRestartMs === 0) return String(restarts)
  return `${restarts} (${printAge(new Date(lastRestartMs).toISOString(), nowMs)} ago)`
}

function printReadinessGates(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? []
  if (gates.length === 0) return NONE
  const open = gates.filter(({ conditionType }) => podCondition(pod, conditionType)?.status === 'True')
  return `${open.length}/${gates.length}`
}
