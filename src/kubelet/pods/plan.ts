import type { ContainerFacts, PodFacts } from './facts.ts'
import { restartAtMs, restartsAfter } from './restart.ts'

/** What is to be done about a pod now, and when to look again if nothing happens before. */
export interface Plan {
  /** Mount its volumes and make its sandbox. */
  readonly prepare?: true
  /** The one container to start; others wait until that is over, as upstream starts them one after the other. */
  readonly start?: ContainerFacts
  /** Containers that ended and wait for their next start. */
  readonly backOff: readonly ContainerFacts[]
  readonly stop: readonly ContainerFacts[]
  /** Sidecars that have been told of the end, and whose turn to go has come. */
  readonly release?: readonly ContainerFacts[]
  /** No container will run again: the pod has done what it was to do, or failed. */
  readonly isComplete?: true
  /** The pod is at its end and nothing of it runs. */
  readonly isOver?: true
  readonly wakeAtMs?: number
}

/** Decides; does nothing. After kubernetes/kubernetes pkg/kubelet/kuberuntime/kuberuntime_manager.go: computePodActions. */
export function plan(facts: PodFacts, nowMs: number): Plan {
  const { pod, containers, end } = facts
  if (end !== undefined) return planEnd(containers)
  const deadlineMs = activeDeadlineMs(facts)
  if (!facts.isPrepared) return { prepare: true, backOff: [], stop: [], ...wake(deadlineMs) }
  const draft: Draft = { backOff: [], stop: [], start: undefined, wakeAtMs: deadlineMs, nowMs, facts }
  const isBusy = containers.some(({ stage }) => stage === 'starting')
  for (const container of containers) if (mustStop(container)) draft.stop.push(container)
  for (const container of ofRole(containers, 'ephemeral')) {
    if (container.stage === 'absent') considerStart(draft, container)
  }
  const verdict = facts.hasInitialized ? keepSidecars(draft) : initialize(draft)
  if (verdict === 'failed') return { backOff: [], stop: [], isComplete: true }
  if (verdict === 'ready') {
    for (const container of ofRole(containers, 'main')) considerMain(draft, container)
    const isDone = ofRole(containers, 'main').every(
      (one) => one.stage === 'exited' && !willRestart(one, pod.spec.restartPolicy),
    )
    if (isDone) return { backOff: [], stop: [], isComplete: true }
  }
  return {
    backOff: draft.backOff,
    stop: draft.stop,
    ...(draft.start === undefined || isBusy ? {} : { start: draft.start }),
    ...wake(draft.wakeAtMs),
  }
}

/** When `activeDeadlineSeconds` ends the pod. */
export function activeDeadlineMs({ pod, startedAtMs }: PodFacts): number | undefined {
  const seconds = pod.spec.activeDeadlineSeconds
  return seconds === undefined ? undefined : startedAtMs + seconds * 1_000
}

interface Draft {
  readonly facts: PodFacts
  readonly nowMs: number
  readonly backOff: ContainerFacts[]
  readonly stop: ContainerFacts[]
  start: ContainerFacts | undefined
  wakeAtMs: number | undefined
}

/**
 * Every container is told at once, and runs its preStop hook; but a sidecar gets its SIGTERM only when nothing is left
 * that may need it: no main container, and no sidecar behind it in the spec.
 */
function planEnd(containers: readonly ContainerFacts[]): Plan {
  const alive = containers.filter(({ stage }) => stage === 'running' || stage === 'stopping' || stage === 'starting')
  const last = alive.at(-1)
  if (last === undefined) return { backOff: [], stop: [], isOver: true }
  const isTurnOfSidecars = alive.every(({ role }) => role === 'sidecar')
  return {
    backOff: [],
    stop: alive.filter(({ stage }) => stage !== 'stopping'),
    release: isTurnOfSidecars && last.isHeld ? [last] : [],
  }
}

function mustStop({ stage, condemned }: ContainerFacts): boolean {
  return stage === 'running' && condemned !== undefined
}

/** Init containers one after the other; each sidecar must have started before the next. */
function initialize(draft: Draft): 'waiting' | 'failed' | 'ready' {
  for (const container of draft.facts.containers) {
    if (container.role === 'sidecar') {
      considerStart(draft, container)
      if (container.stage !== 'running' || !container.isStarted) {
        keepEarlierSidecars(draft, container)
        return 'waiting'
      }
    } else if (container.role === 'init') {
      if (container.stage === 'exited') {
        if (container.run?.exit?.code === 0) continue
        if (!willRestart(container, draft.facts.pod.spec.restartPolicy)) return 'failed'
      }
      considerStart(draft, container)
      keepEarlierSidecars(draft, container)
      return 'waiting'
    }
  }
  return 'ready'
}

/** A sidecar that ends while a later init container is at work comes back. */
function keepEarlierSidecars(draft: Draft, upTo: ContainerFacts): void {
  for (const container of draft.facts.containers) {
    if (container === upTo) return
    if (container.role === 'sidecar') considerStart(draft, container)
  }
}

function keepSidecars(draft: Draft): 'ready' {
  for (const container of ofRole(draft.facts.containers, 'sidecar')) considerStart(draft, container)
  return 'ready'
}

function considerMain(draft: Draft, container: ContainerFacts): void {
  if (container.stage === 'exited' && !willRestart(container, draft.facts.pod.spec.restartPolicy)) return
  considerStart(draft, container)
}

/** Starts a container that does not run, when its back-off is over and nothing else is being started. */
function considerStart(draft: Draft, container: ContainerFacts): void {
  if (container.stage !== 'absent' && container.stage !== 'exited') return
  const exit = container.run?.exit
  const backOffUntilMs = exit === undefined ? 0 : restartAtMs(container.backoff, exit.finishedAtMs)
  if (backOffUntilMs > draft.nowMs) {
    draft.backOff.push(container)
    lookAgain(draft, backOffUntilMs)
  } else if (container.retryAtMs > draft.nowMs) {
    lookAgain(draft, container.retryAtMs)
  } else {
    draft.start ??= container
  }
}

function willRestart(container: ContainerFacts, podPolicy: string | undefined): boolean {
  if (container.isReplaced) return true
  const code = container.run?.exit?.code ?? 0
  return restartsAfter(code, { container: container.spec, role: container.role, podPolicy })
}

function lookAgain(draft: Draft, atMs: number): void {
  if (!Number.isFinite(atMs)) return
  draft.wakeAtMs = Math.min(draft.wakeAtMs ?? atMs, atMs)
}

function ofRole(containers: readonly ContainerFacts[], role: ContainerFacts['role']): readonly ContainerFacts[] {
  return containers.filter((one) => one.role === role)
}

function wake(atMs: number | undefined): { wakeAtMs?: number } {
  return atMs === undefined ? {} : { wakeAtMs: atMs }
}
