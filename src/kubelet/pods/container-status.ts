import type { Container, ContainerState, ContainerStatus, VolumeMountStatus } from '../../api/types.generated.ts'
import { printTime } from '../../world/clock.ts'
import type { ContainerFacts, ExitFacts } from './facts.ts'

export interface StatusContext {
  /** In front of container IDs. */
  readonly runtimeName: string
  /** A pod with init containers that are not done says PodInitializing of all that wait. */
  readonly isInitializing: boolean
}

/** What the API shows of one container. After kubernetes/kubernetes pkg/kubelet/kubelet_pods.go: convertToAPIContainerStatuses. */
export function containerStatus(container: ContainerFacts, context: StatusContext): ContainerStatus {
  const { spec, run, role } = container
  const state = stateOf(container, context)
  const last = lastStateOf(container, context)
  const isRunning = state.running !== undefined
  return {
    name: spec.name,
    state,
    lastState: last,
    ready: role === 'init' ? run?.exit?.code === 0 : isRunning && container.isReady,
    restartCount: container.restartCount,
    image: run?.image.name ?? spec.image ?? '',
    imageID: run?.image.id ?? '',
    ...(run === undefined ? {} : { containerID: idOf(run.id, context) }),
    started: role !== 'init' && isRunning && container.isStarted,
    ...(isRunning ? resourcesOf(container) : {}),
    ...(run === undefined ? {} : mountsOf(spec)),
  }
}

function stateOf(container: ContainerFacts, context: StatusContext): ContainerState {
  const { stage, run, waiting } = container
  if (run !== undefined && run.exit === undefined && (stage === 'running' || stage === 'stopping')) {
    return { running: { startedAt: printTime(run.startedAtMs) } }
  }
  if (waiting !== undefined) return { waiting }
  if (run?.exit !== undefined) return { terminated: terminated({ ...run.exit, ...run }, context) }
  return { waiting: context.isInitializing || container.role === 'init' ? INITIALIZING : CREATING }
}

/** One object for all containers that wait alike. */
const INITIALIZING = { reason: 'PodInitializing' }
const CREATING = { reason: 'ContainerCreating' }
const NOTHING = {}

/** While a container that ended waits for its next start, that end is its last state. */
function lastStateOf(container: ContainerFacts, context: StatusContext): ContainerState {
  const { run, waiting, lastExit } = container
  const exit = waiting !== undefined && run?.exit !== undefined ? { ...run.exit, ...run } : lastExit
  return exit === undefined ? NOTHING : { terminated: terminated(exit, context) }
}

function terminated(exit: ExitFacts, context: StatusContext): NonNullable<ContainerState['terminated']> {
  return {
    exitCode: exit.code,
    ...(exit.signal === undefined ? {} : { signal: exit.signal }),
    reason: exit.reason,
    ...(exit.message === '' ? {} : { message: exit.message }),
    startedAt: printTime(exit.startedAtMs),
    finishedAt: printTime(exit.finishedAtMs),
    containerID: idOf(exit.id, context),
  }
}

function idOf(id: string, { runtimeName }: StatusContext): string {
  return `${runtimeName}://${id}`
}

/** Shown by reference: what was granted, and what the container runs with. */
function resourcesOf({ granted, run }: ContainerFacts): Pick<ContainerStatus, 'resources' | 'allocatedResources'> {
  const { claims, ...shown } = run?.resources ?? {}
  const resources = claims === undefined ? (run?.resources ?? NOTHING) : shown
  return { ...(granted?.requests === undefined ? {} : { allocatedResources: granted.requests }), resources }
}

function mountsOf({ volumeMounts }: Container): { volumeMounts?: readonly VolumeMountStatus[] } {
  if (volumeMounts === undefined || volumeMounts.length === 0) return {}
  return {
    volumeMounts: volumeMounts.map(({ name, mountPath, readOnly }) => ({
      name,
      mountPath,
      ...(readOnly === true ? { readOnly, recursiveReadOnly: 'Disabled' } : {}),
    })),
  }
}
