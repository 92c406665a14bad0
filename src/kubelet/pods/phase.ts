import type { Container, ContainerStatus, PodSpec } from '../../api/types.generated.ts'
import { restartsAfter } from './restart.ts'

export type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'

interface Counts {
  pendingInit: number
  pendingSidecars: number
  failedInit: number
  unknown: number
  running: number
  waiting: number
  stopped: number
  stoppedForGood: number
  succeeded: number
}

/** The phase that container states add up to. After kubernetes/kubernetes pkg/kubelet/kubelet_pods.go: getPhase. */
export function phaseOf(
  spec: PodSpec,
  statuses: { readonly init: readonly ContainerStatus[]; readonly main: readonly ContainerStatus[] },
  { isTerminal }: { isTerminal: boolean },
): Phase {
  const counts = newCounts()
  spec.initContainers?.forEach((container, index) => {
    if (container.restartPolicy === 'Always') countSidecar(counts, statuses.init[index])
    else countInit(counts, container, { status: statuses.init[index], podPolicy: spec.restartPolicy })
  })
  spec.containers.forEach((container, index) =>
    countMain(counts, container, { status: statuses.main[index], podPolicy: spec.restartPolicy }),
  )
  if (counts.failedInit > 0) return 'Failed'
  const hasInitialized = statuses.main.some(
    ({ state }) => state?.running !== undefined || state?.terminated !== undefined,
  )
  if (counts.pendingInit > 0 || (counts.pendingSidecars > 0 && !hasInitialized) || counts.waiting > 0) return 'Pending'
  if (counts.unknown > 0) return 'Pending'
  if (counts.running > 0) return 'Running'
  if (counts.stopped === 0) return 'Pending'
  if (!isTerminal && counts.stopped !== counts.stoppedForGood) return 'Running'
  return counts.stopped === counts.succeeded ? 'Succeeded' : 'Failed'
}

interface Counted {
  readonly status: ContainerStatus | undefined
  readonly podPolicy: string | undefined
}

function countInit(counts: Counts, container: Container, { status, podPolicy }: Counted): void {
  const { running, terminated } = status?.state ?? {}
  const last = status?.lastState?.terminated
  const failed = terminated ?? (running === undefined ? last : undefined)
  if (failed === undefined) counts.pendingInit++
  else if (failed.exitCode !== 0 && !restartsAfter(failed.exitCode, { container, role: 'init', podPolicy }))
    counts.failedInit++
  else if (failed.exitCode !== 0) counts.pendingInit++
}

function countSidecar(counts: Counts, status: ContainerStatus | undefined): void {
  const { running, terminated } = status?.state ?? {}
  if (running !== undefined) {
    counts.running++
    if (status?.started !== true) counts.pendingSidecars++
  } else if (terminated === undefined && status?.lastState?.terminated === undefined) {
    counts.pendingSidecars++
    if (status?.state?.waiting === undefined) counts.unknown++
    else counts.waiting++
  }
}

function countMain(counts: Counts, container: Container, { status, podPolicy }: Counted): void {
  const { running, terminated, waiting } = status?.state ?? {}
  if (running !== undefined) counts.running++
  else if (terminated !== undefined) {
    counts.stopped++
    if (terminated.exitCode === 0) counts.succeeded++
    if (!restartsAfter(terminated.exitCode, { container, role: 'main', podPolicy })) counts.stoppedForGood++
  } else if (waiting === undefined) counts.unknown++
  else if (status?.lastState?.terminated === undefined) counts.waiting++
  else counts.stopped++
}

function newCounts(): Counts {
  return {
    pendingInit: 0,
    pendingSidecars: 0,
    failedInit: 0,
    unknown: 0,
    running: 0,
    waiting: 0,
    stopped: 0,
    stoppedForGood: 0,
    succeeded: 0,
  }
}
