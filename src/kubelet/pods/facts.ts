import type { Container, Pod, PodSpec, ResourceRequirements } from '../../api/types.generated.ts'
import type { Exit, Role, StoredImage } from '../runtime.ts'

/**
 * What the kubelet knows of a pod beyond what the pod says: the input of every decision about it. The worker of the
 * pod changes these facts as the runtime reports; `plan` and `podStatus` only read them.
 */
export interface PodFacts {
  pod: Pod
  /** In the order init and sidecar, main, ephemeral; each group in the order of the spec. */
  containers: ContainerFacts[]
  /** When the kubelet first saw the pod. */
  startedAtMs: number
  hostIp: string
  /** Volumes are mounted and the network is there: containers may start. */
  isPrepared: boolean
  /** A main container has run in this sandbox: init containers are over for good. */
  hasInitialized: boolean
  /** Given with the sandbox. */
  ip: string | undefined
  /** The pod will run no further: its containers are being stopped, or have been. */
  end: PodEnd | undefined
}

export interface PodEnd {
  readonly why: 'deleted' | 'completed' | 'deadline' | 'evicted' | 'rejected' | 'preempted'
  /** For containers that have not begun to stop. */
  readonly graceMs: number
  /** Said in the status; the phase is then Failed whatever the exit codes. */
  readonly reason?: string
  readonly message?: string
  /** The kubelet ends the pod for the sake of its node: told as a DisruptionTarget condition. */
  readonly isDisruption?: true
}

/**
 * Where a container is in its life.
 *
 *     absent -> starting -> running -> stopping -> exited -> starting …
 *                  |                                 ^
 *                  +-> absent or exited, with `waiting` telling why
 */
export type Stage = 'absent' | 'starting' | 'running' | 'stopping' | 'exited'

export interface ContainerFacts {
  spec: Container
  readonly role: Role
  /** The resources that the node has granted: those of the spec, unless a resize waits. */
  granted: ResourceRequirements | undefined
  stage: Stage
  restartCount: number
  /** Of the run under way, or of the last one. */
  run: RunFacts | undefined
  /** How the run before ended. */
  lastExit: ExitFacts | undefined
  /** The startup probe has succeeded, or there is none. */
  isStarted: boolean
  isReady: boolean
  /** Why it does not run, where starting it failed or is put off. */
  waiting: { readonly reason: string; readonly message?: string } | undefined
  /** No new attempt to start it before this time. */
  retryAtMs: number
  backoff: Backoff | undefined
  /** It runs, but must not go on: why it is to be stopped, as an event says it. */
  condemned: Condemnation | undefined
  /** It was stopped to be started anew, whatever the restart policy says. */
  isReplaced: boolean
  /** A sidecar whose SIGTERM waits until no container needs it any more. */
  isHeld: boolean
}

export interface Condemnation {
  readonly message: string
  /** Instead of the pod's own. */
  readonly graceMs?: number
  readonly replaces?: true
}

export interface RunFacts {
  readonly id: string
  readonly image: StoredImage
  /** Of the spec at the start: a change of it restarts the container. */
  readonly specImage: string
  /** What it runs with. */
  readonly resources: ResourceRequirements | undefined
  readonly startedAtMs: number
  readonly exit?: Exit
}

export interface ExitFacts extends Exit {
  readonly id: string
  readonly startedAtMs: number
}

/** The delay before the next start, and when it was last raised. */
export interface Backoff {
  readonly delayMs: number
  readonly updatedAtMs: number
}

export function newPodFacts(pod: Pod, options: { hostIp: string; nowMs: number }): PodFacts {
  return {
    pod,
    containers: containersOf(pod.spec).map(({ spec, role }) => newContainerFacts(spec, role)),
    startedAtMs: options.nowMs,
    hostIp: options.hostIp,
    isPrepared: false,
    hasInitialized: false,
    ip: undefined,
    end: undefined,
  }
}

export function newContainerFacts(spec: Container, role: Role): ContainerFacts {
  return {
    spec,
    role,
    granted: spec.resources,
    stage: 'absent',
    restartCount: 0,
    run: undefined,
    lastExit: undefined,
    isStarted: false,
    isReady: false,
    waiting: undefined,
    retryAtMs: 0,
    backoff: undefined,
    condemned: undefined,
    isReplaced: false,
    isHeld: false,
  }
}

/** Every container of a pod with its part in it, in the order in which they are looked at. */
export function containersOf(spec: PodSpec): readonly { readonly spec: Container; readonly role: Role }[] {
  return [
    ...(spec.initContainers ?? []).map((one) => ({ spec: one, role: roleOfInit(one) })),
    ...spec.containers.map((one) => ({ spec: one, role: 'main' as const })),
    ...(spec.ephemeralContainers ?? []).map((one) => ({ spec: one, role: 'ephemeral' as const })),
  ]
}

function roleOfInit({ restartPolicy }: Container): Role {
  return restartPolicy === 'Always' ? 'sidecar' : 'init'
}
