import type { ContainerStateTerminated, ContainerStatus, Pod } from '../../api/types.generated.ts'
import type { ContainerFacts, ExitFacts, PodFacts, RunFacts } from './facts.ts'

/**
 * Takes up a pod that ran before this process began: its facts become what its status last said. True when any of its
 * containers had been started. Back-off is not part of a status, and begins anew as after a restart of a kubelet.
 */
export function adoptStatus(facts: PodFacts, { status }: Pod): boolean {
  if (status?.startTime === undefined) return false
  facts.startedAtMs = Date.parse(status.startTime)
  const statuses = [
    ...(status.initContainerStatuses ?? []),
    ...(status.containerStatuses ?? []),
    ...(status.ephemeralContainerStatuses ?? []),
  ]
  let hasRun = false
  for (const container of facts.containers) {
    const found = statuses.find(({ name }) => name === container.spec.name)
    if (found?.containerID === undefined) continue
    adoptContainer(container, found)
    hasRun = true
  }
  if (!hasRun) return false
  facts.isPrepared = true
  facts.hasInitialized = facts.containers.some(({ role, run }) => role === 'main' && run !== undefined)
  facts.ip = status.podIP
  return true
}

function adoptContainer(container: ContainerFacts, status: ContainerStatus): void {
  const { state, lastState } = status
  const last = lastState?.terminated === undefined ? undefined : exitOf(lastState.terminated)
  container.restartCount = status.restartCount
  const isWaiting = state?.waiting !== undefined
  // A container that waits for its next start has its newest end in `lastState`.
  const ended = state?.terminated === undefined ? (isWaiting ? last : undefined) : exitOf(state.terminated)
  container.lastExit = isWaiting ? undefined : last
  container.waiting =
    state?.waiting?.reason === undefined ? undefined : { ...state.waiting, reason: state.waiting.reason }
  const startedAtMs = ended?.startedAtMs ?? Date.parse(state?.running?.startedAt ?? '')
  container.run = { ...runOf(container, status), startedAtMs, ...(ended === undefined ? {} : { exit: ended }) }
  container.stage = ended === undefined ? 'running' : 'exited'
  container.isStarted = status.started ?? false
  container.isReady = status.ready
}

function runOf({ spec }: ContainerFacts, status: ContainerStatus): Omit<RunFacts, 'startedAtMs'> {
  return {
    id: idOf(status.containerID),
    image: { name: status.image, id: status.imageID, sizeBytes: 0 },
    specImage: spec.image ?? '',
    resources: status.resources,
  }
}

function exitOf(state: ContainerStateTerminated): ExitFacts {
  return {
    id: idOf(state.containerID),
    code: state.exitCode,
    ...(state.signal === undefined ? {} : { signal: state.signal }),
    reason: state.reason ?? '',
    message: state.message ?? '',
    startedAtMs: Date.parse(state.startedAt ?? ''),
    finishedAtMs: Date.parse(state.finishedAt ?? ''),
  }
}

function idOf(containerId: string | undefined): string {
  return containerId?.slice(containerId.indexOf('://') + 3) ?? ''
}
